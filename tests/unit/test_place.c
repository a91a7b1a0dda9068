/* test_place.c
 *
 * What the facts of a connection say: what the capture lost, and what TCP
 * acknowledged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "session/place.h"

/* A connection with its losses. */
typedef struct {
    wmem_allocator_t *scope;
    vt600_place_t place;
} connection_t;

static void set_up(connection_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    c->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
}

static void tear_down(connection_t *c, gconstpointer unused G_GNUC_UNUSED)
{
    wmem_destroy_allocator(c->scope);
}

static void lose(connection_t *c, int64_t time, bool filled)
{
    const vt600_loss_t loss = {.time = time, .seq = 100, .end = 200, .filled = filled};
    if (c->place.losses == NULL)
        c->place.losses = wmem_array_new(c->scope, sizeof loss);
    wmem_array_append_one(c->place.losses, loss);
}

#define RULE(name) static void name(connection_t *c, gconstpointer unused G_GNUC_UNUSED)

RULE(nothing_is_lost_where_no_loss_is_known)
{
    g_assert_false(vt600_place_lost_between(&c->place, INT64_MIN, INT64_MAX));
    g_assert_false(vt600_place_lost_after(&c->place, INT64_MIN));
}

RULE(a_loss_counts_between_two_times_both_included)
{
    lose(c, 50, false);
    g_assert_true(vt600_place_lost_between(&c->place, 50, 50));
    g_assert_true(vt600_place_lost_between(&c->place, 0, 100));
    g_assert_false(vt600_place_lost_between(&c->place, 0, 49));
    g_assert_false(vt600_place_lost_between(&c->place, 51, 100));
}

RULE(a_loss_at_a_time_is_not_after_it)
{
    lose(c, 50, false);
    g_assert_true(vt600_place_lost_after(&c->place, 49));
    g_assert_false(vt600_place_lost_after(&c->place, 50));
}

RULE(what_came_later_is_not_lost)
{
    lose(c, 50, true);
    g_assert_false(vt600_place_lost_between(&c->place, 0, 100));
    lose(c, 60, false);
    g_assert_true(vt600_place_lost_between(&c->place, 0, 100));
}

RULE(an_earlier_loss_is_found_after_later_ones)
{
    lose(c, 10, false);
    lose(c, 20, true);
    lose(c, 30, true);
    g_assert_true(vt600_place_lost_between(&c->place, 10, 30));
    g_assert_false(vt600_place_lost_between(&c->place, 11, 30));
}

/* A clock that was set back puts a later loss at an earlier time. */
RULE(a_loss_is_found_although_the_clock_went_back_after_it)
{
    lose(c, 50, false);
    lose(c, 20, false);
    g_assert_true(vt600_place_lost_between(&c->place, 40, 60));
}

RULE(bytes_that_were_captured_and_not_delivered_are_lost)
{
    vt600_flow_t *flow = &c->place.flows[1];
    *flow = (vt600_flow_t){.next_known = true, .delivered_known = true, .next = 1000, .delivered = 1000};
    g_assert_false(vt600_place_lost_after(&c->place, 0));
    flow->delivered = 999; /* a FIN has a number of its own */
    g_assert_false(vt600_place_lost_after(&c->place, 0));
    flow->delivered = 998;
    g_assert_true(vt600_place_lost_after(&c->place, 0));
}

RULE(bytes_that_were_acknowledged_and_not_captured_are_lost)
{
    vt600_flow_t *flow = &c->place.flows[0];
    *flow = (vt600_flow_t){.next_known = true, .acked_known = true, .next = 1000, .acked = 1001};
    g_assert_false(vt600_place_lost_after(&c->place, 0));
    flow->acked = 1002;
    g_assert_true(vt600_place_lost_after(&c->place, 0));
    flow->acked_known = false;
    g_assert_false(vt600_place_lost_after(&c->place, 0));
}

RULE(a_byte_is_acknowledged_once_the_number_after_it_is)
{
    c->place.server_direction = 1;
    c->place.flows[1] = (vt600_flow_t){.acked_known = true, .acked = 500};
    g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 499));
    g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 500));
    g_assert_false(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 501));
}

RULE(sequence_numbers_go_round)
{
    c->place.flows[0] = (vt600_flow_t){.acked_known = true, .acked = 5};
    g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 0xfffffff0));
    c->place.flows[0].acked = 0xfffffff0;
    g_assert_false(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 5));
}

RULE(nobody_is_accused_where_acknowledgements_are_unknown)
{
    g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 5));
    g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_TRACKER, 5));
}

RULE(each_side_has_a_direction_of_its_own)
{
    for (uint8_t server = 0; server < 2; server++) {
        c->place.server_direction = server;
        g_assert_cmpuint(vt600_place_direction(&c->place, VT600_SERVER), ==, server);
        g_assert_cmpuint(vt600_place_direction(&c->place, VT600_TRACKER), ==, 1 - server);
        c->place.flows[server] = (vt600_flow_t){.acked_known = true, .acked = 10};
        c->place.flows[1 - server] = (vt600_flow_t){.acked_known = true, .acked = 20};
        g_assert_false(vt600_place_is_acknowledged(&c->place, VT600_SERVER, 15));
        g_assert_true(vt600_place_is_acknowledged(&c->place, VT600_TRACKER, 15));
    }
}

#define ADD(name) g_test_add("/place/" #name, connection_t, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(nothing_is_lost_where_no_loss_is_known);
    ADD(a_loss_counts_between_two_times_both_included);
    ADD(a_loss_at_a_time_is_not_after_it);
    ADD(what_came_later_is_not_lost);
    ADD(an_earlier_loss_is_found_after_later_ones);
    ADD(a_loss_is_found_although_the_clock_went_back_after_it);
    ADD(bytes_that_were_captured_and_not_delivered_are_lost);
    ADD(bytes_that_were_acknowledged_and_not_captured_are_lost);
    ADD(a_byte_is_acknowledged_once_the_number_after_it_is);
    ADD(sequence_numbers_go_round);
    ADD(nobody_is_accused_where_acknowledgements_are_unknown);
    ADD(each_side_has_a_direction_of_its_own);
    return g_test_run();
}

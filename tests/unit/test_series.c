/* test_series.c
 *
 * Items by a number that mostly rises: each is found again, at its place, in
 * whatever order the numbers came.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>

#include "session/series.h"

typedef struct {
    uint32_t value;
    uint8_t more[9]; /* a size that is no multiple of a word */
} item_t;

typedef struct {
    wmem_allocator_t *scope;
    vt600_series_t series;
} fixture_t;

static void set_up(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    f->scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    vt600_series_init(&f->series, f->scope, sizeof(item_t));
}

static void tear_down(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    wmem_destroy_allocator(f->scope);
}

static item_t *put(fixture_t *f, uint64_t number)
{
    item_t *item = vt600_series_get(&f->series, number);
    g_assert_cmpuint((uintptr_t)item % sizeof(uint64_t), ==, 0);
    g_assert_cmpuint(item->value, ==, 0);
    item->value = (uint32_t)(number * 7 + 1);
    return item;
}

static void is_there(fixture_t *f, uint64_t number, const item_t *item)
{
    g_assert_true(vt600_series_find(&f->series, number) == item);
    g_assert_true(vt600_series_get(&f->series, number) == item);
    g_assert_cmpuint(item->value, ==, (uint32_t)(number * 7 + 1));
}

/* Its numbers are those of its items, in rising order. */
static void numbers_are_told_in_order(const fixture_t *f)
{
    GArray *numbers = vt600_series_numbers(&f->series);
    g_assert_cmpuint(numbers->len, ==, vt600_series_count(&f->series));
    for (unsigned i = 0; i < numbers->len; i++) {
        const uint64_t number = g_array_index(numbers, uint64_t, i);
        g_assert_nonnull(vt600_series_find(&f->series, number));
        g_assert_true(i == 0 || g_array_index(numbers, uint64_t, i - 1) < number);
    }
    g_array_free(numbers, TRUE);
}

static void empty_series_has_nothing(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    g_assert_null(vt600_series_find(&f->series, 0));
    g_assert_null(vt600_series_find(&f->series, UINT64_MAX));
    g_assert_cmpuint(vt600_series_count(&f->series), ==, 0);
    numbers_are_told_in_order(f);
}

static void rising_numbers_are_found(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    enum { COUNT = 1000, STEP = 3 };
    item_t *items[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        items[i] = put(f, 10 + i * STEP);
        numbers_are_told_in_order(f);
    }
    g_assert_cmpuint(vt600_series_count(&f->series), ==, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        is_there(f, 10 + i * STEP, items[i]);
        g_assert_null(vt600_series_find(&f->series, 10 + i * STEP + 1));
    }
    g_assert_null(vt600_series_find(&f->series, 9));
    g_assert_cmpuint(vt600_series_count(&f->series), ==, COUNT);
}

static void lower_number_is_a_place_of_its_own(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    item_t *high = put(f, 100), *low = put(f, 5), *between = put(f, 50), *higher = put(f, 101);
    is_there(f, 100, high);
    is_there(f, 5, low);
    is_there(f, 50, between);
    is_there(f, 101, higher);
    g_assert_null(vt600_series_find(&f->series, 6));
    g_assert_null(vt600_series_find(&f->series, 51));
    g_assert_cmpuint(vt600_series_count(&f->series), ==, 4);
}

static void extreme_numbers_are_found(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    item_t *most = put(f, UINT64_MAX), *least = put(f, 0);
    is_there(f, UINT64_MAX, most);
    is_there(f, 0, least);
}

/* The same random numbers, some of them again, in a GHashTable beside it. */
static void any_order_finds_all(fixture_t *f, gconstpointer unused G_GNUC_UNUSED)
{
    GRand *random = g_rand_new_with_seed(600);
    GHashTable *known = g_hash_table_new(g_direct_hash, g_direct_equal);
    uint32_t number = 1000;

    for (unsigned i = 0; i < 20000; i++) {
        number = g_rand_int_range(random, 0, 4) == 0 ? (uint32_t)g_rand_int_range(random, 1, 30000) : number + 1;
        item_t *item = g_hash_table_lookup(known, GUINT_TO_POINTER(number));
        if (item == NULL)
            g_hash_table_insert(known, GUINT_TO_POINTER(number), put(f, number));
        else
            is_there(f, number, item);
    }
    g_assert_cmpuint(vt600_series_count(&f->series), ==, g_hash_table_size(known));
    numbers_are_told_in_order(f);
    for (uint32_t n = 0; n < 40000; n++)
        g_assert_true(vt600_series_find(&f->series, n) == g_hash_table_lookup(known, GUINT_TO_POINTER(n)));
    g_hash_table_destroy(known);
    g_rand_free(random);
}

#define TEST(name) g_test_add("/series/" #name, fixture_t, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
    TEST(empty_series_has_nothing);
    TEST(rising_numbers_are_found);
    TEST(lower_number_is_a_place_of_its_own);
    TEST(extreme_numbers_are_found);
    TEST(any_order_finds_all);
    const int failed = g_test_run();
    wmem_cleanup();
    return failed;
}

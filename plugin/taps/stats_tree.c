/* stats_tree.c
 *
 * The statistics tree (-z vt600,tree): commands by direction, flags by
 * command, what was damaged, what was remarkable, and how the sessions ended.
 * It counts; what a frame means is known already.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <stdio.h>

#include <epan/packet.h>
#include <epan/stats_tree.h>

#include "dissect/event.h"
#include "dissect/meaning.h"
#include "dissect/settings.h"
#include "drawing.h"
#include "roll.h"

#define ROOT     0 /* where a tree's first branches hang */

#define COMMANDS "Commands"
#define FLAGS    "Flags"
#define DAMAGE   "Damage"
#define REMARKS  "Remarks"
#define OUTCOMES "OTA sessions"
#define ASIDE    "Not counted"

/* What one tree counts besides its nodes. Lives as long as the capture file. */
typedef struct {
    vt600_roll_t *roll; /* place: the state under which it is counted, plus one */
    unsigned states[VT600_STATES];
    unsigned shown; /* a bit for each state that has a node */
} outcomes_t;

/* stats_tree -> outcomes_t. Emptied with each capture file; a tree that is torn down is taken out. */
static wmem_map_t *outcomes_of_trees;

/* The words for what a verdict notes. */
static const struct {
    unsigned note;
    const char *words;
} notes[] = {
    {VT600_NOTE_GAP, "Block leaves bytes out"},
    {VT600_NOTE_OVERLAP, "Bytes sent again with other content"},
    {VT600_NOTE_BLOCK_TOO_LONG, "Block longer than the tracker takes"},
    {VT600_NOTE_UNAUTHORIZED, "Data before any authorization"},
    {VT600_NOTE_EXPIRED, "Authorization lapsed"},
    {VT600_NOTE_LENGTH_MISMATCH, "Check announces another length than was sent"},
    {VT600_NOTE_UNCHECKED, "Upgrade without a check"},
    {VT600_NOTE_MISMATCH, "Upgrade although the checksum differs"},
    {VT600_NOTE_LEFT, "Login or position during the OTA state"},
    {VT600_NOTE_SAME_VERSION, "Tracker came back with its old version"},
    {VT600_NOTE_COMPLETED, "OTA completed"},
    {VT600_NOTE_CANCELLED, "OTA cancelled"},
    {VT600_NOTE_STORED_UNSEEN, "Block stored that the capture does not have"},
    {VT600_NOTE_STORED_DAMAGED, "Block stored whose frame is damaged"},
    {VT600_NOTE_IMAGE_MATCH, "Checksum is the image's CRC-CCITT"},
    {VT600_NOTE_IMAGE_DIFFERS, "Checksum is not the image's CRC-CCITT"},
    {VT600_NOTE_IMAGE_PARTIAL, "Checked, and not all of the image captured"},
};

static void count(stats_tree *tree, const char *branch, const char *leaf)
{
    const int at = tick_stat_node(tree, branch, ROOT, true);
    tick_stat_node(tree, leaf, at, false);
}

static void count_below(stats_tree *tree, const char *branch, const char *twig, const char *leaf)
{
    const int at = tick_stat_node(tree, branch, ROOT, true);
    tick_stat_node(tree, leaf, tick_stat_node(tree, twig, at, true), false);
}

static bool has_bad_checksum(const vt600_frame_t *frame)
{
    return frame->checksum == VT600_CHECKSUM_BAD && vt600_preferences.check_checksum;
}

static void count_command(stats_tree *tree, const vt600_frame_t *frame, const char *name)
{
    count_below(tree, COMMANDS, frame->side == VT600_SERVER ? "Server to tracker" : "Tracker to server", name);
}

/* A flag in a damaged frame may be any. */
static bool has_sound_flag(const vt600_event_t *event)
{
    return vt600_ota_has_flag(event->ota) && event->frame->found == VT600_FOUND_FRAME &&
           !has_bad_checksum(event->frame);
}

static void count_flag(stats_tree *tree, const vt600_event_t *event, const char *name)
{
    if (has_sound_flag(event))
        count_below(tree, FLAGS, name, val_to_str_const(vt600_ota_result(event->ota), vt600_results, "unknown"));
}

static void count_damage(stats_tree *tree, const vt600_frame_t *frame)
{
    if (frame->found == VT600_FOUND_DAMAGED)
        count(tree, DAMAGE, "Frame that does not hold together");
    if (frame->found == VT600_FOUND_CUT)
        count(tree, DAMAGE, "Frame cut off");
    if (frame->found != VT600_FOUND_FRAME)
        return;
    if (has_bad_checksum(frame))
        count(tree, DAMAGE, "Bad checksum");
    if (!frame->length_good)
        count(tree, DAMAGE, "Bad length");
    if (frame->terminator != VT600_TERMINATOR_GOOD)
        count(tree, DAMAGE, "Bad line end");
}

static void count_answer_remarks(stats_tree *tree, const vt600_ota_t *ota)
{
    if (ota->shape == VT600_DATA_STORED && ota->flag == VT600_FLAG_BLOCK_FAILED)
        count(tree, REMARKS, "Block refused");
    if ((ota->shape == VT600_DATA_AUTHORIZED && ota->flag == VT600_FLAG_AUTHORIZE_FAILED) ||
        ((ota->shape == VT600_DATA_STORED || ota->shape == VT600_DATA_UPGRADE) &&
         ota->flag == VT600_FLAG_NOT_AUTHORIZED))
        count(tree, REMARKS, "OTA refused");
}

static void count_remarks(stats_tree *tree, const vt600_event_t *event)
{
    const vt600_exchange_t *exchange = event->exchange;

    if (has_sound_flag(event))
        count_answer_remarks(tree, event->ota);
    if (exchange != NULL && exchange->attempt > 1)
        count(tree, REMARKS, event->ota->shape == VT600_DATA_BLOCK ? "Block sent again" : "Request sent again");
    if (exchange != NULL && exchange->unsolicited)
        count(tree, REMARKS, "Answer without its request");
    if (event->verdict == NULL)
        return;
    for (size_t i = 0; i < array_length(notes); i++)
        if (event->verdict->notes & notes[i].note)
            count(tree, REMARKS, notes[i].words);
}

/* A query alone is none. */
static bool is_update(unsigned state)
{
    return state != VT600_QUERIED;
}

/* Nodes are set and not ticked: so a tree that was reset, and sees the capture again, ends with the same counts. */
static void show_outcomes(void *key, void *value, void *data _U_)
{
    outcomes_t *outcomes = value;
    unsigned sessions = 0;

    for (unsigned state = 0; state < VT600_STATES; state++)
        sessions += is_update(state) ? outcomes->states[state] : 0;
    const int at = set_stat_node(key, OUTCOMES, ROOT, true, (int)sessions);
    for (unsigned state = 0; state < VT600_STATES; state++) {
        if (!is_update(state) || (outcomes->states[state] == 0 && (outcomes->shown & 1u << state) == 0))
            continue;
        outcomes->shown |= 1u << state;
        set_stat_node(key, val_to_str_const(state, vt600_states, "?"), at, false, (int)outcomes->states[state]);
    }
}

/* Called before Wireshark shows the trees. A node cannot be taken out again, and a session passes through many states.
 */
static void fill_trees(void *data _U_)
{
    wmem_map_foreach(outcomes_of_trees, show_outcomes, NULL);
}

static vt600_drawing_t drawing = {.fill = fill_trees};

static outcomes_t *outcomes_of(stats_tree *tree)
{
    outcomes_t *outcomes = wmem_map_lookup(outcomes_of_trees, tree);
    if (outcomes == NULL) {
        outcomes = wmem_new0(wmem_file_scope(), outcomes_t);
        outcomes->roll = vt600_roll_new();
        wmem_map_insert(outcomes_of_trees, tree, outcomes);
        vt600_drawing_listen(&drawing);
    }
    return outcomes;
}

static void set_state(outcomes_t *outcomes, vt600_listed_t *listed, unsigned state)
{
    if (listed->place != 0)
        outcomes->states[listed->place - 1]--;
    listed->place = state + 1;
    outcomes->states[state]++;
}

/* Each session counts once, under the state in which the latest of its frames left it. A session that is split loses
 * its latest frames to another. */
static void count_outcome(stats_tree *tree, const vt600_event_t *event)
{
    outcomes_t *outcomes = outcomes_of(tree);
    vt600_listed_t *listed = vt600_roll_call(outcomes->roll, event);
    const vt600_session_t *other = listed->session->split_from;
    vt600_listed_t *left = other != NULL && listed->place == 0 ? vt600_roll_find(outcomes->roll, other) : NULL;

    if (left != NULL)
        set_state(outcomes, left, other->course.state);
    set_state(outcomes, listed, event->verdict->state);
}

static void count_frame(stats_tree *tree, const vt600_event_t *event)
{
    const vt600_frame_t *frame = event->frame;
    char unknown[sizeof "Unknown command 0xffff"];
    const char *name = unknown;

    if (frame->command != NULL)
        name = frame->command->name;
    else
        snprintf(unknown, sizeof unknown, "Unknown command 0x%04x", frame->code);
    if (frame->bytes >= VT600_AT_DATA) {
        count_command(tree, frame, name);
        count_flag(tree, event, name);
    }
    count_damage(tree, frame);
    count_remarks(tree, event);
    if (event->verdict != NULL)
        count_outcome(tree, event);
}

static tap_packet_status add_event(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *data,
                                   tap_flags_t flags _U_)
{
    const vt600_event_t *event = data;

    if (event->closed != NULL)
        return TAP_PACKET_DONT_REDRAW;
    if (event->frame->found == VT600_FOUND_HEARTBEAT)
        count(tree, ASIDE, "Heartbeat byte");
    else if (event->frame->found == VT600_FOUND_JUNK)
        count(tree, DAMAGE, "Junk between frames");
    else if (event->retransmission)
        count(tree, ASIDE, "Frame that came before");
    else
        count_frame(tree, event);
    return TAP_PACKET_REDRAW;
}

/* The branches that every capture has, in this order. */
static void make_branches(stats_tree *tree)
{
    static const char *const branches[] = {COMMANDS, FLAGS, DAMAGE, REMARKS, OUTCOMES};
    for (size_t i = 0; i < array_length(branches); i++)
        stats_tree_create_node(tree, branches[i], ROOT, STAT_DT_INT, true);
}

static void forget(stats_tree *tree)
{
    wmem_map_remove(outcomes_of_trees, tree);
}

void vt600_stats_tree_register(void)
{
    outcomes_of_trees = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    stats_tree_register_plugin(VT600_TAP, VT600_FILTER_NAME, "VT600 Commands and Outcomes", TL_REQUIRES_NOTHING,
                               add_event, make_branches, forget);
}

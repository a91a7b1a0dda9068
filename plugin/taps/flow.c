/* flow.c
 *
 * The flow graph (-z flow,vt600,network; Statistics > Flow Graph): a ladder
 * with an arrow for each frame, that reads as the story of an OTA.
 *
 * Hundreds of blocks that are all stored would bury it. So of a run of them
 * the first and the last are shown, and how many are left out between. What is
 * said otherwise ends a run: a block refused, sent again or out of place, and
 * all other OTA commands. Frames come one by one, and each may be the last of
 * its run: it takes the place of the one that seemed to be. A connection that is
 * closed during an update has an arrow, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <epan/packet.h>

#include "dissect/event.h"
#include "dissect/settings.h"
#include "sequence_analysis.h"

/* What blocks of a run may show all alike, and be one run nevertheless. */
#define LASTING_NOTES (VT600_NOTE_BLOCK_TOO_LONG | VT600_NOTE_UNAUTHORIZED | VT600_NOTE_STORED_UNSEEN)

/* What one side says in a session's run. */
typedef struct {
    unsigned frames; /* in the run so far */
    uint32_t notes;  /* what they show */
    GList *last;     /* the arrow of the last one, once there are two; else NULL */
} run_t;

typedef struct {
    run_t sides[2]; /* by vt600_side_t */
    uint32_t first; /* packet of the server's first frame in the run */
} runs_t;

/* What is known of a graph besides its arrows. Lives as long as the capture file. */
typedef struct {
    wmem_map_t *runs; /* vt600_session_t -> runs_t */
    GQueue *arrows;   /* the graph's, and how many they were when we left it: others mean another graph in its place */
    unsigned count;
} ladder_t;

/* vt600_flow_graph_t -> ladder_t. Emptied with each capture file. */
static wmem_map_t *ladders;

static ladder_t *ladder_of(const vt600_flow_graph_t *graph)
{
    ladder_t *ladder = wmem_map_lookup(ladders, graph);
    if (ladder == NULL || ladder->arrows != graph->arrows || ladder->count != g_queue_get_length(graph->arrows)) {
        ladder = wmem_new0(wmem_file_scope(), ladder_t);
        ladder->runs = wmem_map_new(wmem_file_scope(), g_direct_hash, g_direct_equal);
        wmem_map_insert(ladders, graph, ladder);
    }
    return ladder;
}

static runs_t *runs_of(ladder_t *ladder, const vt600_event_t *event)
{
    const vt600_session_t *session = event->verdict->session;
    runs_t *runs = wmem_map_lookup(ladder->runs, session);
    if (runs == NULL) {
        runs = wmem_new0(wmem_file_scope(), runs_t);
        wmem_map_insert(ladder->runs, session, runs);
    }
    return runs;
}

/* A block as it should be, or its answer. */
static bool is_routine(const vt600_event_t *event)
{
    const vt600_frame_t *frame = event->frame;
    const vt600_ota_t *ota = event->ota;

    if (frame->found != VT600_FOUND_FRAME || event->verdict->damaged || !ota->complete ||
        event->exchange->unsolicited || (event->verdict->notes & ~LASTING_NOTES) != 0)
        return false;
    return (ota->shape == VT600_DATA_BLOCK && event->exchange->attempt == 1) ||
           (ota->shape == VT600_DATA_STORED && ota->flag == VT600_FLAG_BLOCK_STORED);
}

/* Does the frame answer one that came before the run? Then it belongs to that one's story. */
static bool answers_earlier(const runs_t *runs, const vt600_event_t *event)
{
    const vt600_exchange_t *request = event->exchange->request;
    return request != NULL && (runs->sides[VT600_SERVER].frames == 0 || request->number < runs->first);
}

/* The runs of the session if the event goes on with one of them, or NULL. */
static runs_t *runs_with(ladder_t *ladder, const vt600_event_t *event)
{
    /* What is aside stands between the session's frames, and is not one of them. */
    if (event->verdict == NULL || event->verdict->aside)
        return NULL;
    runs_t *runs = runs_of(ladder, event);
    run_t *run = &runs->sides[event->frame->side];
    const bool routine = is_routine(event);

    if (!routine || (run->frames > 0 && run->notes != event->verdict->notes))
        *runs = (runs_t){0};
    if (!routine || answers_earlier(runs, event))
        return NULL;
    if (event->frame->side == VT600_SERVER && run->frames == 0)
        runs->first = event->exchange->number;
    run->notes = event->verdict->notes;
    return runs;
}

static void free_arrow(vt600_arrow_t *arrow)
{
    g_free(arrow->label);
    g_free(arrow->time);
    g_free(arrow->comment);
    free_address(&arrow->from);
    free_address(&arrow->to);
    g_free(arrow);
}

static const char *text_of(const vt600_event_t *event)
{
    if (event->info != NULL)
        return event->info;
    return event->frame->command != NULL ? event->frame->command->name : "VT600";
}

/* What of the text goes on the arrow, which has little room: not the device. Of the server's frames the command, of the
 * tracker's what it answers: "OTA data 0x00000080: stored (256 bytes)" is "stored". */
static char *label_of(const vt600_event_t *event)
{
    const char *text = text_of(event);
    const size_t device = strlen(event->device);

    if (device > 0 && g_str_has_prefix(text, event->device) && text[device] == ' ')
        text += device + 1;
    const char *colon = strstr(text, ": ");
    if (event->frame->side == VT600_SERVER)
        return colon != NULL ? g_strndup(text, (size_t)(colon - text)) : g_strdup(text);
    if (colon != NULL)
        text = colon + strlen(": ");
    size_t length = 0;
    while (text[length] != '\0' && !g_str_has_prefix(text + length, " (") && !g_str_has_prefix(text + length, " ["))
        length++;
    return g_strndup(text, length);
}

/* Takes over label and comment. */
static vt600_arrow_t *draw_arrow(vt600_flow_graph_t *graph, packet_info *pinfo, char *label, char *comment)
{
    vt600_arrow_t *arrow = sequence_analysis_create_sai_with_addresses(pinfo, graph);

    if (arrow == NULL) {
        g_free(label);
        g_free(comment);
        return NULL;
    }
    arrow->frame_number = pinfo->num;
    arrow->from_port = (uint16_t)pinfo->srcport;
    arrow->to_port = (uint16_t)pinfo->destport;
    arrow->label = label;
    arrow->comment = comment;
    arrow->shown = true;
    sequence_analysis_use_color_filter(pinfo, arrow);
    return arrow;
}

static vt600_arrow_t *draw(vt600_flow_graph_t *graph, packet_info *pinfo, const vt600_event_t *event, unsigned left_out)
{
    char *comment = left_out == 0 ? g_strdup(text_of(event))
                                  : g_strdup_printf("%s (%u before it left out)", text_of(event), left_out);
    return draw_arrow(graph, pinfo, label_of(event), comment);
}

/* The end of a connection during updates. */
static vt600_arrow_t *draw_closing(vt600_flow_graph_t *graph, packet_info *pinfo, const vt600_closing_t *closing)
{
    const char *how = closing->reset ? "RST" : "FIN";
    return draw_arrow(
        graph, pinfo, g_strdup_printf("closed (%s)", how),
        g_strdup_printf("The %s closed the connection (%s)", closing->by == VT600_SERVER ? "server" : "tracker", how));
}

static void take_away_last(vt600_flow_graph_t *graph, run_t *run)
{
    if (run->last == NULL)
        return;
    free_arrow(run->last->data);
    g_queue_delete_link(graph->arrows, run->last);
    run->last = NULL;
}

/* Adds the frame of the run. If it is not the first one, it takes the place of the last; a block also that of the
 * answer to the block before it. */
static void add_to_run(vt600_flow_graph_t *graph, packet_info *pinfo, const vt600_event_t *event, runs_t *runs)
{
    const unsigned shown_most = 2;
    run_t *run = &runs->sides[event->frame->side];
    vt600_arrow_t *arrow = draw(graph, pinfo, event, run->frames < shown_most ? 0 : run->frames + 1 - shown_most);

    if (arrow == NULL)
        return;
    take_away_last(graph, run);
    if (event->frame->side == VT600_SERVER)
        take_away_last(graph, &runs->sides[VT600_TRACKER]);
    g_queue_push_tail(graph->arrows, arrow);
    run->last = run->frames > 0 ? g_queue_peek_tail_link(graph->arrows) : NULL;
    run->frames++;
}

static tap_packet_status add_event(void *data, packet_info *pinfo, epan_dissect_t *edt _U_, const void *tapped,
                                   tap_flags_t flags _U_)
{
    vt600_flow_graph_t *graph = data;
    const vt600_event_t *event = tapped;

    if (event->closed == NULL && (event->ota == NULL || event->retransmission))
        return TAP_PACKET_DONT_REDRAW;
    ladder_t *ladder = ladder_of(graph);
    runs_t *runs = event->closed == NULL ? runs_with(ladder, event) : NULL;
    if (runs != NULL) {
        add_to_run(graph, pinfo, event, runs);
    } else {
        vt600_arrow_t *arrow =
            event->closed != NULL ? draw_closing(graph, pinfo, &event->closed->closing) : draw(graph, pinfo, event, 0);
        if (arrow != NULL)
            g_queue_push_tail(graph->arrows, arrow);
    }
    ladder->arrows = graph->arrows;
    ladder->count = g_queue_get_length(graph->arrows);
    return TAP_PACKET_REDRAW;
}

void vt600_flow_register(void)
{
    ladders = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    register_seq_analysis(VT600_FILTER_NAME, "VT600 OTA", vt600_proto, VT600_TAP, TL_REQUIRES_COLUMNS, add_event);
}

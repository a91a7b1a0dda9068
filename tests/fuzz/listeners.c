/* listeners.c
 *
 * All taps of the plugin; see listeners.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "listeners.h"

#include <stdio.h>
#include <stdlib.h>

#include <epan/export_object.h>
#include <epan/packet.h>
#include <epan/srt_table.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/stats_tree_priv.h>
#include <epan/tap.h>

#include "taps/sequence_analysis.h"

/* Wireshark exports these, too, and does not install their header. */
typedef struct register_analysis register_analysis_t;
register_analysis_t *sequence_analysis_find_by_name(const char *name);
const char *sequence_analysis_get_tap_listener_name(register_analysis_t *analysis);
tap_packet_cb sequence_analysis_get_packet_func(register_analysis_t *analysis);
unsigned sequence_analysis_get_tap_flags(register_analysis_t *analysis);
vt600_flow_graph_t *sequence_analysis_info_new(void);
void sequence_analysis_info_free(vt600_flow_graph_t *graph);
void sequence_analysis_list_free(vt600_flow_graph_t *graph);

static stats_tree *counts;
static stat_data_t sessions;
static srt_data_t times;
static vt600_flow_graph_t *flow;
static GPtrArray *objects;

static void listen(const char *tap, void *data, unsigned flags, tap_reset_cb reset, tap_packet_cb packet)
{
    GString *error = register_tap_listener(tap, data, NULL, flags, reset, packet, NULL, NULL);
    if (error != NULL) {
        fprintf(stderr, "%s: %s\n", tap, error->str);
        abort();
    }
}

static void free_object(void *data)
{
    export_object_entry_t *object = data;
    g_free(object->hostname);
    g_free(object->content_type);
    g_free(object->filename);
    g_free(object->payload_data);
    g_free(object);
}

static void add_object(void *data, export_object_entry_t *object)
{
    g_ptr_array_add(data, object);
}

static export_object_entry_t *get_object(void *data, int row)
{
    const GPtrArray *list = data;
    return row >= 0 && (unsigned)row < list->len ? list->pdata[row] : NULL;
}

static export_object_list_t object_list = {.add_entry = add_object, .get_entry = get_object};

static void reset_sessions(void *data)
{
    reset_stat_table(((stat_data_t *)data)->stat_tap_data);
}

static void reset_times(void *data)
{
    reset_srt_table(((srt_data_t *)data)->srt_array);
}

static void reset_flow(void *data)
{
    sequence_analysis_list_free(data);
}

static void reset_objects(void *data)
{
    g_ptr_array_set_size(((export_object_list_t *)data)->gui_data, 0);
    get_eo_reset_func(get_eo_by_name("vt600"))();
}

void listeners_init(void)
{
    if (!process_stat_cmd_arg("vt600,report"))
        abort();
    start_requested_stats();
}

void listeners_begin(void)
{
    stats_tree_cfg *cfg = stats_tree_get_cfg_by_abbr("vt600");
    counts = stats_tree_new(cfg, NULL, NULL);
    listen(cfg->tapname, counts, cfg->flags, stats_tree_reset, stats_tree_packet);
    cfg->init(counts);

    sessions.stat_tap_data = stat_tap_by_name("vt600,sessions");
    sessions.stat_tap_data->stat_tap_init_cb(sessions.stat_tap_data);
    listen(sessions.stat_tap_data->tap_name, &sessions, 0, reset_sessions, sessions.stat_tap_data->packet_func);

    register_srt_t *srt = get_srt_table_by_name("vt600");
    times.srt_array = g_array_new(FALSE, TRUE, sizeof(srt_stat_table *));
    srt_table_dissector_init(srt, times.srt_array);
    listen(get_srt_tap_listener_name(srt), &times, 0, reset_times, get_srt_packet_func(srt));

    register_analysis_t *analysis = sequence_analysis_find_by_name("vt600");
    flow = sequence_analysis_info_new();
    flow->name = "vt600";
    listen(sequence_analysis_get_tap_listener_name(analysis), flow, sequence_analysis_get_tap_flags(analysis),
           reset_flow, sequence_analysis_get_packet_func(analysis));

    register_eo_t *exporter = get_eo_by_name("vt600");
    objects = g_ptr_array_new_with_free_func(free_object);
    object_list.gui_data = objects;
    listen(get_eo_tap_listener_name(exporter), &object_list, 0, reset_objects, get_eo_packet_func(exporter));
}

void listeners_end(void)
{
    remove_tap_listener(counts);
    stats_tree_free(counts);
    remove_tap_listener(&sessions);
    free_stat_tables(sessions.stat_tap_data);
    remove_tap_listener(&times);
    free_srt_table(get_srt_table_by_name("vt600"), times.srt_array);
    g_array_free(times.srt_array, TRUE);
    remove_tap_listener(flow);
    sequence_analysis_info_free(flow);
    remove_tap_listener(&object_list);
    g_ptr_array_free(objects, TRUE);
}

static void draw_sessions(FILE *out)
{
    const stat_tap_table *table = g_array_index(sessions.stat_tap_data->tables, stat_tap_table *, 0);
    for (unsigned row = 0; row < table->num_elements; row++) {
        for (unsigned column = 0; column < table->num_fields; column++) {
            const stat_tap_table_item_type *item = stat_tap_get_field_data(table, row, column);
            if (item->type == TABLE_ITEM_STRING)
                fprintf(out, "%s|", item->value.string_value);
            else if (item->type == TABLE_ITEM_UINT)
                fprintf(out, "%u|", item->value.uint_value);
            else
                fprintf(out, "%f|", item->value.float_value);
        }
        fputc('\n', out);
    }
}

static void draw_times(FILE *out)
{
    const srt_stat_table *table = g_array_index(times.srt_array, srt_stat_table *, 0);
    for (int i = 0; i < table->num_procs; i++) {
        const timestat_t *stats = &table->procedures[i].stats;
        if (stats->num > 0)
            fprintf(out, "%s: %u %f %f\n", table->procedures[i].procedure, stats->num, nstime_to_sec(&stats->min),
                    nstime_to_sec(&stats->max));
    }
}

/* Without the comments: these tell of the progress, which is known later. */
static void draw_flow(FILE *out)
{
    for (const GList *link = flow->arrows->head; link != NULL; link = link->next) {
        const vt600_arrow_t *arrow = link->data;
        fprintf(out, "%u %u>%u %s\n", arrow->frame_number, arrow->from_port, arrow->to_port, arrow->label);
    }
}

static void draw_objects(FILE *out)
{
    for (unsigned i = 0; i < objects->len; i++) {
        const export_object_entry_t *object = objects->pdata[i];
        char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, object->payload_data, object->payload_len);
        fprintf(out, "%s %s %s %zu %s\n", object->hostname, object->filename, object->content_type, object->payload_len,
                digest);
        g_free(digest);
    }
}

char *listeners_draw(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size), *standard = stdout;

    stdout = out; /* where the report goes */
    draw_tap_listeners(TRUE);
    stdout = standard;
    GString *tree = stats_tree_format_as_str(counts, ST_FORMAT_PLAIN, 0, FALSE);
    fputs(tree->str, out);
    g_string_free(tree, TRUE);
    draw_sessions(out);
    draw_times(out);
    draw_flow(out);
    draw_objects(out);
    fclose(out);
    return text;
}

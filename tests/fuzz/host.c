/* host.c
 *
 * libwireshark with the plugin in it; see host.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE

#include "wireshark_compat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <epan/column.h>
#include <epan/column-info.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto.h>
#include <epan/tap.h>
#include <epan/timestamp.h>
#include <wiretap/wtap.h>
#include <wsutil/filesystem.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>

#include "dissect/packet-vt600.h"
#include "dissect/settings.h"
#include "host.h"
#include "listeners.h"

void plugin_register(void);

/* The capture file that is open. */
typedef struct {
    epan_t *epan;
    GPtrArray *packets; /* network_packet_t: those of earlier calls of host_add may be gone */
    GPtrArray *frames;  /* frame_data, of all packets */
    nstime_t elapsed;
    const frame_data *reference;
    const frame_data *previous;
    uint32_t bytes;
} file_t;

static file_t file;
static column_info columns;
static int malformed; /* field */

static const nstime_t *time_of_frame(struct packet_provider_data *provider, uint32_t number)
{
    (void)provider;
    return number >= 1 && number <= file.frames->len ? &((frame_data *)file.frames->pdata[number - 1])->abs_ts : NULL;
}

static wtap_rec record_of(const network_packet_t *packet)
{
    const int64_t second = 1000000000;
    wtap_rec record = {
        .rec_type = REC_TYPE_PACKET,
        .presence_flags = WTAP_HAS_TS | WTAP_HAS_CAP_LEN,
        .ts = {.secs = packet->time / second, .nsecs = (int)(packet->time % second)},
        .tsprec = WTAP_TSPREC_NSEC,
    };
    record.rec_header.packet_header.caplen = packet->present;
    record.rec_header.packet_header.len = packet->length;
    record.rec_header.packet_header.pkt_encap = WTAP_ENCAP_ETHERNET;
    return record;
}

static void free_frame(void *frame)
{
    frame_data_destroy(frame);
    g_free(frame);
}

void host_open(void)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = time_of_frame};
    file = (file_t){.epan = epan_new(NULL, &functions),
                    .packets = g_ptr_array_new(),
                    .frames = g_ptr_array_new_with_free_func(free_frame)};
}

void host_close(void)
{
    g_ptr_array_free(file.packets, TRUE);
    g_ptr_array_free(file.frames, TRUE);
    epan_free(file.epan);
}

static bool is_ours(const field_info *field)
{
    return field->hfinfo->id == vt600_proto || field->hfinfo->parent == vt600_proto;
}

/* What a packet can only show once the rest of the capture is known. Of a session that is the total, the diagnosis and,
 * for an authorization, to which session it belongs: so a session's line is left out with all below it. */
static bool is_of_the_future(const field_info *field)
{
    static const char *const names[] = {"vt600", "vt600.response_in", "vt600.retried_in"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(field->hfinfo->abbrev, names[i]) == 0)
            return true;
    return false;
}

static void collect(proto_node *node, void *data)
{
    const field_info *field = node->finfo;
    GString *text = data;

    if (field != NULL && strcmp(field->hfinfo->abbrev, "vt600.ota") == 0)
        return;
    if (field != NULL && field->hfinfo->id == malformed) {
        fprintf(stderr, "a packet is malformed\n");
        abort();
    }
    if (field != NULL && is_ours(field) && !is_of_the_future(field)) {
        char label[ITEM_LABEL_LENGTH];
        proto_item_fill_label((field_info *)field, label);
        g_string_append_printf(text, "%s %d+%d %s\n", field->hfinfo->abbrev, field->start, field->length, label);
    }
    proto_tree_children_foreach(node, collect, data);
}

static void ask_for_filters(packet_info *pinfo)
{
    for (const GList *link = packet_conv_filter_list; link != NULL; link = link->next) {
        const conversation_filter_t *filter = link->data;
        if (strcmp(filter->proto_name, "vt600") == 0 && filter->is_filter_valid(pinfo))
            g_free(filter->build_filter_string(pinfo));
    }
}

char *host_look(unsigned number, bool tree, bool taps, bool with_columns)
{
    const network_packet_t *packet = file.packets->pdata[number - 1];
    frame_data *frame = file.frames->pdata[number - 1];
    wtap_rec record = record_of(packet);
    tvbuff_t *tvb = tvb_new_real_data(packet->bytes, packet->present, (int)packet->length);
    epan_dissect_t *edt = epan_dissect_new(file.epan, tree, tree);
    GString *text = tree ? g_string_new(NULL) : NULL;

    if (taps)
        epan_dissect_run_with_taps(edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &record, tvb, frame,
                                   with_columns ? &columns : NULL);
    else
        epan_dissect_run(edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &record, tvb, frame, with_columns ? &columns : NULL);
    if (tree) {
        proto_tree_children_foreach(edt->tree, collect, text);
        ask_for_filters(&edt->pi);
    }
    epan_dissect_free(edt);
    return text != NULL ? g_string_free(text, FALSE) : NULL;
}

void host_load(const network_packet_t *packet, char **text)
{
    const wtap_rec record = record_of(packet);
    frame_data *frame = g_new0(frame_data, 1);

    g_ptr_array_add(file.packets, (void *)packet);
    g_ptr_array_add(file.frames, frame);
    frame_data_init(frame, file.frames->len, &record, 0, file.bytes);
    frame_data_set_before_dissect(frame, &file.elapsed, &file.reference, file.previous);
    char *shown = host_look(file.frames->len, text != NULL, true, text == NULL);
    if (text != NULL)
        *text = shown;
    frame_data_set_after_dissect(frame, &file.bytes);
    file.previous = frame;
}

static void set_preference(const char *name, const char *value)
{
    char *error = NULL, *text = g_strdup_printf("%s:%s", name, value);
    if (prefs_set_pref(text, &error) != PREFS_SET_OK) {
        fprintf(stderr, "%s: %s\n", text, error != NULL ? error : "not set");
        abort();
    }
    g_free(text);
}

void host_set_preferences(uint8_t options)
{
    static int before = -1;
    static const struct {
        const char *name, *off, *on;
    } preferences[8] = {
        {"vt600.check_checksum", "TRUE", "FALSE"},
        {"vt600.desegment", "TRUE", "FALSE"},
        [HOST_ANALYSIS_OFF] = {"tcp.analyze_sequence_numbers", "TRUE", "FALSE"},
        {"tcp.reassemble_out_of_order", "FALSE", "TRUE"},
        {"vt600.image_size", "0", "64"},
        {"vt600.session_timeout", "20", "1"},
        {"vt600.tcp.port", "", NETWORK_PORT},
        {"vt600.udp.port", "", NETWORK_PORT},
    };
    if (options == before)
        return;
    before = options;
    for (unsigned i = 0; i < G_N_ELEMENTS(preferences); i++)
        set_preference(preferences[i].name, options >> i & 1 ? preferences[i].on : preferences[i].off);
    prefs_apply_all();
}

static void disable_others(void)
{
    static const char *const needed[] = {"vt600", "frame", "eth", "ethertype", "ip", "ipv6", "tcp", "udp"};
    void *cookie;

    for (int id = proto_get_first_protocol(&cookie); id >= 0; id = proto_get_next_protocol(&cookie)) {
        bool keep = proto_is_pino(find_protocol_by_id(id)) || !proto_can_toggle_protocol(id);
        for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++)
            keep = keep || strcmp(proto_get_protocol_filter_name(id), needed[i]) == 0;
        if (!keep)
            proto_set_decoding(id, false);
    }
}

/* Wireshark lets root choose no folder of its files, so it is told that somebody else runs it. */
static void become_anybody(void)
{
    const unsigned anybody = 65534;
    const bool root = geteuid() == 0 && setresgid(anybody, anybody, 0) == 0 && setresuid(anybody, anybody, 0) == 0;

    init_process_policies();
    if (root && (setresuid(0, 0, 0) != 0 || setresgid(0, 0, 0) != 0))
        abort();
}

/* What Wireshark never frees is not ours to report. It allocates much: that is to be quick. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0:malloc_context_size=4:quarantine_size_mb=64";
}

void host_init(char *program)
{
    /* Wireshark's pools would hide errors in their memory. */
    g_setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", TRUE);
    g_setenv("G_SLICE", "always-malloc", TRUE);
    g_setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", TRUE);
    g_setenv("WIRESHARK_ABORT_ON_TOO_MANY_ITEMS", "1", TRUE);
    /* No tables of names, which it would read anew with each capture. */
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    g_setenv("WIRESHARK_DATA_DIR", "/nonexistent", TRUE);

    ws_log_init("fuzz", NULL);
    become_anybody();
    g_free(configuration_init(program, NULL));
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(FALSE);
    plugin_register();
    if (!epan_init(NULL, NULL, FALSE))
        abort();
    const e_prefs *preferences = epan_load_settings();
    disable_others();
    build_column_format_array(&columns, preferences->num_cols, TRUE);
    malformed = proto_registrar_get_id_byname("_ws.malformed.expert");
    if (malformed < 0)
        abort();
    listeners_init();
}

/* dissector.c
 *
 * The whole dissector under the fuzzer, inside libwireshark: a capture is
 * loaded without a tree and with taps, as tshark -z does; its packets are
 * looked at in another order, as the GUI does; the taps go over it again; it
 * is loaded anew with a tree, as tshark -V does. Nothing may crash or be
 * malformed, a packet shows the same fields in each pass, and the taps the
 * same tables.
 *
 * All other protocols are off but those below ours, so that what is found is
 * ours.
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
#include "listeners.h"
#include "network.h"

#define PACKETS_MOST 300

void plugin_register(void);

/* One capture file, loaded. */
typedef struct {
    epan_t *epan;
    const GPtrArray *packets; /* network_packet_t */
    frame_data *frames;
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
    return number >= 1 && number <= file.packets->len ? &file.frames[number - 1].abs_ts : NULL;
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

static void open_file(const GPtrArray *packets)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = time_of_frame};
    file = (file_t){.epan = epan_new(NULL, &functions), .packets = packets};
    file.frames = g_new0(frame_data, packets->len);
}

static void close_file(void)
{
    for (unsigned i = 0; i < file.packets->len; i++)
        frame_data_destroy(&file.frames[i]);
    g_free(file.frames);
    epan_free(file.epan);
}

static bool is_ours(const field_info *field)
{
    return field->hfinfo->id == vt600_proto || field->hfinfo->parent == vt600_proto;
}

/* What a packet can only show once the rest of the capture is known; an image as long as nothing overwrote it. */
static bool is_of_the_future(const field_info *field)
{
    static const char *const names[] = {"vt600",
                                        "vt600.response_in",
                                        "vt600.ota.bytes_total",
                                        "vt600.ota.progress",
                                        "vt600.ota.progress.text",
                                        "vt600.ota.image",
                                        "vt600.ota.session"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(field->hfinfo->abbrev, names[i]) == 0)
            return true;
    return false;
}

static void collect(proto_node *node, void *data)
{
    const field_info *field = node->finfo;
    GString *text = data;

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

/* The fields of ours, or NULL where there is no tree. */
static char *look(unsigned i, bool tree, bool taps, bool with_columns)
{
    const network_packet_t *packet = file.packets->pdata[i];
    frame_data *frame = &file.frames[i];
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

/* The first look at each packet. */
static void load(char **texts)
{
    for (unsigned i = 0; i < file.packets->len; i++) {
        const wtap_rec record = record_of(file.packets->pdata[i]);
        frame_data *frame = &file.frames[i];
        frame_data_init(frame, i + 1, &record, 0, file.bytes);
        frame_data_set_before_dissect(frame, &file.elapsed, &file.reference, file.previous);
        char *text = look(i, texts != NULL, true, texts == NULL);
        if (texts != NULL)
            texts[i] = text;
        frame_data_set_after_dissect(frame, &file.bytes);
        file.previous = frame;
    }
}

/* Without its analysis of sequence numbers, TCP takes the segment that completes a PDU for a repetition in later
 * passes, if it overlaps what came before, and hands nothing over. Then only what is of one pass is compared. */
static bool passes_agree = true;

static void same(const char *what, unsigned packet, const char *a, const char *b)
{
    if (strcmp(a, b) != 0) {
        size_t at = 0;
        for (size_t i = 0; a[i] == b[i]; i++)
            if (a[i] == '\n')
                at = i + 1;
        fprintf(stderr, "%s, packet %u. Once:\n%s\nThen:\n%s\n", what, packet, a + at, b + at);
        abort();
    }
}

static void tap_again(void)
{
    reset_tap_listeners();
    for (unsigned i = 0; i < file.packets->len; i++)
        look(i, false, true, true);
}

static void try_capture(const GPtrArray *packets)
{
    char **shown = g_new0(char *, packets->len + 1), **anew = g_new0(char *, packets->len + 1);

    listeners_begin();
    open_file(packets);
    load(NULL);
    char *tables = listeners_draw();
    for (unsigned i = 0; i < packets->len; i++) {
        const unsigned other = packets->len - 1 - i;
        shown[other] = look(other, true, false, true);
    }
    tap_again();
    char *again = listeners_draw();
    if (passes_agree)
        same("tables in two passes", 0, tables, again);
    tap_again(); /* as another window does, with the objects there */
    free(listeners_draw());
    reset_tap_listeners();
    close_file();

    open_file(packets);
    load(anew);
    for (unsigned i = 0; i < packets->len; i++)
        if (passes_agree)
            same("fields in two passes", i + 1, anew[i], shown[i]);
    char *reloaded = listeners_draw();
    same("tables after a reload", 0, tables, reloaded);
    reset_tap_listeners();
    close_file();
    listeners_end();
    g_strfreev(shown);
    g_strfreev(anew);
    free(tables);
    free(again);
    free(reloaded);
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

/* Bits of a script's first byte. */
static void set_preferences(uint8_t options)
{
    static int before = -1;
    enum { ANALYSIS_OFF = 2 };
    static const struct {
        const char *name, *off, *on;
    } preferences[8] = {
        {"vt600.check_checksum", "TRUE", "FALSE"},
        {"vt600.desegment", "TRUE", "FALSE"},
        [ANALYSIS_OFF] = {"tcp.analyze_sequence_numbers", "TRUE", "FALSE"},
        {"tcp.reassemble_out_of_order", "FALSE", "TRUE"},
        {"vt600.image_size", "0", "64"},
        {"vt600.session_timeout", "20", "1"},
        {"vt600.tcp.port", "", NETWORK_PORT},
        {"vt600.udp.port", "", NETWORK_PORT},
    };
    if (options == before)
        return;
    before = options;
    passes_agree = (options >> ANALYSIS_OFF & 1) == 0;
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

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    /* Wireshark's pools would hide errors in their memory. */
    g_setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", TRUE);
    g_setenv("G_SLICE", "always-malloc", TRUE);
    g_setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", TRUE);
    g_setenv("WIRESHARK_ABORT_ON_TOO_MANY_ITEMS", "1", TRUE);
    /* No tables of names, which it would read anew with each capture. */
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    g_setenv("WIRESHARK_DATA_DIR", "/nonexistent", TRUE);

    ws_log_init("fuzz_dissector", NULL);
    become_anybody();
    g_free(configuration_init((*argv)[0], NULL));
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
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t options;
    GPtrArray *packets = network_play(bytes, n, PACKETS_MOST, &options);

    if (packets->len > 0) {
        set_preferences(options);
        try_capture(packets);
    }
    g_ptr_array_free(packets, TRUE);
    return 0;
}

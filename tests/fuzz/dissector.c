/* dissector.c
 *
 * The whole dissector under the fuzzer, inside libwireshark: a capture is
 * loaded without a tree and with taps, as tshark -z does; its packets are
 * looked at in another order, as the GUI does; the taps go over it again; it
 * is loaded anew with a tree, as tshark -V does. Nothing may crash or be
 * malformed, a packet shows the same fields in each pass, and the taps the
 * same tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "wireshark_compat.h"

#include <stdio.h>
#include <string.h>

#include <epan/tap.h>

#include "host.h"
#include "listeners.h"

#define PACKETS_MOST 300

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

static void load(const GPtrArray *packets, char **texts)
{
    for (unsigned i = 0; i < packets->len; i++)
        host_load(packets->pdata[i], texts != NULL ? &texts[i] : NULL);
}

static void tap_again(const GPtrArray *packets)
{
    reset_tap_listeners();
    for (unsigned i = 0; i < packets->len; i++)
        host_look(i + 1, false, true, true);
}

static void try_capture(const GPtrArray *packets)
{
    char **shown = g_new0(char *, packets->len + 1), **anew = g_new0(char *, packets->len + 1);

    listeners_begin();
    host_open();
    load(packets, NULL);
    char *tables = listeners_draw();
    for (unsigned i = 0; i < packets->len; i++) {
        const unsigned other = packets->len - 1 - i;
        shown[other] = host_look(other + 1, true, false, true);
    }
    tap_again(packets);
    char *again = listeners_draw();
    if (passes_agree)
        same("tables in two passes", 0, tables, again);
    tap_again(packets); /* as another window does, with the objects there */
    free(listeners_draw());
    reset_tap_listeners();
    host_close();

    host_open();
    load(packets, anew);
    for (unsigned i = 0; i < packets->len; i++)
        if (passes_agree)
            same("fields in two passes", i + 1, anew[i], shown[i]);
    char *reloaded = listeners_draw();
    same("tables after a reload", 0, tables, reloaded);
    reset_tap_listeners();
    host_close();
    listeners_end();
    g_strfreev(shown);
    g_strfreev(anew);
    free(tables);
    free(again);
    free(reloaded);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    host_init((*argv)[0]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t options;
    GPtrArray *packets = network_play(bytes, n, PACKETS_MOST, 0, NETWORK_START, &options);

    if (packets->len > 0) {
        host_set_preferences(options);
        passes_agree = (options >> HOST_ANALYSIS_OFF & 1) == 0;
        try_capture(packets);
    }
    g_ptr_array_free(packets, TRUE);
    return 0;
}

/* traffic.c
 *
 * The whole dissector under the fuzzer, quickly: one capture file takes many
 * inputs, each with addresses, devices' servers and a time of its own. Each
 * packet is looked at twice: without a tree and with taps, and, once all of
 * the input was read, with a tree. Nothing may crash or be malformed, and an
 * input has sessions of its own, with numbers that no other input has.
 *
 * What it does not compare, dissector.c does; that one is ten times slower.
 * An input that fails only after others is run with them again by the seed
 * that libFuzzer names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "wireshark_compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <epan/tap.h>

#include "host.h"
#include "listeners.h"

#define PACKETS_MOST 300
#define INPUTS_MOST  200 /* in one file */
#define DAY          INT64_C(86400000000000)

/* Of the file that is open. */
static struct {
    bool open;
    unsigned inputs;
    unsigned packets;
    unsigned sessions; /* the lowest number that the next input's may have */
    int64_t time;      /* when it may begin */
} file;

static void begin_file(uint8_t options)
{
    host_set_preferences(options);
    listeners_begin();
    host_open();
    memset(&file, 0, sizeof file);
    file.open = true;
    file.time = NETWORK_START;
}

static void end_file(void)
{
    free(listeners_draw());
    reset_tap_listeners();
    host_close();
    listeners_end();
    file.open = false;
}

/* The highest number of a session in the fields of a packet, and one more; 0: none. */
static unsigned sessions_in(const char *text)
{
    static const char name[] = "\nvt600.ota.session ";
    unsigned most = 0;

    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
        const char *label = strchr(at, ':');
        const unsigned number = label != NULL ? (unsigned)strtoul(label + 1, NULL, 10) : 0;
        if (number < file.sessions) {
            fprintf(stderr, "session %u is another input's: those begin at %u\n", number, file.sessions);
            abort();
        }
        most = MAX(most, number + 1);
    }
    return most;
}

static void try_packets(const GPtrArray *packets)
{
    const unsigned first = file.packets + 1;
    unsigned sessions = file.sessions;

    for (unsigned i = 0; i < packets->len; i++) {
        const network_packet_t *packet = packets->pdata[i];
        host_load(packet, NULL);
        file.time = MAX(file.time, packet->time);
    }
    file.packets += packets->len;
    for (unsigned i = packets->len; i > 0; i--) {
        char *text = host_look(first + i - 1, true, false, true);
        sessions = MAX(sessions, sessions_in(text));
        g_free(text);
    }
    file.sessions = sessions;
    file.time += DAY;
    file.inputs++;
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

    if (!file.open)
        begin_file(n > 0 ? bytes[0] : 0);
    GPtrArray *packets = network_play(bytes, n, PACKETS_MOST, file.inputs, file.time, &options);
    try_packets(packets);
    g_ptr_array_free(packets, TRUE);
    if (file.inputs == INPUTS_MOST || file.time > 2 * NETWORK_START)
        end_file();
    return 0;
}

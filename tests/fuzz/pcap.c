/* pcap.c
 *
 * fuzz_pcap < SCRIPT > FILE.pcap: what the dissector's harness makes of a
 * script, to be looked at in Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "network.h"

#define SECOND 1000000000

static void put32(uint32_t value)
{
    fwrite(&value, sizeof value, 1, stdout);
}

int main(void)
{
    static uint8_t script[1 << 20];
    const size_t n = fread(script, 1, sizeof script, stdin);
    uint8_t options;
    GPtrArray *packets = network_play(script, n, 100000, 0, NETWORK_START, &options);

    put32(0xa1b23c4d); /* nanoseconds */
    put32(4 << 16 | 2);
    put32(0);
    put32(0);
    put32(0x40000);
    put32(1);
    for (unsigned i = 0; i < packets->len; i++) {
        const network_packet_t *packet = packets->pdata[i];
        put32((uint32_t)(packet->time / SECOND));
        put32((uint32_t)(packet->time % SECOND));
        put32(packet->present);
        put32(packet->length);
        fwrite(packet->bytes, 1, packet->present, stdout);
    }
    fprintf(stderr, "options 0x%02x\n", options);
    g_ptr_array_free(packets, TRUE);
    return 0;
}

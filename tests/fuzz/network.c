/* network.c
 *
 * The packets of a script; see network.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "network.h"

#include <stdbool.h>
#include <string.h>

#include "script.h"

#define MILLISECOND  1000000
#define SYN          0x02
#define ACK          0x10
#define TCP_LEN      20u
#define UDP_LEN      8u
#define PAYLOAD_MOST 60000u
#define KEPT_MOST    64u /* bytes of a side that can come again */

typedef struct {
    uint32_t next[2]; /* sequence numbers, by side: 0 the server, 1 the tracker */
    bool begun;
    uint8_t kept[2][KEPT_MOST]; /* what the side said last */
    unsigned kept_length[2];
} connection_t;

typedef struct {
    GPtrArray *packets;
    unsigned most;
    unsigned number; /* of the script */
    int64_t time;
    connection_t connections[SCRIPT_CONNECTIONS];
} network_t;

static void free_packet(void *data)
{
    network_packet_t *packet = data;
    g_free(packet->bytes);
    g_free(packet);
}

static void put(GByteArray *bytes, uint32_t value, unsigned width)
{
    while (width-- > 0) {
        const uint8_t byte = (uint8_t)(value >> 8 * width);
        g_byte_array_append(bytes, &byte, 1);
    }
}

static void put_ipv4(GByteArray *bytes, unsigned number, unsigned connection, bool tracker, unsigned payload)
{
    const uint32_t server = 0xac100001 + number, end = 0x0a000001 + number * SCRIPT_CONNECTIONS + connection;
    put(bytes, 0x0800, 2);
    put(bytes, 0x4500, 2);
    put(bytes, 20 + payload, 2);
    put(bytes, 0x00014000, 4);
    put(bytes, 64, 1);
    put(bytes, connection == 2 ? 17 : 6, 1);
    put(bytes, 0, 2);
    put(bytes, tracker ? end : server, 4);
    put(bytes, tracker ? server : end, 4);
}

static void put_ipv6(GByteArray *bytes, unsigned number, bool tracker, unsigned payload)
{
    put(bytes, 0x86dd, 2);
    put(bytes, 0x60000000, 4);
    put(bytes, payload, 2);
    put(bytes, 0x0640, 2);
    for (unsigned i = 0; i < 2; i++) {
        put(bytes, 0x20010db8, 4);
        put(bytes, 0, 4);
        put(bytes, number, 4);
        put(bytes, (i == 0) == tracker ? 7 : 1, 4);
    }
}

static void put_ports(GByteArray *bytes, unsigned connection, bool tracker)
{
    const unsigned server = 8500, end = 20000 + connection;
    put(bytes, tracker ? end : server, 2);
    put(bytes, tracker ? server : end, 2);
}

/* snapped: so many bytes of the packet's end are not in the capture. */
static void send_packet(network_t *network, unsigned i, bool tracker, uint8_t flags, uint32_t sequence,
                        const uint8_t *data, unsigned n, unsigned snapped)
{
    const bool udp = i == 2;
    GByteArray *bytes = g_byte_array_new();

    put(bytes, 0x02000000, 4);
    put(bytes, 0x00010200, 4);
    put(bytes, 0x00000002, 4);
    if (i == 3)
        put_ipv6(bytes, network->number, tracker, n + TCP_LEN);
    else
        put_ipv4(bytes, network->number, i, tracker, n + (udp ? UDP_LEN : TCP_LEN));
    put_ports(bytes, i, tracker);
    if (udp) {
        put(bytes, n + UDP_LEN, 2);
        put(bytes, 0, 2);
    } else {
        put(bytes, sequence, 4);
        put(bytes, network->connections[i].next[!tracker], 4);
        put(bytes, 0x5000u | flags, 2);
        put(bytes, 0xffff, 2);
        put(bytes, 0, 4);
    }
    g_byte_array_append(bytes, data, n);

    network_packet_t *packet = g_new0(network_packet_t, 1);
    packet->time = network->time;
    packet->length = bytes->len;
    packet->present = bytes->len - MIN(snapped, n);
    packet->bytes = g_memdup2(bytes->data, packet->present);
    g_byte_array_free(bytes, TRUE);
    network->time += MILLISECOND;
    if (network->packets->len < network->most)
        g_ptr_array_add(network->packets, packet);
    else
        free_packet(packet);
}

static void shake_hands(network_t *network, unsigned i)
{
    connection_t *connection = &network->connections[i];

    *connection = (connection_t){.begun = true, .next = {connection->next[0] + 70000, connection->next[1] + 90000}};
    send_packet(network, i, true, SYN, connection->next[1] - 1, NULL, 0, 0);
    send_packet(network, i, false, SYN | ACK, connection->next[0] - 1, NULL, 0, 0);
    send_packet(network, i, true, ACK, connection->next[1], NULL, 0, 0);
}

static void begin(network_t *network, unsigned i)
{
    connection_t *connection = &network->connections[i];

    connection->begun = true;
    connection->next[0] = i == 3 ? 0xffffffc0 : 5000;
    connection->next[1] = i == 3 ? 0xfffffff0 : 1000;
    if (i == 0)
        shake_hands(network, i);
}

static void send_pieces(network_t *network, const script_message_t *message, uint32_t sequence, const uint8_t *data,
                        unsigned n)
{
    const unsigned cut = message->fate == SCRIPT_SNAPPED || message->cut == 0 ? n : message->cut;
    const unsigned snapped = message->fate == SCRIPT_SNAPPED ? message->cut : 0;

    for (unsigned at = 0; at < n; at += cut)
        send_packet(network, message->connection, message->tracker, ACK, sequence + at, data + at, MIN(cut, n - at),
                    snapped);
}

static void keep(connection_t *connection, bool tracker, const uint8_t *data, unsigned n)
{
    const unsigned kept = MIN(n, KEPT_MOST);
    if (kept == 0)
        return;
    memcpy(connection->kept[tracker], data + n - kept, kept);
    connection->kept_length[tracker] = kept;
}

static void swap_last(const network_t *network)
{
    const unsigned n = network->packets->len;
    if (n < 2)
        return;
    network_packet_t *last = g_ptr_array_steal_index(network->packets, n - 1), *other = network->packets->pdata[n - 2];
    const int64_t time = last->time;
    last->time = other->time;
    other->time = time;
    g_ptr_array_insert(network->packets, (int)n - 2, last);
}

static void say(network_t *network, const script_message_t *message)
{
    connection_t *connection = &network->connections[message->connection];
    const bool side = message->tracker;
    const unsigned n = (unsigned)MIN(message->length, PAYLOAD_MOST);

    if (!connection->begun)
        begin(network, message->connection);
    if (message->fate == SCRIPT_CONNECTING && message->connection != 2)
        shake_hands(network, message->connection);
    if (message->fate == SCRIPT_OVERLAPPING) {
        const unsigned more = connection->kept_length[side];
        GByteArray *both = g_byte_array_append(g_byte_array_new(), connection->kept[side], more);
        g_byte_array_append(both, message->bytes, n);
        send_pieces(network, message, connection->next[side] - more, both->data, both->len);
        g_byte_array_free(both, TRUE);
    } else if (message->fate != SCRIPT_LOST) {
        send_pieces(network, message, connection->next[side], message->bytes, n);
    }
    if (message->fate == SCRIPT_AGAIN)
        send_pieces(network, message, connection->next[side], message->bytes, n);
    if (message->fate == SCRIPT_SWAPPED)
        swap_last(network);
    keep(connection, side, message->bytes, n);
    connection->next[side] += n;
}

GPtrArray *network_play(const uint8_t *bytes, size_t n, unsigned most, unsigned number, int64_t start, uint8_t *options)
{
    network_t network = {
        .packets = g_ptr_array_new_with_free_func(free_packet), .most = most, .number = number, .time = start};
    script_t script = script_begin(bytes, n, options);
    script_message_t message;

    while (network.packets->len < most && script_next(&script, &message)) {
        network.time = CLAMP(network.time + message.wait, start, 4 * NETWORK_START);
        say(&network, &message);
    }
    return network.packets;
}

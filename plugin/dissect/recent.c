/* recent.c
 *
 * Conversations found recently; see recent.h. Knows how Wireshark chooses among
 * the conversations that have the same addresses and ports: the last one that
 * started with this packet or an earlier one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "recent.h"

#include <string.h>

#include <epan/address.h>

#define ENTRIES      1024 /* a power of two */
#define ADDRESS_MOST 16   /* bytes of an IPv6 address */

/* A direction of a conversation. */
typedef struct {
    conversation_t *conversation; /* NULL: the entry is free */
    uint32_t source_port;
    uint32_t destination_port;
    int type; /* of both addresses */
    int length;
    uint8_t source[ADDRESS_MOST];
    uint8_t destination[ADDRESS_MOST];
} entry_t;

static entry_t entries[ENTRIES];

void vt600_recent_init(void)
{
    memset(entries, 0, sizeof entries);
}

/* Are addresses and ports what Wireshark looks for? */
static bool is_plain(const packet_info *pinfo)
{
    return pinfo->ptype == PT_TCP && pinfo->conv_elements == NULL && !pinfo->use_conv_addr_port_endpoints &&
           pinfo->src.type == pinfo->dst.type && pinfo->src.len == pinfo->dst.len && pinfo->src.len > 0 &&
           pinfo->src.len <= ADDRESS_MOST;
}

/* Trackers differ in their ports or in the ends of their addresses. */
static entry_t *entry_for(const packet_info *pinfo)
{
    const uint8_t *source = pinfo->src.data, *destination = pinfo->dst.data;
    const int end = pinfo->src.len - 1;
    return &entries[(pinfo->srcport + 3 * pinfo->destport + 5u * source[end] + 7u * destination[end]) % ENTRIES];
}

static bool is_of(const entry_t *entry, const packet_info *pinfo)
{
    const size_t length = (size_t)pinfo->src.len;
    return entry->conversation != NULL && entry->source_port == pinfo->srcport &&
           entry->destination_port == pinfo->destport && entry->type == pinfo->src.type &&
           entry->length == pinfo->src.len && memcmp(entry->source, pinfo->src.data, length) == 0 &&
           memcmp(entry->destination, pinfo->dst.data, length) == 0;
}

static bool covers(const conversation_t *conversation, uint32_t number)
{
    const conversation_t *next = conversation->next;
    return conversation->setup_frame <= number && (next == NULL || next->setup_frame > number);
}

conversation_t *vt600_recent_find(packet_info *pinfo)
{
    if (!is_plain(pinfo))
        return find_conversation_pinfo(pinfo, 0);

    entry_t *entry = entry_for(pinfo);
    if (is_of(entry, pinfo) && covers(entry->conversation, pinfo->num))
        return entry->conversation;
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    if (conversation == NULL || conversation->options != 0) /* one with a wildcard gives way to a later one without */
        return conversation;
    *entry = (entry_t){.conversation = conversation,
                       .source_port = pinfo->srcport,
                       .destination_port = pinfo->destport,
                       .type = pinfo->src.type,
                       .length = pinfo->src.len};
    memcpy(entry->source, pinfo->src.data, (size_t)pinfo->src.len);
    memcpy(entry->destination, pinfo->dst.data, (size_t)pinfo->dst.len);
    return conversation;
}

/* script.c
 *
 * Reads scripts; see script.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "script.h"

#include <glib.h>

script_t script_begin(const uint8_t *bytes, size_t n, uint8_t *options)
{
    *options = n > 0 ? bytes[0] : 0;
    return (script_t){.next = bytes + MIN(n, 1), .left = n - MIN(n, 1)};
}

bool script_next(script_t *script, script_message_t *message)
{
    const int64_t millisecond = 1000000;
    const uint8_t *head = script->next;

    if (script->left < SCRIPT_HEAD_LEN)
        return false;
    const size_t length = (size_t)head[SCRIPT_LENGTH] << 8 | head[SCRIPT_LENGTH + 1];
    *message = (script_message_t){
        .tracker = head[SCRIPT_WHO] & 1,
        .connection = head[SCRIPT_WHO] >> 1 & (SCRIPT_CONNECTIONS - 1),
        .fate = head[SCRIPT_WHO] >> 3 & 7,
        .cut = head[SCRIPT_CUT],
        .wait = (millisecond << (head[SCRIPT_WAIT] & 31)) * (head[SCRIPT_WAIT] & 0x80 ? -1 : 1),
        .bytes = head + SCRIPT_HEAD_LEN,
        .length = MIN(length, script->left - SCRIPT_HEAD_LEN),
    };
    script->next += SCRIPT_HEAD_LEN + message->length;
    script->left -= SCRIPT_HEAD_LEN + message->length;
    return true;
}

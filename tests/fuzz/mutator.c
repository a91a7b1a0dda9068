/* mutator.c
 *
 * Mutates scripts, message by message: frames in them change, come and go; so
 * does what the network does to them. And whole parts of the dialog are
 * dropped, repeated, swapped, delayed, said by the other side, or said after
 * the tracker has come back on a new connection. The harnesses for scripts link this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "repair.h"
#include "script.h"

/* A message that can be changed. */
typedef struct {
    uint8_t head[SCRIPT_LENGTH];
    GByteArray *bytes;
} line_t;

static void free_line(void *line)
{
    g_byte_array_free(((line_t *)line)->bytes, TRUE);
    g_free(line);
}

static line_t *new_line(const uint8_t *head, const uint8_t *bytes, size_t n)
{
    line_t *line = g_new0(line_t, 1);
    if (head != NULL)
        memcpy(line->head, head, sizeof line->head);
    line->bytes = g_byte_array_append(g_byte_array_sized_new(1), bytes, (unsigned)n);
    return line;
}

static GPtrArray *read_lines(const uint8_t *bytes, size_t n, uint8_t *options)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(free_line);
    script_t script = script_begin(bytes, n, options);
    script_message_t message;

    while (script_next(&script, &message))
        g_ptr_array_add(lines, new_line(message.bytes - SCRIPT_HEAD_LEN, message.bytes, message.length));
    return lines;
}

/* Writes as many lines as there is room for. */
static size_t write_lines(const GPtrArray *lines, uint8_t options, uint8_t *bytes, size_t most)
{
    size_t at = 0;

    bytes[at++] = options;
    for (unsigned i = 0; i < lines->len; i++) {
        const line_t *line = g_ptr_array_index(lines, i);
        const size_t length = MIN(line->bytes->len, UINT16_MAX);
        if (most - at < SCRIPT_HEAD_LEN + length)
            break;
        memcpy(bytes + at, line->head, sizeof line->head);
        bytes[at + SCRIPT_LENGTH] = (uint8_t)(length >> 8);
        bytes[at + SCRIPT_LENGTH + 1] = (uint8_t)length;
        if (length > 0)
            memcpy(bytes + at + SCRIPT_HEAD_LEN, line->bytes->data, length);
        at += SCRIPT_HEAD_LEN + length;
    }
    return at;
}

static void split_line(GPtrArray *lines, unsigned i, uint32_t *state)
{
    line_t *line = g_ptr_array_index(lines, i);
    const unsigned at = line->bytes->len > 0 ? fuzz_random(state, line->bytes->len) : 0;
    g_ptr_array_insert(lines, (int)i + 1, new_line(line->head, line->bytes->data + at, line->bytes->len - at));
    g_byte_array_set_size(line->bytes, at);
}

static void join_line(GPtrArray *lines, unsigned i)
{
    line_t *line = g_ptr_array_index(lines, i), *next = g_ptr_array_index(lines, (i + 1) % lines->len);
    if (line == next)
        return;
    g_byte_array_append(line->bytes, next->bytes->data, next->bytes->len);
    g_ptr_array_remove(lines, next);
}

/* A new message with a sound frame; the one who sends such frames speaks. */
static void insert_frame(GPtrArray *lines, unsigned i, uint32_t *state)
{
    uint32_t offset = 16 * fuzz_random(state, 8);
    line_t *line = new_line(NULL, NULL, 0);

    fuzz_add_frame(line->bytes, &offset, state);
    if (lines->len > 0)
        memcpy(line->head, ((line_t *)g_ptr_array_index(lines, i))->head, sizeof line->head);
    line->head[SCRIPT_WHO] = (uint8_t)((line->head[SCRIPT_WHO] & ~1u) | (line->bytes->data[0] == '$'));
    g_ptr_array_insert(lines, (int)MIN(i + 1, lines->len), line);
}

static void change_head(line_t *line, uint32_t *state)
{
    switch (fuzz_random(state, 4)) {
    case 0:
        line->head[SCRIPT_WHO] = (uint8_t)((line->head[SCRIPT_WHO] & 7) | fuzz_random(state, 8) << 3);
        break;
    case 1:
        line->head[SCRIPT_WHO] ^= (uint8_t)(1u << fuzz_random(state, 3));
        break;
    case 2:
        line->head[SCRIPT_CUT] = (uint8_t)(fuzz_random(state, 2) ? fuzz_random(state, 24) : fuzz_random(state, 256));
        break;
    default:
        line->head[SCRIPT_WAIT] = (uint8_t)(fuzz_random(state, 28) | (fuzz_random(state, 8) == 0 ? 0x80 : 0));
        break;
    }
}

static line_t *copy_line(const line_t *line)
{
    return new_line(line->head, line->bytes->data, line->bytes->len);
}

/* The header of each frame is the side's. */
static void change_side(line_t *line)
{
    uint8_t *bytes = line->bytes->data;
    line->head[SCRIPT_WHO] ^= 1;
    for (unsigned i = 0; i + 1 < line->bytes->len; i++)
        if (bytes[i] == bytes[i + 1] && (bytes[i] == '@' || bytes[i] == '$'))
            bytes[i] = bytes[i + 1] = line->head[SCRIPT_WHO] & 1 ? '$' : '@';
    fuzz_repair(bytes, line->bytes->len);
}

static void reconnect(GPtrArray *lines, unsigned first, unsigned end, uint32_t *state)
{
    const unsigned connection = fuzz_random(state, SCRIPT_CONNECTIONS);
    line_t *line = g_ptr_array_index(lines, first);
    for (unsigned i = first; i < end; i++) {
        line_t *other = g_ptr_array_index(lines, i);
        other->head[SCRIPT_WHO] = (uint8_t)((other->head[SCRIPT_WHO] & ~6u) | connection << 1);
    }
    line->head[SCRIPT_WHO] = (uint8_t)((line->head[SCRIPT_WHO] & 7) | SCRIPT_CONNECTING << 3);
    line->head[SCRIPT_CUT] = (uint8_t)fuzz_random(state, 3);
}

/* What happens to the messages [first, end) of the dialog as a whole. */
static void change_part(GPtrArray *lines, uint32_t *state)
{
    const unsigned first = fuzz_random(state, lines->len);
    const unsigned end = first + 1 + fuzz_random(state, MIN(lines->len - first, 16));

    switch (fuzz_random(state, 6)) {
    case 0:
        g_ptr_array_remove_range(lines, first, end - first);
        break;
    case 1:
        for (unsigned i = first; i < end; i++)
            g_ptr_array_insert(lines, (int)(end + i - first), copy_line(g_ptr_array_index(lines, i)));
        break;
    case 2: { /* with what follows */
        const unsigned most = MIN(end - first, lines->len - end);
        for (unsigned i = 0; i < most; i++) {
            void *line = lines->pdata[first + i];
            lines->pdata[first + i] = lines->pdata[end + i];
            lines->pdata[end + i] = line;
        }
        break;
    }
    case 3: /* from 17 seconds to a day: beyond patience, time-outs */
        ((line_t *)g_ptr_array_index(lines, first))->head[SCRIPT_WAIT] = (uint8_t)(14 + fuzz_random(state, 13));
        break;
    case 4:
        reconnect(lines, first, end, state);
        break;
    default:
        for (unsigned i = first; i < end; i++)
            change_side(g_ptr_array_index(lines, i));
        break;
    }
}

static void change(GPtrArray *lines, size_t most, uint8_t *options, uint32_t *state)
{
    const unsigned i = lines->len > 0 ? fuzz_random(state, lines->len) : 0;
    line_t *line = lines->len > 0 ? g_ptr_array_index(lines, i) : NULL;
    uint32_t offset = 16 * fuzz_random(state, 8);
    const unsigned kind = line == NULL ? 0 : fuzz_random(state, 14);

    switch (kind) {
    case 0:
    case 1:
        insert_frame(lines, i, state);
        break;
    case 2:
        g_ptr_array_insert(lines, (int)fuzz_random(state, lines->len + 1),
                           new_line(line->head, line->bytes->data, line->bytes->len));
        break;
    case 3:
        g_ptr_array_remove_index(lines, i);
        break;
    case 4:
        g_ptr_array_insert(lines, (int)fuzz_random(state, lines->len), g_ptr_array_steal_index(lines, i));
        break;
    case 5:
        split_line(lines, i, state);
        break;
    case 6:
        join_line(lines, i);
        break;
    case 7:
    case 8:
        change_head(line, state);
        break;
    case 9:
    case 10:
        change_part(lines, state);
        break;
    case 11:
        *options ^= (uint8_t)(1u << fuzz_random(state, 8));
        break;
    default:
        fuzz_mutate_frames(line->bytes, MIN(most, line->bytes->len + 64), &offset, state);
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n, const uint8_t *b, size_t m, uint8_t *out, size_t most,
                                 unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most, unsigned seed)
{
    uint32_t state = seed;
    uint8_t options;
    GPtrArray *lines = read_lines(bytes, n, &options);

    for (unsigned left = 1 + fuzz_random(&state, 4); left > 0; left--)
        change(lines, most, &options, &state);
    const size_t size = write_lines(lines, options, bytes, most);
    g_ptr_array_free(lines, TRUE);
    return size;
}

/* The start of one and the end of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n, const uint8_t *b, size_t m, uint8_t *out, size_t most,
                                 unsigned seed)
{
    uint32_t state = seed;
    uint8_t options, unused;
    GPtrArray *lines = read_lines(a, n, &options), *others = read_lines(b, m, &unused);

    g_ptr_array_set_size(lines, (int)fuzz_random(&state, lines->len + 1));
    for (unsigned i = fuzz_random(&state, others->len + 1); i < others->len; i++) {
        const line_t *line = g_ptr_array_index(others, i);
        g_ptr_array_add(lines, new_line(line->head, line->bytes->data, line->bytes->len));
    }
    const size_t size = write_lines(lines, options, out, most);
    g_ptr_array_free(lines, TRUE);
    g_ptr_array_free(others, TRUE);
    return size;
}

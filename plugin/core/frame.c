/* frame.c
 *
 * Finds, delimits and checks one frame in a run of bytes; see frame.h.
 *
 * A frame's length field is believed when a checksum or CR LF stands where it
 * leads. Where neither does, something is damaged, and the question is what.
 * The answer decides how much of the stream is lost, so the frame's end is
 * looked for in the bytes themselves, best evidence first:
 *
 *   1. CR LF after a checksum that fits, over the bytes as they are or over
 *      the bytes with the length field put right: this proves the true length;
 *   2. CR LF and then a plausible header;
 *   3. a plausible header;
 *   4. the length field after all, when the frame's command agrees with it;
 *   5. CR LF at the end of what is there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "frame.h"

#include <string.h>
#include <glib.h>

#include "crc.h"

/* Lengths that make a header plausible. Longer frames are read, but by more evidence: below this
 * the length of a text that happens to begin with "$$" never lies. */
#define PLAUSIBLE_LENGTH_MOST 0x1fff

/* No known frame is longer (photos have 1,022 bytes). A frame without a usable length is given up where no end shows up
 * within so many bytes. */
#define USUAL_LENGTH_MOST 2048

/* Each costs a checksum over the frame; more CR LF than this in one frame are an attack. */
#define LENGTH_REPAIRS_MOST 8

/* More 0x00 than this in a row are no heartbeats. */
#define HEARTBEATS_MOST 16

uint16_t vt600_frame_checksum(const uint8_t *buf, size_t n)
{
    return vt600_crc_add(VT600_CRC_SEED, buf, n);
}

static bool is_header(const uint8_t *buf)
{
    return buf[0] == buf[1] && (buf[0] == (VT600_HEADER_SERVER & 0xff) || buf[0] == (VT600_HEADER_TRACKER & 0xff));
}

static bool is_terminator(const uint8_t *buf)
{
    return vt600_be16(buf) == VT600_TERMINATOR;
}

/* Where a checksum is 0x2424 or 0x4040, it and CR LF look like a header with a length of 0x0d0a. */
static bool is_plausible_length(uint16_t length)
{
    return length >= VT600_LEN_LEAST && length <= PLAUSIBLE_LENGTH_MOST && length != VT600_TERMINATOR;
}

/* Can a frame's header begin with these n bytes? Of length, device ID and command two must make
 * sense: chance gives that once in a hundred million places. With fewer than 13 bytes: can it
 * still become so? */
static bool is_plausible_header(const uint8_t *buf, size_t n)
{
    if (n < VT600_LEN_HEADER)
        return n == 1 && (buf[0] == (VT600_HEADER_SERVER & 0xff) || buf[0] == (VT600_HEADER_TRACKER & 0xff));
    if (!is_header(buf))
        return false;
    if (n < VT600_AT_DEVICE)
        return true;

    const size_t id_bytes = n < VT600_AT_COMMAND ? n - VT600_AT_DEVICE : VT600_LEN_DEVICE;
    const bool length_ok = is_plausible_length(vt600_be16(buf + VT600_AT_LENGTH));
    const bool id_ok = vt600_device_id_kind(buf + VT600_AT_DEVICE, id_bytes) != VT600_DEVICE_ID_BAD;
    if (length_ok && id_ok)
        return true;
    if (!length_ok && !id_ok)
        return false;
    return n < VT600_AT_DATA || vt600_command_find(vt600_be16(buf + VT600_AT_COMMAND)) != NULL;
}

/* Where a frame is expected, less will do to call it a damaged one: a length. */
static bool is_weak_header(const uint8_t *buf)
{
    const uint16_t length = vt600_be16(buf + VT600_AT_LENGTH);
    return is_header(buf) && is_plausible_length(length) && length <= USUAL_LENGTH_MOST;
}

/* The header is whole and plausible: strong enough to end what stands before it. */
static bool is_next_frame(const uint8_t *buf, size_t n)
{
    return n >= VT600_AT_DATA && is_plausible_header(buf, n);
}

/* The first place in [from, n) where match says a header is; n if nowhere. */
static size_t find_header(const uint8_t *buf, size_t from, size_t n, bool (*match)(const uint8_t *, size_t))
{
    static const uint8_t marks[] = {VT600_HEADER_SERVER & 0xff, VT600_HEADER_TRACKER & 0xff};
    size_t first = n;

    for (size_t i = 0; i < sizeof marks; i++) {
        size_t at = from;
        const uint8_t *hit;
        while (at < first && (hit = memchr(buf + at, marks[i], first - at)) != NULL) {
            at = (size_t)(hit - buf);
            if (match(buf + at, n - at)) {
                first = at;
                break;
            }
            at++;
        }
    }
    return first;
}

/* No frame: it ends where one may begin. */
static vt600_frame_t junk(const uint8_t *buf, size_t n, bool final)
{
    return (vt600_frame_t){.found = VT600_FOUND_JUNK,
                           .extent = find_header(buf, 1, n, final ? is_next_frame : is_plausible_header)};
}

/* The checksum that the frame would have if its length field said length. */
static uint16_t checksum_with_length(const uint8_t *buf, size_t length)
{
    const uint8_t begin[VT600_AT_DEVICE] = {buf[0], buf[1], (uint8_t)(length >> 8), (uint8_t)length};
    const uint16_t seed = vt600_frame_checksum(begin, sizeof begin);
    return vt600_crc_add(seed, buf + VT600_AT_DEVICE, length - VT600_LEN_TAIL - VT600_AT_DEVICE);
}

/* Takes cost from the credit, if it has as much. */
static bool pay(size_t *credit, size_t cost)
{
    if (*credit < cost)
        return false;
    *credit -= cost;
    return true;
}

/* Evidence 1 to 3 for an end of the frame at buf, at most at n; the first in the stream counts. What
 * is summed is paid for. Returns the length, or 0. */
static size_t find_end(const uint8_t *buf, size_t n, vt600_end_t *end, size_t *credit)
{
    const size_t next = find_header(buf, VT600_LEN_HEADER, n, is_next_frame);
    uint16_t running = VT600_CRC_SEED; /* the checksum of the bytes before running_at */
    size_t running_at = 0;
    int repairs = 0;
    const uint8_t *hit;

    for (size_t at = VT600_LEN_LEAST - VT600_LEN_TERMINATOR;
         at + VT600_LEN_TERMINATOR <= next && (hit = memchr(buf + at, '\r', next - 1 - at)) != NULL; at++) {
        at = (size_t)(hit - buf);
        const size_t length = at + VT600_LEN_TERMINATOR;
        const size_t checksum_at = length - VT600_LEN_TAIL;
        if (length > VT600_LEN_LARGEST)
            break;
        if (!is_terminator(hit))
            continue;
        if (!pay(credit, length - running_at))
            break;
        const uint16_t checksum = vt600_be16(buf + checksum_at);
        running = vt600_crc_add(running, buf + running_at, checksum_at - running_at);
        running_at = checksum_at;
        if (running == checksum || (repairs++ < LENGTH_REPAIRS_MOST && checksum_with_length(buf, length) == checksum)) {
            *end = VT600_END_BY_CHECKSUM;
            return length;
        }
    }
    if (next == n)
        return 0;
    const bool terminated = next >= VT600_LEN_LEAST && is_terminator(buf + next - VT600_LEN_TERMINATOR);
    *end = terminated ? VT600_END_BY_TERMINATOR : VT600_END_BY_HEADER;
    return next;
}

/* One public server writes the checksum without its leading zero digits. The frame is short, and
 * its last bytes may be shifted by half a byte: 0a bc 0d 0a becomes ab c0 d0, 00 bc 0d 0a becomes
 * bc 0d 0a. Returns the length of a frame whose end is so, in n bytes; 0: it is not. */
static size_t short_checksum_length(const uint8_t *buf, size_t n, size_t length, uint16_t checksum)
{
    const size_t checksum_at = length - VT600_LEN_TAIL;
    uint32_t tail = (uint32_t)checksum << 16 | VT600_TERMINATOR;
    size_t digits = 2 * VT600_LEN_TAIL;

    while (digits > 5 && tail >> 28 == 0) { /* a zero keeps one digit, before the four of CR LF */
        tail <<= 4;
        digits--;
    }
    const size_t bytes = digits / 2;
    if (bytes == VT600_LEN_TAIL || n < checksum_at + bytes)
        return 0;
    for (size_t i = 0; i < bytes; i++)
        if (buf[checksum_at + i] != (uint8_t)(tail >> (24 - 8 * i)))
            return 0;
    return checksum_at + bytes;
}

/* Does the length field contradict what the command says of itself? */
static bool contradicts_itself(const vt600_frame_t *frame, const uint8_t *buf, size_t n)
{
    size_t data_length;
    if (frame->command == NULL)
        return false;
    if (frame->length < VT600_LEN_LEAST + vt600_command_data_least(frame->command, frame->side))
        return true;
    return vt600_command_data_length(frame->command, frame->side, buf + VT600_AT_DATA, n - VT600_AT_DATA,
                                     &data_length) &&
           frame->length != VT600_LEN_LEAST + data_length;
}

static vt600_frame_t need_more(void)
{
    return (vt600_frame_t){.found = VT600_FOUND_PARTIAL};
}

/* Sets what the frame's first n bytes say, as far as they go. */
static void read_header(vt600_frame_t *frame, const uint8_t *buf, size_t n)
{
    frame->side = vt600_be16(buf) == VT600_HEADER_SERVER ? VT600_SERVER : VT600_TRACKER;
    if (n >= VT600_AT_DEVICE)
        frame->length = vt600_be16(buf + VT600_AT_LENGTH);
    if (n >= VT600_AT_DATA) {
        frame->code = vt600_be16(buf + VT600_AT_COMMAND);
        frame->command = vt600_command_find(frame->code);
    }
}

/* The frame has all its parts and takes length bytes; its checksum is known when computed is set. */
static void set_whole(vt600_frame_t *frame, const uint8_t *buf, size_t length, vt600_checksum_t checksum)
{
    frame->extent = frame->bytes = length;
    frame->length_good = frame->length == length;
    frame->data_length = length - VT600_LEN_LEAST;
    frame->checksum = checksum;
    frame->checksum_at = length - VT600_LEN_TAIL;
    frame->terminator_at = length - VT600_LEN_TERMINATOR;
    frame->terminator = is_terminator(buf + frame->terminator_at) ? VT600_TERMINATOR_GOOD : VT600_TERMINATOR_BAD;
}

/* The frame ends somewhere, without the parts that a whole one has: all after the command is data. */
static void set_damaged(vt600_frame_t *frame, size_t extent, vt600_end_t end)
{
    frame->found = VT600_FOUND_DAMAGED;
    frame->extent = frame->bytes = extent;
    frame->end = end;
    frame->data_length = extent > VT600_AT_DATA ? extent - VT600_AT_DATA : 0;
    frame->checksum = VT600_CHECKSUM_ABSENT;
    frame->terminator = VT600_TERMINATOR_ABSENT;
}

/* The frame ends at extent, as evidence of the kind end says. */
static void set_found_end(vt600_frame_t *frame, const uint8_t *buf, size_t extent, vt600_end_t end)
{
    if (end == VT600_END_BY_HEADER || extent < VT600_LEN_LEAST) {
        set_damaged(frame, extent, end);
        if (extent < VT600_AT_DATA) /* two bytes of a header and little more are no frame */
            frame->found = VT600_FOUND_JUNK;
        return;
    }
    set_whole(frame, buf, extent, VT600_CHECKSUM_UNVERIFIED);
    frame->end = end;
    if (end != VT600_END_BY_CHECKSUM) {
        frame->found = VT600_FOUND_DAMAGED;
        return;
    }
    frame->found = VT600_FOUND_FRAME;
    frame->checksum_computed = vt600_frame_checksum(buf, frame->checksum_at);
    frame->checksum =
        frame->checksum_computed == vt600_be16(buf + frame->checksum_at) ? VT600_CHECKSUM_GOOD : VT600_CHECKSUM_BAD;
}

/* The checksum stands where the length field says, and fits. The next frame may begin where CR LF, or
 * its second half, should be. */
static void set_good(vt600_frame_t *frame, const uint8_t *buf, size_t n)
{
    const size_t length = frame->length;

    frame->found = VT600_FOUND_FRAME;
    frame->end = VT600_END_BY_LENGTH;
    set_whole(frame, buf, length, VT600_CHECKSUM_GOOD);
    if (frame->terminator == VT600_TERMINATOR_GOOD)
        return;
    for (size_t at = frame->terminator_at; at < length; at++) {
        if (is_plausible_header(buf + at, n - at)) {
            frame->extent = frame->bytes = at;
            frame->length_good = false;
            if (at == frame->terminator_at)
                frame->terminator = VT600_TERMINATOR_ABSENT;
            break;
        }
    }
}

/* All bytes that the length field announces are there, and their checksum does not fit, or was too dear. found: the
 * end that the bytes tell, or 0. */
static vt600_frame_t weigh_length(vt600_frame_t *frame, const uint8_t *buf, size_t n, bool final, size_t found,
                                  vt600_end_t end)
{
    const size_t length = frame->length;
    const bool terminated = is_terminator(buf + length - VT600_LEN_TERMINATOR);

    if (found != 0 && (found < length || (found > length && !terminated))) {
        set_found_end(frame, buf, found, end);
        return *frame;
    }
    /* Nothing tells another end. Wait for one only where the field is certainly wrong or a byte short. */
    if (found == 0 && !terminated && !final && n < USUAL_LENGTH_MOST &&
        (contradicts_itself(frame, buf, n) || buf[length - 1] == '\r'))
        return need_more();
    frame->found = terminated || found == length ? VT600_FOUND_FRAME : VT600_FOUND_DAMAGED;
    frame->end = VT600_END_BY_LENGTH;
    set_whole(frame, buf, length, frame->checksum);
    return *frame;
}

/* The bytes end before the frame does, or its length field is none. How many would tell more? */
static vt600_frame_t wait_or_give_up(vt600_frame_t *frame, const uint8_t *buf, size_t n, bool final)
{
    const bool usable = frame->length >= VT600_LEN_LEAST && frame->length > n;
    const bool terminated = n >= VT600_LEN_LEAST && is_terminator(buf + n - VT600_LEN_TERMINATOR);

    if (terminated && (contradicts_itself(frame, buf, n) || !usable)) {
        set_found_end(frame, buf, n, VT600_END_BY_TERMINATOR);
        return *frame;
    }
    if (final) {
        set_damaged(frame, n, VT600_END_BY_DATA);
        if (usable) {
            frame->found = VT600_FOUND_CUT;
            frame->length_good = true;
            frame->checksum = VT600_CHECKSUM_UNVERIFIED;
            frame->checksum_at = frame->length - VT600_LEN_TAIL;
            if (n > frame->checksum_at)
                frame->data_length = frame->length - VT600_LEN_LEAST;
        }
        return *frame;
    }
    if (!usable) {
        if (n < USUAL_LENGTH_MOST)
            return need_more();
        set_damaged(frame, n, VT600_END_BY_DATA);
        return *frame;
    }
    return need_more();
}

static size_t count_heartbeats(const uint8_t *buf, size_t n)
{
    size_t count = 0;
    while (count < n && buf[count] == VT600_HEARTBEAT)
        count++;
    return count;
}

vt600_frame_t vt600_frame_scan(const uint8_t *buf, size_t n, bool final, size_t *credit)
{
    if (buf[0] == VT600_HEARTBEAT) {
        const size_t count = count_heartbeats(buf, n);
        if (count <= HEARTBEATS_MOST && (count == n || is_plausible_header(buf + count, n - count)))
            return (vt600_frame_t){.found = VT600_FOUND_HEARTBEAT, .extent = 1};
    }
    if (n < VT600_AT_DATA && !final && is_plausible_header(buf, n))
        return need_more();
    if (n < VT600_AT_DEVICE || !is_header(buf))
        return junk(buf, n, final);

    vt600_frame_t frame = {0};
    read_header(&frame, buf, n);
    frame.checksum = VT600_CHECKSUM_UNVERIFIED;
    const bool plausible = is_plausible_header(buf, n);
    const size_t length = frame.length;
    const bool complete = length >= VT600_LEN_LEAST && n >= length;

    if (length >= VT600_LEN_LEAST && n >= length - VT600_LEN_TERMINATOR) {
        /* Where another frame seems to begin inside, or this one is hardly one, summing has its price. */
        const size_t most = n < length ? n : length;
        const bool suspect = !plausible || find_header(buf, VT600_AT_DATA, most, is_next_frame) < most;
        if (!suspect || pay(credit, length)) {
            frame.checksum_computed = vt600_frame_checksum(buf, length - VT600_LEN_TAIL);
            if (complete && frame.checksum_computed == vt600_be16(buf + length - VT600_LEN_TAIL)) {
                set_good(&frame, buf, n);
                return frame;
            }
            frame.checksum = VT600_CHECKSUM_BAD;
            const size_t short_length = short_checksum_length(buf, n, length, frame.checksum_computed);
            if (short_length != 0) {
                set_damaged(&frame, short_length, VT600_END_BY_SHORT_CHECKSUM);
                frame.data_length = length - VT600_LEN_LEAST;
                return frame;
            }
        }
    }
    if (!plausible && !is_weak_header(buf))
        return junk(buf, n, final);

    vt600_end_t end = VT600_END_BY_LENGTH;
    if (complete) {
        /* The end may lie after the one that the length tells; but looking there has its price as well. */
        const size_t near = MIN(n, length + VT600_AT_DATA);
        const size_t far = MAX(near, MIN(n, (size_t)USUAL_LENGTH_MOST));
        const size_t found = find_end(buf, pay(credit, far - near) ? far : near, &end, credit);
        return weigh_length(&frame, buf, n, final, found, end);
    }
    const size_t found = find_end(buf, n, &end, credit);
    if (found != 0) {
        set_found_end(&frame, buf, found, end);
        return frame;
    }
    return wait_or_give_up(&frame, buf, n, final);
}

/* Can the bytes of the command that are present be those of a known one? */
static bool is_known_command(const uint8_t *buf, size_t n)
{
    if (n >= VT600_AT_DATA)
        return vt600_command_find(vt600_be16(buf + VT600_AT_COMMAND)) != NULL;
    if (n <= VT600_AT_COMMAND)
        return true;
    size_t count;
    const vt600_command_t *commands = vt600_command_table(&count);
    for (size_t i = 0; i < count; i++)
        if (commands[i].code >> 8 == buf[VT600_AT_COMMAND])
            return true;
    return false;
}

/* A known command in a frame that is right in every way, apart from its device ID. */
static bool is_proven_frame(const uint8_t *buf, size_t n)
{
    if (n < VT600_LEN_LEAST || !is_header(buf) || !is_known_command(buf, n))
        return false;
    const size_t length = vt600_be16(buf + VT600_AT_LENGTH);
    return length >= VT600_LEN_LEAST && length <= n && is_terminator(buf + length - VT600_LEN_TERMINATOR) &&
           vt600_frame_checksum(buf, length - VT600_LEN_TAIL) == vt600_be16(buf + length - VT600_LEN_TAIL);
}

/* Can the length and the device ID, as far as they are present, be a frame's? */
static bool is_promising_header(const uint8_t *buf, size_t n)
{
    if (!is_plausible_header(buf, n))
        return false;
    if (n > VT600_AT_LENGTH && buf[VT600_AT_LENGTH] > PLAUSIBLE_LENGTH_MOST >> 8)
        return false;
    if (n >= VT600_AT_DEVICE && !is_plausible_length(vt600_be16(buf + VT600_AT_LENGTH)))
        return false;
    return n <= VT600_AT_DEVICE ||
           vt600_device_id_kind(buf + VT600_AT_DEVICE, MIN(n - VT600_AT_DEVICE, VT600_LEN_DEVICE)) !=
               VT600_DEVICE_ID_BAD;
}

/* A frame that is right in every way is claimed. What keeps other protocols out, in the order in which it is asked:
 *
 *   - "@@" or "$$": nearly all other traffic, by its first byte;
 *   - a length from 17 to 0x1fff: texts that start so, "$$A138,...", whose length would be 0x4131;
 *   - seven bytes of BCD, filler last: binary protocols that start with "$$";
 *   - a checksum that fits: the rest. A frame whose checksum is bad, or that the capture cuts off, must
 *     have an OTA command and be built as that command asks.
 *
 * Waiting takes segments from a dissector that could show them. So more is asked for only where the command is known,
 * too, and where the bytes do not end as a frame does: another vendor's frames start with "@@", a length such as
 * 1f 00 (the low byte first) and digits in ASCII, and end in CR LF.
 *
 * Heartbeats may stand before the first frame. */
vt600_claim_t vt600_frame_claim(const uint8_t *buf, size_t n, bool final)
{
    const size_t skip = count_heartbeats(buf, n < HEARTBEATS_MOST ? n : HEARTBEATS_MOST);
    buf += skip;
    n -= skip;

    if (n == 0)
        return VT600_CLAIM_NO;
    if (is_proven_frame(buf, n))
        return VT600_CLAIM_YES;
    if (!is_promising_header(buf, n))
        return VT600_CLAIM_NO;

    const bool terminated = n >= VT600_LEN_TERMINATOR && is_terminator(buf + n - VT600_LEN_TERMINATOR);
    const vt600_claim_t more = !final && !terminated && is_known_command(buf, n) ? VT600_CLAIM_MORE : VT600_CLAIM_NO;
    if (n < VT600_AT_DATA)
        return more;

    size_t credit = vt600_frame_credit(n);
    const vt600_frame_t frame = vt600_frame_scan(buf, n, final, &credit);
    if (frame.found == VT600_FOUND_PARTIAL)
        return more;
    if (frame.checksum == VT600_CHECKSUM_GOOD || frame.end == VT600_END_BY_SHORT_CHECKSUM)
        return VT600_CLAIM_YES;
    const bool built_well =
        frame.length_good && frame.command != NULL && frame.command->ota && !contradicts_itself(&frame, buf, n);
    return built_well && (frame.found == VT600_FOUND_FRAME || frame.found == VT600_FOUND_CUT) ? VT600_CLAIM_YES
                                                                                              : VT600_CLAIM_NO;
}

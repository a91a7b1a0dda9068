/* test_ota.c
 *
 * The data of the OTA commands: every value of the document's samples, and
 * what is left of them when bytes are missing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "core/ota.h"
#include "scan.h"

/* A frame in memory that ends where it does, and what is read from it. */
typedef struct {
    uint8_t *buf;
    vt600_frame_t frame;
    vt600_ota_t ota;
} read_t;

static read_t read_bytes(const bytes_t *bytes)
{
    read_t read = {.buf = g_memdup2(bytes->data, bytes->len)};
    size_t credit = vt600_frame_credit(bytes->len);
    read.frame = vt600_frame_scan(read.buf, bytes->len, true, &credit);
    read.ota = vt600_ota_read(&read.frame, read.buf);
    return read;
}

static void read_clear(read_t *read)
{
    g_free(read->buf);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(read_t, read_clear)

static read_t read_sample(size_t i)
{
    autobytes bytes = from_hex(samples[i]);
    read_t read = read_bytes(bytes);
    g_assert_cmpuint(read.frame.extent, ==, bytes->len);
    return read;
}

static read_t read_frame(char side, unsigned code, const char *data_hex)
{
    autobytes bytes = make_frame(side, code, data_hex);
    return read_bytes(bytes);
}

static void login_of_section_1_is_no_ota(void)
{
    g_auto(read_t) read = read_sample(0);
    g_assert_cmpint(read.ota.shape, ==, VT600_DATA_BYTES);
    g_assert_false(read.ota.complete);
}

static void requests_without_data_need_none(void)
{
    static const size_t places[] = {1, 3, 9, 12, 14, 16, 26};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_auto(read_t) read = read_sample(places[i]);
        g_assert_cmpint(read.ota.shape, ==, VT600_DATA_NONE);
        g_assert_true(read.ota.complete);
        g_assert_cmpuint(read.ota.needed, ==, 0);
    }
}

static void tracker_info_has_device_code_longest_block_and_text(void)
{
    static const size_t places[] = {2, 15};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_auto(read_t) read = read_sample(places[i]);
        g_assert_cmpint(read.ota.shape, ==, VT600_DATA_TRACKER_INFO);
        g_assert_true(read.ota.complete);
        g_assert_cmphex(read.ota.device_code, ==, 0x0010);
        g_assert_cmpuint(read.ota.max_length, ==, 128);
        g_assert_true(read.ota.text == read.buf + 17);
        g_assert_cmpmem(read.ota.text, read.ota.text_length, "V1.38", 5);
    }
}

static void tracker_info_may_have_no_text(void)
{
    g_auto(read_t) read = read_frame('$', 0x9500, "0011 0200");
    g_assert_true(read.ota.complete);
    g_assert_cmphex(read.ota.device_code, ==, 0x0011);
    g_assert_cmpuint(read.ota.max_length, ==, 512);
    g_assert_cmpuint(read.ota.text_length, ==, 0);
}

static void flags_have_the_shape_of_their_command(void)
{
    static const struct {
        size_t place;
        vt600_data_shape_t shape;
        unsigned flag;
    } flags[] = {
        {4, VT600_DATA_AUTHORIZED, 1}, {17, VT600_DATA_AUTHORIZED, 1}, {10, VT600_DATA_UPGRADE, 1},
        {11, VT600_DATA_UPGRADE, 2},   {27, VT600_DATA_UPGRADE, 1},    {28, VT600_DATA_UPGRADE, 2},
        {13, VT600_DATA_CANCELLED, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_auto(read_t) read = read_sample(flags[i].place);
        g_assert_cmpint(read.ota.shape, ==, flags[i].shape);
        g_assert_true(read.ota.complete);
        g_assert_cmpuint(read.ota.flag, ==, flags[i].flag);
        g_assert_false(read.ota.has_offset);
    }
}

static void every_flag_is_read_as_it_stands(void)
{
    static const unsigned codes[] = {0x9501, 0x9504, 0x9505};
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        for (unsigned flag = 0; flag <= 0xff; flag++) {
            char hex[3];
            g_snprintf(hex, sizeof hex, "%02x", flag);
            g_auto(read_t) read = read_frame('$', codes[i], hex);
            g_assert_cmpuint(read.ota.flag, ==, flag);
        }
    }
}

static void block_has_offset_length_and_its_bytes(void)
{
    static const struct {
        size_t place;
        uint32_t offset;
        uint8_t first, last;
    } blocks[] = {{18, 0, 0x1c, 0x7e}, {20, 0x80, 0x5e, 0x9c}, {22, 0xe080, 0x39, 0x62}};

    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        g_auto(read_t) read = read_sample(blocks[i].place);
        g_assert_cmpint(read.ota.shape, ==, VT600_DATA_BLOCK);
        g_assert_true(read.ota.complete);
        g_assert_cmpuint(read.ota.needed, ==, 134);
        g_assert_true(read.ota.has_offset);
        g_assert_cmphex(read.ota.offset, ==, blocks[i].offset);
        g_assert_cmpuint(read.ota.block_length, ==, 128);
        g_assert_cmpuint(read.ota.block_present, ==, 128);
        g_assert_true(read.ota.block == read.buf + 19);
        g_assert_cmphex(read.ota.block[0], ==, blocks[i].first);
        g_assert_cmphex(read.ota.block[127], ==, blocks[i].last);
    }
}

/* One 00 of the block length is missing: what stands there is read as the length, and contradicts the frame. */
static void block_of_the_sample_that_lacks_a_byte_is_incomplete(void)
{
    g_auto(read_t) read = read_sample(SAMPLE_BYTE_MISSING);
    g_assert_cmpint(read.ota.shape, ==, VT600_DATA_BLOCK);
    g_assert_false(read.ota.complete);
    g_assert_true(read.ota.has_offset);
    g_assert_cmphex(read.ota.offset, ==, 0);
    g_assert_cmpuint(read.ota.block_length, ==, 0x801c);
    g_assert_cmpuint(read.ota.block_present, ==, 150 - 17 - 6);
}

static void stored_has_offset_and_flag(void)
{
    static const struct {
        size_t place;
        uint32_t offset;
    } stored[] = {{6, 0}, {19, 0}, {21, 0x80}, {23, 0xe080}};

    for (size_t i = 0; i < G_N_ELEMENTS(stored); i++) {
        g_auto(read_t) read = read_sample(stored[i].place);
        g_assert_cmpint(read.ota.shape, ==, VT600_DATA_STORED);
        g_assert_true(read.ota.complete);
        g_assert_cmpuint(read.ota.needed, ==, 5);
        g_assert_true(read.ota.has_offset);
        g_assert_cmphex(read.ota.offset, ==, stored[i].offset);
        g_assert_cmpuint(read.ota.flag, ==, 1);
    }
}

static void offset_has_four_bytes(void)
{
    g_auto(read_t) stored = read_frame('$', 0x9502, "89abcdef ff");
    g_assert_cmphex(stored.ota.offset, ==, 0x89abcdef);
    g_assert_cmphex(stored.ota.flag, ==, 0xff);
    g_auto(read_t) block = read_frame('@', 0x9502, "fedcba98 0001 55");
    g_assert_cmphex(block.ota.offset, ==, 0xfedcba98);
}

static void check_has_the_images_length_and_checksum(void)
{
    static const size_t places[] = {7, 24};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_auto(read_t) length = read_sample(places[i]);
        g_assert_cmpint(length.ota.shape, ==, VT600_DATA_IMAGE_LENGTH);
        g_assert_true(length.ota.complete);
        g_assert_cmpuint(length.ota.image_length, ==, 57600);
        g_auto(read_t) checksum = read_sample(places[i] + 1);
        g_assert_cmpint(checksum.ota.shape, ==, VT600_DATA_IMAGE_CHECKSUM);
        g_assert_true(checksum.ota.complete);
        g_assert_cmphex(checksum.ota.image_checksum, ==, 0xb979);
    }
}

/* A sound frame with fewer bytes of data than its command needs. */
static void every_shape_is_incomplete_until_its_last_byte(void)
{
    static const struct {
        char side;
        unsigned code;
        const char *data;
        size_t needed;
    } cases[] = {
        {'$', 0x9500, "00100080 56312e3338", 4},
        {'$', 0x9501, "01", 1},
        {'@', 0x9502, "00000080 0004 01020304", 10},
        {'$', 0x9502, "00000080 01", 5},
        {'@', 0x9503, "e100", 2},
        {'$', 0x9503, "b979", 2},
        {'$', 0x9504, "02", 1},
        {'$', 0x9505, "01", 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        autobytes all = from_hex(cases[i].data);
        for (guint present = 0; present <= all->len; present++) {
            autobytes data = without(all, present, all->len - present);
            autobytes bytes = make_frame_of(cases[i].side, DEVICE, cases[i].code, data);
            g_auto(read_t) read = read_bytes(bytes);
            g_assert_true(is_sound(&read.frame));
            g_assert_cmpint(read.ota.complete, ==, present >= cases[i].needed);
            g_assert_cmpint(read.ota.has_offset, ==, cases[i].code == 0x9502 && present >= 4);
            if (read.ota.has_offset)
                g_assert_cmphex(read.ota.offset, ==, 0x80);
            if (present == all->len)
                g_assert_cmpuint(read.ota.needed, ==, cases[i].needed);
        }
    }
}

static void block_shorter_than_its_length_says_has_what_is_there(void)
{
    g_auto(read_t) read = read_frame('@', 0x9502, "00000080 0080 010203");
    g_assert_false(read.ota.complete);
    g_assert_cmpuint(read.ota.block_length, ==, 128);
    g_assert_cmpuint(read.ota.block_present, ==, 3);
    g_assert_cmpuint(read.ota.needed, ==, 134);
}

static void block_longer_than_its_length_says_has_what_it_says(void)
{
    g_auto(read_t) read = read_frame('@', 0x9502, "00000080 0002 010203");
    g_assert_true(read.ota.complete);
    g_assert_cmpuint(read.ota.block_length, ==, 2);
    g_assert_cmpuint(read.ota.block_present, ==, 2);
}

static void block_may_be_empty(void)
{
    g_auto(read_t) read = read_frame('@', 0x9502, "00000080 0000");
    g_assert_true(read.ota.complete);
    g_assert_cmpuint(read.ota.block_present, ==, 0);
}

static void cut_block_has_what_the_capture_has(void)
{
    autobytes whole = from_hex(samples[SAMPLE_BLOCK]);
    for (guint n = 4; n < whole->len; n++) {
        autobytes begin = without(whole, n, whole->len - n);
        g_auto(read_t) read = read_bytes(begin);
        g_assert_cmpint(read.frame.found, ==, VT600_FOUND_CUT);
        const size_t present = n < 13 ? 0 : MIN(n, 147) - 13;
        if (n < 13) {
            g_assert_cmpint(read.ota.shape, ==, VT600_DATA_BYTES);
            continue;
        }
        g_assert_cmpint(read.ota.shape, ==, VT600_DATA_BLOCK);
        g_assert_cmpint(read.ota.has_offset, ==, present >= 4);
        g_assert_cmpint(read.ota.complete, ==, present == 134);
        g_assert_cmpuint(read.ota.block_present, ==, present < 6 ? 0 : present - 6);
        g_assert_cmpint(read.ota.block != NULL, ==, present >= 6);
    }
}

static void damaged_frame_has_what_stands_after_its_command(void)
{
    autobytes whole = from_hex(samples[SAMPLE_BLOCK]), next = from_hex(samples[1]);
    autobytes bytes = without(whole, 100, 51);
    add(bytes, next);
    g_auto(read_t) read = read_bytes(bytes);
    g_assert_cmpint(read.frame.found, ==, VT600_FOUND_DAMAGED);
    g_assert_false(read.ota.complete);
    g_assert_cmpuint(read.ota.block_present, ==, 100 - 19);
}

static void wrong_direction_reads_what_that_side_would_say(void)
{
    g_auto(read_t) read = read_frame('@', 0x9501, "01"); /* a server has no flag to give */
    g_assert_cmpint(read.ota.shape, ==, VT600_DATA_NONE);
    g_assert_true(read.ota.complete);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(ota, login_of_section_1_is_no_ota);
    ADD(ota, requests_without_data_need_none);
    ADD(ota, tracker_info_has_device_code_longest_block_and_text);
    ADD(ota, tracker_info_may_have_no_text);
    ADD(ota, flags_have_the_shape_of_their_command);
    ADD(ota, every_flag_is_read_as_it_stands);
    ADD(ota, block_has_offset_length_and_its_bytes);
    ADD(ota, block_of_the_sample_that_lacks_a_byte_is_incomplete);
    ADD(ota, stored_has_offset_and_flag);
    ADD(ota, offset_has_four_bytes);
    ADD(ota, check_has_the_images_length_and_checksum);
    ADD(ota, every_shape_is_incomplete_until_its_last_byte);
    ADD(ota, block_shorter_than_its_length_says_has_what_is_there);
    ADD(ota, block_longer_than_its_length_says_has_what_it_says);
    ADD(ota, block_may_be_empty);
    ADD(ota, cut_block_has_what_the_capture_has);
    ADD(ota, damaged_frame_has_what_stands_after_its_command);
    ADD(ota, wrong_direction_reads_what_that_side_would_say);
    return g_test_run();
}

/* test_device_id.c
 *
 * The seven bytes that name a tracker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "core/device_id.h"
#include "frames.h"

static vt600_device_id_kind_t kind_of(const char *hex)
{
    autobytes id = from_hex(hex);
    g_autofree uint8_t *exact = g_memdup2(id->data, id->len);
    return vt600_device_id_kind(exact, id->len);
}

static void has_text(const char *hex, const char *expected, vt600_device_id_kind_t kind)
{
    autobytes id = from_hex(hex);
    g_autofree uint8_t *exact = g_memdup2(id->data, id->len);
    char text[VT600_DEVICE_ID_TEXT_LEN];
    memset(text, 'x', sizeof text);
    g_assert_cmpint(vt600_device_id_text(exact, text), ==, kind);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpint(vt600_device_id_kind(exact, id->len), ==, kind);
}

static void digits_stand_without_their_filler(void)
{
    has_text("101130923633ff", "101130923633", VT600_DEVICE_ID_DIGITS);
    has_text("12345678901fff", "12345678901", VT600_DEVICE_ID_DIGITS);
    has_text("00000000000000", "00000000000000", VT600_DEVICE_ID_DIGITS);
}

static void every_count_of_digits_from_1_to_14_is_an_id(void)
{
    for (size_t count = 1; count <= 14; count++) {
        char hex[] = "ffffffffffffff";
        memcpy(hex, "98765432109876", count);
        g_autofree char *digits = g_strndup(hex, count);
        has_text(hex, digits, VT600_DEVICE_ID_DIGITS);
    }
}

static void all_filler_is_the_broadcast(void)
{
    has_text("ffffffffffffff", "broadcast", VT600_DEVICE_ID_BROADCAST);
}

static void letter_anywhere_is_shown_as_raw_hex(void)
{
    for (size_t at = 0; at < 14; at++) {
        for (char letter = 'a'; letter <= 'e'; letter++) {
            char hex[] = "10113092363377";
            hex[at] = letter;
            has_text(hex, hex, VT600_DEVICE_ID_BAD);
        }
    }
}

static void digit_after_the_filler_is_shown_as_raw_hex(void)
{
    for (size_t at = 0; at < 13; at++) {
        char hex[] = "10113092363377";
        hex[at] = 'f';
        has_text(hex, hex, VT600_DEVICE_ID_BAD);
    }
    has_text("fffffffffffff0", "fffffffffffff0", VT600_DEVICE_ID_BAD);
    has_text("101130923633f1", "101130923633f1", VT600_DEVICE_ID_BAD);
}

static void first_bytes_are_what_the_id_can_still_become(void)
{
    g_assert_cmpint(vt600_device_id_kind((const uint8_t *)"", 0), ==, VT600_DEVICE_ID_DIGITS);
    g_assert_cmpint(kind_of("10"), ==, VT600_DEVICE_ID_DIGITS);
    g_assert_cmpint(kind_of("1f"), ==, VT600_DEVICE_ID_DIGITS);
    g_assert_cmpint(kind_of("1fff"), ==, VT600_DEVICE_ID_DIGITS);
    g_assert_cmpint(kind_of("ff"), ==, VT600_DEVICE_ID_BROADCAST);
    g_assert_cmpint(kind_of("f1"), ==, VT600_DEVICE_ID_BAD);
    g_assert_cmpint(kind_of("1f1f"), ==, VT600_DEVICE_ID_BAD);
    g_assert_cmpint(kind_of("1a"), ==, VT600_DEVICE_ID_BAD);
}

/* What is an ID with all its bytes is one, or may still become one, with fewer. */
static void every_two_first_bytes_agree_with_the_whole_id(void)
{
    for (unsigned value = 0; value <= 0xffff; value++) {
        uint8_t id[7];
        memset(id, 0xff, sizeof id);
        id[0] = (uint8_t)(value >> 8);
        id[1] = (uint8_t)value;
        char hex[5];
        g_snprintf(hex, sizeof hex, "%04x", value);
        const size_t digits = strspn(hex, "0123456789");
        const bool bad = strspn(hex + digits, "f") != 4 - digits;
        const vt600_device_id_kind_t expected = bad           ? VT600_DEVICE_ID_BAD
                                                : digits == 0 ? VT600_DEVICE_ID_BROADCAST
                                                              : VT600_DEVICE_ID_DIGITS;
        g_assert_cmpint(vt600_device_id_kind(id, 2), ==, expected);
        g_assert_cmpint(vt600_device_id_kind(id, 7), ==, expected);
    }
}

static void key_is_the_seven_bytes(void)
{
    autobytes id = from_hex("101130923633ff"), broadcast = from_hex("ffffffffffffff"),
              last = from_hex("00000000000001");
    g_assert_true(vt600_device_id_key(id->data) == UINT64_C(0x101130923633ff));
    g_assert_true(vt600_device_id_key(broadcast->data) == VT600_DEVICE_ID_KEY_BROADCAST);
    g_assert_true(vt600_device_id_key(last->data) == 1);
}

static void assert_imei(const char *text, const char *expected)
{
    char imei[VT600_IMEI_TEXT_LEN];
    if (expected == NULL)
        g_assert_false(vt600_device_id_imei(text, imei));
    else {
        g_assert_true(vt600_device_id_imei(text, imei));
        g_assert_cmpstr(imei, ==, expected);
    }
}

/* The check digits were computed by hand; 490154203237518 is an IMEI that many descriptions use. */
static void fourteen_digits_are_an_imei_without_its_check_digit(void)
{
    assert_imei("49015420323751", "490154203237518");
    assert_imei("35958501520545", "359585015205450");
    assert_imei("00000000000000", "000000000000000");
    assert_imei("00000000000001", "000000000000018");
    assert_imei("10000000000000", "100000000000009");
}

static void other_ids_are_not_an_imei(void)
{
    assert_imei("", NULL);
    assert_imei("broadcast", NULL);
    assert_imei("4901542032375", NULL);
    assert_imei("490154203237518", NULL);
    assert_imei("4901542032375a", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(device_id, digits_stand_without_their_filler);
    ADD(device_id, every_count_of_digits_from_1_to_14_is_an_id);
    ADD(device_id, all_filler_is_the_broadcast);
    ADD(device_id, letter_anywhere_is_shown_as_raw_hex);
    ADD(device_id, digit_after_the_filler_is_shown_as_raw_hex);
    ADD(device_id, first_bytes_are_what_the_id_can_still_become);
    ADD(device_id, every_two_first_bytes_agree_with_the_whole_id);
    ADD(device_id, key_is_the_seven_bytes);
    ADD(device_id, fourteen_digits_are_an_imei_without_its_check_digit);
    ADD(device_id, other_ids_are_not_an_imei);
    return g_test_run();
}

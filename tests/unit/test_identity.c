/* test_identity.c
 *
 * How the text of a tracker falls into firmware version, S/N and IMEI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "core/identity.h"

#define ADD(noun, name) g_test_add_func("/" #noun "/" #name, name)

static const char *const device = "101130923633";

static void is_part(const char *text, vt600_span_t part, const char *expected)
{
    g_assert_cmpuint(part.at + part.length, <=, strlen(text));
    g_assert_cmpmem(text + part.at, part.length, expected, strlen(expected));
}

/* A copy in memory that ends where it does. */
static uint8_t *copy_of(const char *text, size_t n)
{
    return memcpy(g_malloc(MAX(n, 1)), text, n);
}

/* An empty expectation: the part is not there. */
static void falls_into(const char *text, const char *version, const char *serial, const char *imei)
{
    const size_t n = strlen(text);
    g_autofree uint8_t *exact = copy_of(text, n);
    const vt600_identity_t identity = vt600_identity_read(exact, n, device);
    is_part(text, identity.version, version);
    is_part(text, identity.serial, serial);
    is_part(text, identity.imei, imei);
}

static void version_stands_alone(void)
{
    falls_into("V1.38", "V1.38", "", "");
    falls_into("V12.345", "V12.345", "", "");
    falls_into("V1.38B", "V1.38B", "", "");
}

static void nothing_has_no_parts(void)
{
    falls_into("", "", "", "");
}

static void commas_separate_in_any_order(void)
{
    falls_into("V1.38,101130923633,353358017784062", "V1.38", "101130923633", "353358017784062");
    falls_into("101130923633,353358017784062,V1.38", "V1.38", "101130923633", "353358017784062");
    falls_into("353358017784062,SN-7,V1.38", "V1.38", "SN-7", "353358017784062");
}

static void commas_may_have_nothing_between_them(void)
{
    falls_into(",,", "", "", "");
    falls_into("V1.38,,353358017784062", "V1.38", "", "353358017784062");
    falls_into("V1.38,", "V1.38", "", "");
    falls_into(",V1.38", "V1.38", "", "");
}

static void only_15_digits_between_commas_are_an_imei(void)
{
    falls_into("V1.38,35335801778406", "V1.38", "35335801778406", "");
    falls_into("V1.38,3533580177840621", "V1.38", "3533580177840621", "");
    falls_into("V1.38,35335801778406a", "V1.38", "35335801778406a", "");
}

static void imei_is_the_last_15_digits(void)
{
    falls_into("V1.38SN7-353358017784062", "V1.38SN", "7-", "353358017784062");
    falls_into("V1.38B353358017784062", "V1.38B", "", "353358017784062");
}

static void device_id_after_the_version_is_the_serial_number(void)
{
    falls_into("V1.38101130923633", "V1.38", "101130923633", "");
    falls_into("V1.38101130923633353358017784062", "V1.38", "101130923633", "353358017784062");
    falls_into("V1.38B101130923633353358017784062", "V1.38B", "101130923633", "353358017784062");
}

static void serial_number_of_other_digits_cannot_be_told_from_the_version(void)
{
    falls_into("V1.38998877", "V1.38998877", "", "");
}

static void text_without_a_version_is_shown_whole(void)
{
    falls_into("VT600", "VT600", "", "");
    falls_into("1.38", "1.38", "", "");
    falls_into("V1", "V1", "", "");
    falls_into("V1.", "V1.", "", "");
    falls_into("V.38", "V.38", "", "");
    falls_into("353358017784062", "353358017784062", "", "");
}

/* Any text in memory that ends where it does: the parts lie in it and do not overlap. */
static void every_cut_of_a_text_gives_parts_inside_it(void)
{
    static const char *const texts[] = {"V1.38101130923633353358017784062", "101130923633,353358017784062,V1.38",
                                        "V1.38B-77,353358017784062,,x"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            g_autofree uint8_t *exact = copy_of(texts[i], n);
            const vt600_identity_t identity = vt600_identity_read(exact, n, device);
            const vt600_span_t parts[] = {identity.version, identity.serial, identity.imei};
            for (size_t a = 0; a < 3; a++) {
                g_assert_cmpuint(parts[a].at + parts[a].length, <=, n);
                for (size_t b = 0; b < 3; b++)
                    if (a != b && parts[a].length > 0 && parts[b].length > 0)
                        g_assert_true(parts[a].at + parts[a].length <= parts[b].at ||
                                      parts[b].at + parts[b].length <= parts[a].at);
            }
        }
    }
}

static bool is_old(const char *version)
{
    g_autofree uint8_t *exact = copy_of(version, strlen(version));
    return vt600_identity_is_old(exact, strlen(version));
}

static void versions_below_1_38_are_old(void)
{
    g_assert_true(is_old("V1.37"));
    g_assert_true(is_old("V1.36B"));
    g_assert_true(is_old("V1.5"));
    g_assert_true(is_old("V0.99"));
    g_assert_true(is_old("V01.37"));
}

static void versions_from_1_38_on_are_not_old(void)
{
    g_assert_false(is_old("V1.38"));
    g_assert_false(is_old("V1.100"));
    g_assert_false(is_old("V2.0"));
    g_assert_false(is_old("V10.1"));
}

static void what_has_no_number_is_not_old(void)
{
    g_assert_false(is_old(""));
    g_assert_false(is_old("V"));
    g_assert_false(is_old("V1"));
    g_assert_false(is_old("V1."));
    g_assert_false(is_old("1.37"));
    g_assert_false(is_old("V1.37998877")); /* an S/N that cannot be told from it */
    g_assert_false(is_old("V00001.37"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(identity, version_stands_alone);
    ADD(identity, nothing_has_no_parts);
    ADD(identity, commas_separate_in_any_order);
    ADD(identity, commas_may_have_nothing_between_them);
    ADD(identity, only_15_digits_between_commas_are_an_imei);
    ADD(identity, imei_is_the_last_15_digits);
    ADD(identity, device_id_after_the_version_is_the_serial_number);
    ADD(identity, serial_number_of_other_digits_cannot_be_told_from_the_version);
    ADD(identity, text_without_a_version_is_shown_whole);
    ADD(identity, every_cut_of_a_text_gives_parts_inside_it);
    ADD(identity, versions_below_1_38_are_old);
    ADD(identity, versions_from_1_38_on_are_not_old);
    ADD(identity, what_has_no_number_is_not_old);
    return g_test_run();
}

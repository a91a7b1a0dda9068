/* text.c
 *
 * Text from the wire; see text.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "text.h"

#include <glib.h>
#include <string.h>

/* A number's digits. More digits than these are not a measurement; in a fraction they are left out. */
#define DIGITS_MOST 15
#define SCALE_MOST  12

bool vt600_text_next_part(const uint8_t *text, size_t n, size_t *next, size_t *at, size_t *length)
{
    if (n == 0 || *next > n)
        return false;
    const uint8_t *comma = *next < n ? memchr(text + *next, ',', n - *next) : NULL;
    const size_t end = comma != NULL ? (size_t)(comma - text) : n;
    *at = *next;
    *length = end - *next;
    *next = end + 1;
    return true;
}

bool vt600_text_is_printable(const uint8_t *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isprint(text[i]))
            return false;
    return n > 0;
}

size_t vt600_text_without_padding(const uint8_t *text, size_t n)
{
    while (n > 0 && text[n - 1] == '\0')
        n--;
    return n;
}

uint64_t vt600_power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

bool vt600_decimal_read(const uint8_t *text, size_t n, vt600_decimal_t *decimal)
{
    unsigned significant = 0;
    size_t digits = 0;
    bool fraction = false;

    *decimal = (vt600_decimal_t){0};
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' && !fraction) {
            fraction = true;
            decimal->integer_digits = digits;
            continue;
        }
        if (!g_ascii_isdigit(text[i]))
            return false;
        digits++;
        if (fraction && (decimal->scale == SCALE_MOST || significant == DIGITS_MOST))
            continue;
        if (significant == DIGITS_MOST)
            return false;
        decimal->mantissa = decimal->mantissa * 10 + (text[i] - '0');
        decimal->scale += fraction;
        significant += decimal->mantissa != 0;
    }
    if (!fraction)
        decimal->integer_digits = digits;
    return digits > 0;
}

double vt600_decimal_value(const vt600_decimal_t *decimal)
{
    return (double)decimal->mantissa / (double)vt600_power_of_ten(decimal->scale);
}

bool vt600_text_number(const uint8_t *text, size_t n, double *value)
{
    const bool negative = n > 0 && text[0] == '-';
    vt600_decimal_t decimal;
    if (!vt600_decimal_read(text + negative, n - negative, &decimal))
        return false;
    *value = vt600_decimal_value(&decimal);
    if (negative)
        *value = 0 - *value; /* zero stays without a sign */
    return true;
}

bool vt600_text_count(const uint8_t *text, size_t n, uint32_t most, uint32_t *value)
{
    vt600_decimal_t decimal;
    if (!vt600_decimal_read(text, n, &decimal) || decimal.integer_digits != n || decimal.mantissa > most)
        return false;
    *value = (uint32_t)decimal.mantissa;
    return true;
}

bool vt600_text_hex(const uint8_t *text, size_t n, size_t most, uint32_t *value)
{
    *value = 0;
    if (n == 0 || n > most)
        return false;
    for (size_t i = 0; i < n; i++) {
        const int digit = g_ascii_xdigit_value((char)text[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

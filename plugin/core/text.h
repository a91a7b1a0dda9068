/* text.h
 *
 * Text from the wire: numbers in it, and its parts between commas. Text is any
 * bytes; nothing here expects that it ends with NUL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TEXT_H
#define VT600_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of a text between commas, one a call. next is 0 at first, and the function's own from then on. Offsets are
 * the text's. An empty text has no part. */
bool vt600_text_next_part(const uint8_t *text, size_t n, size_t *next, size_t *at, size_t *length);

/* Is all of it ASCII that can be printed, and is it not empty? */
bool vt600_text_is_printable(const uint8_t *text, size_t n);

/* Length without the NUL bytes that pad it at its end. */
size_t vt600_text_without_padding(const uint8_t *text, size_t n);

/* A decimal number without a sign: mantissa / 10^scale. */
typedef struct {
    uint64_t mantissa;
    unsigned scale;
    size_t integer_digits; /* leading zeros included */
} vt600_decimal_t;

/* Reads digits, and perhaps a point and digits. False: it is anything else, or has too many digits to be a measurement;
 * too many decimals are left out. */
bool vt600_decimal_read(const uint8_t *text, size_t n, vt600_decimal_t *decimal);

double vt600_decimal_value(const vt600_decimal_t *decimal);

uint64_t vt600_power_of_ten(unsigned exponent);

/* Reads a decimal number, perhaps with a minus sign before it. */
bool vt600_text_number(const uint8_t *text, size_t n, double *value);

/* Reads digits alone, up to most. */
bool vt600_text_count(const uint8_t *text, size_t n, uint32_t most, uint32_t *value);

/* Reads 1 to most hexadecimal digits; most is at most 8. */
bool vt600_text_hex(const uint8_t *text, size_t n, size_t most, uint32_t *value);

#endif

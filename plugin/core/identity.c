/* identity.c
 *
 * The text in which a tracker names itself; see identity.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "identity.h"

#include <glib.h>
#include <string.h>

#include "text.h"
#include "wire.h"

#define IMEI_DIGITS 15

/* A version's number after the point has few digits; more are an S/N that cannot be told from it. */
#define VERSION_DIGITS_MOST 4

static size_t count_digits(const uint8_t *text, size_t n)
{
    size_t count = 0;
    while (count < n && g_ascii_isdigit(text[count]))
        count++;
    return count;
}

static size_t count_digits_at_end(const uint8_t *text, size_t n)
{
    size_t count = 0;
    while (count < n && g_ascii_isdigit(text[n - count - 1]))
        count++;
    return count;
}

/* Length of "V", digits, ".", digits at the start of the text; 0: it has no version. minor_at: where
 * the digits after the point begin. */
static size_t version_length(const uint8_t *text, size_t n, size_t *minor_at)
{
    if (n == 0 || text[0] != 'V')
        return 0;
    const size_t major = count_digits(text + 1, n - 1);
    const size_t point = 1 + major;
    if (major == 0 || point >= n || text[point] != '.')
        return 0;
    *minor_at = point + 1;
    const size_t minor = count_digits(text + *minor_at, n - *minor_at);
    return minor == 0 ? 0 : *minor_at + minor;
}

static void take_part(vt600_identity_t *identity, const uint8_t *text, vt600_span_t part)
{
    size_t minor_at;
    if (part.length == 0)
        return;
    if (identity->version.length == 0 && version_length(text + part.at, part.length, &minor_at) != 0)
        identity->version = part;
    else if (identity->imei.length == 0 && part.length == IMEI_DIGITS &&
             count_digits(text + part.at, part.length) == IMEI_DIGITS)
        identity->imei = part;
    else if (identity->serial.length == 0)
        identity->serial = part;
}

static vt600_identity_t split_at_commas(const uint8_t *text, size_t n)
{
    vt600_identity_t identity = {0};
    size_t next = 0;
    vt600_span_t part;
    while (vt600_text_next_part(text, n, &next, &part.at, &part.length))
        take_part(&identity, text, part);
    return identity;
}

vt600_identity_t vt600_identity_read(const uint8_t *text, size_t n, const char *device)
{
    if (memchr(text, ',', n) != NULL)
        return split_at_commas(text, n);

    vt600_identity_t identity = {0};
    size_t minor_at;
    size_t version = version_length(text, n, &minor_at);
    if (version == 0) {
        identity.version = (vt600_span_t){0, n};
        return identity;
    }

    const size_t device_length = strlen(device);
    size_t end = n; /* of what is not yet told */
    const bool ends_with_device =
        end > minor_at + device_length && memcmp(text + end - device_length, device, device_length) == 0;
    if (!ends_with_device && count_digits_at_end(text + minor_at + 1, end - minor_at - 1) >= IMEI_DIGITS) {
        identity.imei = (vt600_span_t){end - IMEI_DIGITS, IMEI_DIGITS};
        end -= IMEI_DIGITS;
    }

    if (device_length > 0 && end > minor_at + device_length &&
        memcmp(text + end - device_length, device, device_length) == 0) {
        identity.serial = (vt600_span_t){end - device_length, device_length};
        end -= device_length;
    } else if (version < end) {
        /* A suffix of letters belongs to the version; what is after it is the S/N. */
        while (version < end && g_ascii_isalpha(text[version]))
            version++;
        if (version < end)
            identity.serial = (vt600_span_t){version, end - version};
        end = version;
    }
    identity.version = (vt600_span_t){0, end};
    return identity;
}

bool vt600_identity_is_old(const uint8_t *version, size_t n)
{
    size_t minor_at = 2;
    const size_t length = version_length(version, n, &minor_at);
    const size_t major_digits = minor_at - 2;
    if (length == 0 || length - minor_at > VERSION_DIGITS_MOST || major_digits > VERSION_DIGITS_MOST)
        return false;

    unsigned major = 0, minor = 0;
    for (size_t i = 1; i <= major_digits; i++)
        major = major * 10 + (version[i] - '0');
    for (size_t i = minor_at; i < length; i++)
        minor = minor * 10 + (version[i] - '0');
    return major < VT600_OTA_FIRMWARE_MAJOR || (major == VT600_OTA_FIRMWARE_MAJOR && minor < VT600_OTA_FIRMWARE_MINOR);
}

/* info.h
 *
 * One line of text for a frame: the device, the command, what matters of its
 * data. The Info column has it, and the frame's line in the details.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_INFO_H
#define VT600_INFO_H

#include "wireshark_compat.h"

#include <wsutil/wmem/wmem.h>

#include "shown.h"

/* The text of a frame, with a word for each of its remarks. Valid as long as the packet. */
const char *vt600_info(const vt600_shown_t *shown);

/* "57600 of 57600 bytes, 100.0%", or without a known length "57600 bytes". */
const char *vt600_info_progress(wmem_allocator_t *scope, const vt600_verdict_t *verdict);

/* The firmware version in the text of a tracker info, escaped for display. Empty: there is none. */
const char *vt600_info_version(wmem_allocator_t *scope, const vt600_ota_t *ota, const char *device);

#endif

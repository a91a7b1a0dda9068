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

#include "conversation.h"
#include "core/frame.h"
#include "core/ota.h"

/* The text of a frame that begins at buf. device: the text of its ID. record: NULL where there is none. */
const char *vt600_info(wmem_allocator_t *scope, const vt600_frame_t *frame, const vt600_ota_t *ota, const uint8_t *buf,
                       const char *device, const vt600_record_t *record, bool retransmission);

/* "57600 of 57600 bytes, 100.0%", or without a known length "57600 bytes". */
const char *vt600_info_progress(wmem_allocator_t *scope, const vt600_verdict_t *verdict);

/* The firmware version in the text of a tracker info, made fit to be shown. Empty: there is none. */
const char *vt600_info_version(wmem_allocator_t *scope, const vt600_ota_t *ota, const char *device);

#endif

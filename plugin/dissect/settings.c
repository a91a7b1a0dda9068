/* settings.c
 *
 * The protocol's id and its preferences; see settings.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "settings.h"

#include <epan/proto.h>

int vt600_proto = -1;

vt600_preferences_t vt600_preferences = {
    .check_checksum = true,
    .desegment = true,
    .session_timeout = 20,
    .patience = 30,
    .reference = "",
};

void vt600_protocol_register(void)
{
    vt600_proto = proto_register_protocol("VT600 GPRS OTA Protocol", "VT600", VT600_FILTER_NAME);
}

module_t *vt600_preferences_register(void)
{
    module_t *module = prefs_register_protocol(vt600_proto, NULL);

    prefs_register_bool_preference(module, "check_checksum", "Check the checksum of frames",
                                   "Whether to compute each frame's CRC-CCITT. A frame whose checksum is bad is not "
                                   "counted in its OTA session",
                                   &vt600_preferences.check_checksum);
    prefs_register_bool_preference(module, "desegment", "Reassemble frames that span TCP segments",
                                   "Whether to wait for the rest of a frame. TCP's own preference \"Allow subdissector "
                                   "to reassemble TCP streams\" must be on as well",
                                   &vt600_preferences.desegment);
    prefs_register_uint_preference(module, "session_timeout", "Session timeout (minutes)",
                                   "An authorization for an OTA expires after this many minutes without OTA data", 10,
                                   &vt600_preferences.session_timeout);
    prefs_register_uint_preference(module, "patience", "Patience (seconds)",
                                   "A side that lets the other one wait for this long is the cause of a failed OTA", 10,
                                   &vt600_preferences.patience);
    prefs_register_filename_preference(module, "reference", "Reference firmware",
                                       "A firmware file with which the images of the OTAs are compared, with or "
                                       "without its two checksum bytes at the end",
                                       &vt600_preferences.reference, false);
    prefs_register_uint_preference(module, "image_size", "Image size (bytes)",
                                   "Length of the firmware images, where it is known in advance; 0: as announced by "
                                   "the OTA data check",
                                   10, &vt600_preferences.image_size);
    return module;
}

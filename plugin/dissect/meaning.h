/* meaning.h
 *
 * The words for codes and flags, the same in the details, in the Info column
 * and in statistics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_MEANING_H
#define VT600_MEANING_H

#include "wireshark_compat.h"

#include <epan/prefs.h>
#include <epan/packet.h>

#include "core/command.h"

extern const value_string vt600_headers[];
extern const value_string vt600_flags_authorized[];
extern const value_string vt600_flags_stored[];
extern const value_string vt600_flags_upgrade[];
extern const value_string vt600_flags_cancelled[];
extern const value_string vt600_states[];

/* The meanings that a flag has in data of this shape, or NULL: the shape has no flag. */
const value_string *vt600_flag_meanings(vt600_data_shape_t shape);

/* All commands, for fields. */
value_string_ext *vt600_command_names(void);

/* The tracker's type: built in, or from the user's table; NULL: unknown. */
const char *vt600_device_code_name(uint16_t code);

/* Adds the user's table to the preferences. */
void vt600_device_codes_register(module_t *module);

#endif

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
#include <epan/tfs.h>
#include <epan/unit_strings.h>

#include "core/command.h"

extern const value_string vt600_headers[];
extern const value_string vt600_results[]; /* by vt600_result_t */
extern const value_string vt600_states[];

/* Copies of Wireshark's own. On Windows the address of an object in its DLLs is not a constant, so a table of fields
 * cannot hold it. */
extern const value_string vt600_checksum_statuses[];
extern const true_false_string vt600_active_inactive;
extern const unit_name_string vt600_bytes;

/* The base protocol's. */
extern const value_string vt600_flags[];
extern const value_string vt600_alarms[];
extern const value_string vt600_buttons[];
extern const value_string vt600_outputs[];
extern const value_string vt600_triggers[];
extern const value_string vt600_switches[];
extern const value_string vt600_log_flags[];

/* Wireshark's own names of a country and of a mobile network in it, or NULL. */
const char *vt600_country_name(unsigned mcc);
const char *vt600_network_name(unsigned mcc, unsigned mnc);

/* All commands, for fields. */
value_string_ext *vt600_command_names(void);

/* The tracker's type: built in, or from the user's table; NULL: unknown. */
const char *vt600_device_code_name(uint16_t code);

/* The alarm's name: from the user's table, or built in; NULL: unknown. */
const char *vt600_alarm_name(uint8_t code);

/* Adds the user's tables to the preferences. */
void vt600_code_names_register(module_t *module);

#endif

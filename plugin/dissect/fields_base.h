/* fields_base.h
 *
 * The fields of the base protocol: a row for each that a layout can name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FIELDS_BASE_H
#define VT600_FIELDS_BASE_H

#include "wireshark_compat.h"

#include "core/layout.h"

void vt600_fields_base_register(void);

/* Wireshark's number of the field, and its name. */
int vt600_field_base(vt600_field_t field);
const char *vt600_field_base_name(vt600_field_t field);

/* The word for a value of the field, from the user's tables or built in; NULL: it has none. */
const char *vt600_field_base_meaning(vt600_field_t field, uint32_t value);

#endif

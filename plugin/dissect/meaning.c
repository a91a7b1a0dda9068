/* meaning.c
 *
 * The words for codes and flags; see meaning.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "meaning.h"

#include <epan/uat.h>
#include <epan/wmem_scopes.h>

#include "session/session.h"

#define DEVICE_CODE_VT310 0x0010

const value_string vt600_headers[] = {
    {VT600_HEADER_SERVER, "Server to tracker (@@)"},
    {VT600_HEADER_TRACKER, "Tracker to server ($$)"},
    {0, NULL},
};

const value_string vt600_results[] = {
    {VT600_RESULT_UNKNOWN, "unknown"},
    {VT600_RESULT_GRANTED, "granted"},
    {VT600_RESULT_DENIED, "denied"},
    {VT600_RESULT_STORED, "stored"},
    {VT600_RESULT_FAILED, "failed"},
    {VT600_RESULT_UPGRADING, "going to upgrade"},
    {VT600_RESULT_FINISHED, "finished"},
    {VT600_RESULT_CANCELLED, "cancelled"},
    {VT600_RESULT_NOT_AUTHORIZED, "not authorized"},
    {0, NULL},
};

const value_string vt600_states[] = {
    {VT600_QUERIED, "Queried"},
    {VT600_AUTHORIZING, "Authorizing"},
    {VT600_AUTHORIZED, "Authorized"},
    {VT600_TRANSFERRING, "Transferring"},
    {VT600_CHECKING, "Checking"},
    {VT600_CHECKED, "Checked"},
    {VT600_UPGRADING, "Upgrading"},
    {VT600_COMPLETED, "Completed"},
    {VT600_CANCELLING, "Cancelling"},
    {VT600_CANCELLED, "Cancelled"},
    {VT600_REFUSED, "Refused"},
    {VT600_EXPIRED, "Expired"},
    {0, NULL},
};

const value_string vt600_checksum_statuses[] = {
    {PROTO_CHECKSUM_E_BAD, "Bad"},
    {PROTO_CHECKSUM_E_GOOD, "Good"},
    {PROTO_CHECKSUM_E_UNVERIFIED, "Unverified"},
    {PROTO_CHECKSUM_E_NOT_PRESENT, "Not present"},
    {PROTO_CHECKSUM_E_ILLEGAL, "Illegal"},
    {0, NULL},
};

const true_false_string vt600_active_inactive = {"Active", "Inactive"};

const unit_name_string vt600_bytes = {" byte", " bytes"};

const value_string vt600_flags[] = {
    {0x00, "failure"},
    {0x01, "success"},
    {0, NULL},
};

/* Where models disagree, both meanings. */
const value_string vt600_alarms[] = {
    {0x00, "no alarm"},
    {0x01, "SOS (input 1 active)"},
    {0x02, "input 2 active"},
    {0x03, "input 3 active"},
    {0x04, "input 4 active"},
    {0x05, "input 5 active"},
    {0x10, "low battery"},
    {0x11, "speeding"},
    {0x12, "movement or leaving the geo-fence"},
    {0x13, "entering the geo-fence"},
    {0x14, "power on or accident"},
    {0x15, "entering a GPS blind area"},
    {0x16, "leaving a GPS blind area"},
    {0x31, "input 1 inactive"},
    {0x32, "input 2 inactive"},
    {0x33, "input 3 inactive"},
    {0x34, "input 4 inactive"},
    {0x35, "input 5 inactive"},
    {0x50, "external power cut"},
    {0x52, "veer report"},
    {0x53, "GPS antenna cut"},
    {0x60, "fatigue driving"},
    {0x63, "distance report"},
    {0x71, "harsh braking"},
    {0x72, "harsh acceleration or harsh braking"},
    {0x73, "accident or harsh acceleration"},
    {0x74, "idling"},
    {0, NULL},
};

const value_string vt600_buttons[] = {
    {0xff, "all buttons"},
    {0, NULL},
};

const value_string vt600_outputs[] = {
    {0, "close"},
    {1, "open"},
    {2, "keep"},
    {0, NULL},
};

const value_string vt600_triggers[] = {
    {'1', "pressed"},
    {'2', "released"},
    {'3', "pressed and released"},
    {0, NULL},
};

/* Trackers are told 0 and 1; whether as numbers or as digits is not known for all. */
const value_string vt600_switches[] = {
    {0, "off"}, {1, "on"}, {'0', "off"}, {'1', "on"}, {0, NULL},
};

const value_string vt600_log_flags[] = {
    {0, "first"},
    {1, "delete and next"},
    {0, NULL},
};

/* Wireshark's tables of countries and networks are its own; other protocols' fields lead to them. They are asked when a
 * name is wanted: at registration those protocols may not be there yet. */
static value_string_ext *table_of(const header_field_info *field)
{
    return field != NULL && (field->display & BASE_EXT_STRING) != 0 ? (value_string_ext *)(uintptr_t)field->strings
                                                                    : NULL;
}

const char *vt600_country_name(unsigned mcc)
{
    value_string_ext *table = table_of(proto_registrar_get_byname("eap.identity.mcc"));
    return table != NULL ? try_val_to_str_ext(mcc, table) : NULL;
}

/* One field with two tables: numbers of a country's code and two more digits, or three. */
const char *vt600_network_name(unsigned mcc, unsigned mnc)
{
    const header_field_info *field = proto_registrar_get_byname("eap.identity.mnc");
    const char *names[2] = {NULL, NULL};

    while (field != NULL) {
        value_string_ext *table = table_of(field);
        const bool long_codes = table != NULL && strstr(VALUE_STRING_EXT_VS_NAME(table), "3digits") != NULL;
        if (table != NULL && (long_codes || mnc < 100))
            names[long_codes] = try_val_to_str_ext(mcc * (long_codes ? 1000 : 100) + mnc, table);
        field = field->same_name_prev_id < 0 ? NULL : proto_registrar_get_nth((unsigned)field->same_name_prev_id);
    }
    return names[0] != NULL ? names[0] : names[1];
}

value_string_ext *vt600_command_names(void)
{
    static value_string_ext *names;
    if (names == NULL) {
        size_t count;
        const vt600_command_t *commands = vt600_command_table(&count);
        value_string *rows = wmem_alloc0_array(wmem_epan_scope(), value_string, count + 1);
        for (size_t i = 0; i < count; i++)
            rows[i] = (value_string){commands[i].code, commands[i].name};
        names = value_string_ext_new(wmem_epan_scope(), rows, (unsigned)count + 1, "vt600_commands");
    }
    return names;
}

/* A row of a user's table of names. */
typedef struct {
    unsigned code;
    char *name;
} code_name_t;

static code_name_t *device_codes;
static unsigned device_code_count;

static code_name_t *alarm_codes;
static unsigned alarm_code_count;

UAT_HEX_CB_DEF(code_names, code, code_name_t)
UAT_CSTRING_CB_DEF(code_names, name, code_name_t)

static void *code_name_copy(void *to, const void *from, size_t size _U_)
{
    const code_name_t *old = from;
    code_name_t *copy = to;
    copy->code = old->code;
    copy->name = g_strdup(old->name);
    return copy;
}

static void code_name_free(void *row)
{
    g_free(((code_name_t *)row)->name);
}

static bool code_name_check(const code_name_t *row, unsigned most, const char *too_large, char **error)
{
    *error = NULL;
    if (row->code > most)
        *error = g_strdup_printf("%s: 0x%x", too_large, row->code);
    else if (row->name == NULL || row->name[0] == '\0')
        *error = g_strdup("The name is missing");
    return *error == NULL;
}

static ws_uat_bool_t device_code_check(void *row, char **error)
{
    return code_name_check(row, UINT16_MAX, "A device code is at most 0xffff", error);
}

static ws_bool_t alarm_code_check(void *row, char **error)
{
    return code_name_check(row, UINT8_MAX, "An alarm code is at most 0xff", error);
}

/* The user's name for the code; NULL: none. */
static const char *code_name_find(const code_name_t *rows, unsigned count, unsigned code)
{
    for (unsigned i = 0; i < count; i++)
        if (rows[i].code == code)
            return rows[i].name;
    return NULL;
}

void vt600_code_names_register(module_t *module)
{
    static uat_field_t device_fields[] = {
        UAT_FLD_HEX(code_names, code, "Device code", "The code in the answer to Get tracker info (hexadecimal)"),
        UAT_FLD_CSTRING(code_names, name, "Tracker type", "The name to show for it"), UAT_END_FIELDS};
    static uat_field_t alarm_fields[] = {
        UAT_FLD_HEX(code_names, code, "Alarm code", "The code in an alarm (hexadecimal)"),
        UAT_FLD_CSTRING(code_names, name, "Alarm", "The name to show for it"), UAT_END_FIELDS};

    uat_t *table = uat_new("VT600 device codes", sizeof(code_name_t), "vt600_device_codes", true,
                           (void **)&device_codes, &device_code_count, UAT_AFFECTS_DISSECTION, NULL, code_name_copy,
                           device_code_check, code_name_free, NULL, NULL, device_fields);
    prefs_register_uat_preference(module, "device_codes", "Device codes",
                                  "Names of tracker types, by the code that a tracker reports", table);
    table = uat_new("VT600 alarm codes", sizeof(code_name_t), "vt600_alarm_codes", true, (void **)&alarm_codes,
                    &alarm_code_count, UAT_AFFECTS_DISSECTION, NULL, code_name_copy, alarm_code_check, code_name_free,
                    NULL, NULL, alarm_fields);
    prefs_register_uat_preference(module, "alarm_codes", "Alarm codes",
                                  "Names of alarms, by code; they replace the built-in ones", table);
}

const char *vt600_device_code_name(uint16_t code)
{
    const char *name = code_name_find(device_codes, device_code_count, code);
    return name != NULL || code != DEVICE_CODE_VT310 ? name : "VT310";
}

const char *vt600_alarm_name(uint8_t code)
{
    const char *name = code_name_find(alarm_codes, alarm_code_count, code);
    return name != NULL ? name : try_val_to_str(code, vt600_alarms);
}

/* plugin.c
 *
 * What Wireshark loads: for which Wireshark it was built, and what it
 * registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* What is exported is exported from here: on Windows a plugin is a DLL. */
#define WS_BUILD_DLL
#include <ws_symbol_export.h>
#include <ws_version.h>

#include "wireshark_compat.h"

#include <epan/packet.h>

#include "dissect/packet-vt600.h"
#include "taps/taps.h"

WS_DLL_PUBLIC const char plugin_version[];
WS_DLL_PUBLIC const int plugin_want_major;
WS_DLL_PUBLIC const int plugin_want_minor;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

const char plugin_version[] = VT600_VERSION;
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

static void register_all(void)
{
    proto_register_vt600();
    vt600_taps_register();
}

void plugin_register(void)
{
    static proto_plugin vt600 = {
        .register_protoinfo = register_all,
        .register_handoff = proto_reg_handoff_vt600,
    };
    proto_register_plugin(&vt600);
}

/* Wireshark 4.4 and later show in About which kind of plugin this is. */
uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}

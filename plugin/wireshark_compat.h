/* wireshark_compat.h
 *
 * The only file that knows Wireshark's versions. Code elsewhere is written as
 * for the newest; what an older one has under another name or type stands
 * here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_WIRESHARK_COMPAT_H
#define VT600_WIRESHARK_COMPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>
#include <ws_version.h>
#include <wsutil/wmem/wmem.h>

#define VT600_WIRESHARK_BEFORE(major, minor)                                                                           \
    (WIRESHARK_VERSION_MAJOR < (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR < (minor)))

/* The bool of callbacks and preferences whose address Wireshark takes: gboolean, an int, until 4.4. */
#if VT600_WIRESHARK_BEFORE(4, 4)
typedef gboolean ws_bool_t;
#else
typedef bool ws_bool_t;
#endif

/* Text from the wire, made fit to be shown: it moved to libwsutil, and took another kind of char. */
#if VT600_WIRESHARK_BEFORE(4, 2)
#include <epan/strutil.h>
#define format_text(scope, text, length) format_text((scope), (const guchar *)(text), (length))
#else
#include <wsutil/str_util.h>
#endif

/* A text that has room from the start: it had a greatest length, too. */
#if VT600_WIRESHARK_BEFORE(4, 2)
#define wmem_strbuf_new_sized(scope, room) wmem_strbuf_sized_new((scope), (room), 0)
#endif

/* How a field names its unit, until 4.2. */
#if VT600_WIRESHARK_BEFORE(4, 2)
#define UNS(unit) (unit)
#endif

/* Until 4.6 it lived as long as the program. */
#if VT600_WIRESHARK_BEFORE(4, 6)
#include <epan/value_string.h>
#define value_string_ext_new(scope, strings, count, name) value_string_ext_new((strings), (count), (name))
#endif

/* Conversation filters have data of their own since 4.4. */
#include <epan/packet_info.h>
#include <epan/conversation_filter.h>
#if VT600_WIRESHARK_BEFORE(4, 4)
#define WS_FILTER_DATA
#define register_conversation_filter(protocol, name, is_valid, build, data)                                            \
    register_conversation_filter((protocol), (name), (is_valid), (build))
#else
#define WS_FILTER_DATA , void *data _U_
#endif

/* A statistic says whether it could start, since 4.6. Until then it ends the program, as Wireshark's own do. */
#if VT600_WIRESHARK_BEFORE(4, 6)
typedef void ws_tap_started_t;
#define WS_TAP_STARTED(ok)                                                                                             \
    do {                                                                                                               \
        if (!(ok))                                                                                                     \
            exit(EXIT_FAILURE);                                                                                        \
        return;                                                                                                        \
    } while (0)
#else
typedef bool ws_tap_started_t;
#define WS_TAP_STARTED(ok) return (ok)
#endif

/* Until 4.4 nobody asks what a plugin is. */
#if VT600_WIRESHARK_BEFORE(4, 4)
#define WS_PLUGIN_DESC_DISSECTOR (1u << 0)
#else
#include <wsutil/plugins.h>
#endif

/* tcp_analysis.conversation_completeness: SYN and SYN-ACK were seen. Public values of tcp.completeness. */
#define VT600_TCP_HANDSHAKE 0x03

#endif

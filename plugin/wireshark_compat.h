/* wireshark_compat.h
 *
 * The only file that knows how versions of Wireshark differ. Code elsewhere is
 * written as for the newest; what an older one has under another name or type
 * stands here. Nothing depends on a version's number: each difference is
 * asked of the headers, here by the preprocessor, or by cmake/AskWireshark.cmake
 * (VT600_ASK_...), so that a version that nobody has tried gets what it has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_WIRESHARK_COMPAT_H
#define VT600_WIRESHARK_COMPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>
#include <wsutil/wmem/wmem.h>

#include <epan/packet_info.h>
#include <epan/conversation_filter.h>
#include <epan/proto.h>
#include <epan/strutil.h>
#include <wsutil/str_util.h>

#ifndef VT600_ASK_HEURISTIC_IS_BOOL
#error "cmake/AskWireshark.cmake asks Wireshark's headers, and defines the answers"
#endif

/* Callbacks that answer yes or no, and preferences whose address Wireshark takes: bool since 4.4, before it gboolean,
 * which is an int. Asked: the type of each, in cmake/ask_wireshark.c. */
#if VT600_ASK_HEURISTIC_IS_BOOL
typedef bool ws_heuristic_bool_t;
#else
typedef gboolean ws_heuristic_bool_t;
#endif
#if VT600_ASK_PREFERENCE_IS_BOOL
typedef bool ws_bool_t;
#else
typedef gboolean ws_bool_t;
#endif
#if VT600_ASK_UAT_IS_BOOL
typedef bool ws_uat_bool_t;
#else
typedef gboolean ws_uat_bool_t;
#endif
#if VT600_ASK_FILTER_IS_BOOL
typedef bool ws_filter_bool_t;
#else
typedef gboolean ws_filter_bool_t;
#endif

/* Text from the wire, escaped for display. It moved from epan to wsutil, and from unsigned char to char; a void pointer
 * suits both, so nothing is asked. */
#define format_text(scope, text, length) format_text((scope), (const void *)(text), (length))

/* A string buffer of a given size, without a limit. Asked: whether that function exists. */
#if !VT600_ASK_SIZED_STRBUF
#define wmem_strbuf_new_sized(scope, size) wmem_strbuf_sized_new((scope), (size), 0)
#endif

/* How a field names its unit; older ones take the pointer. Asked: whether the macro exists. */
#ifndef UNS
#define UNS(unit) (unit)
#endif

/* A table of strings made at run time; older ones live as long as the program. Asked: the type of the function. */
#if !VT600_ASK_STRINGS_HAVE_SCOPE
#define value_string_ext_new(scope, strings, count, name) value_string_ext_new((strings), (count), (name))
#endif

/* Conversation filters have data of their own. Asked: the type of their callback. */
#if VT600_ASK_FILTER_HAS_DATA
#define WS_FILTER_DATA , void *data _U_
#else
#define WS_FILTER_DATA
#define register_conversation_filter(protocol, name, is_valid, build, data)                                            \
    register_conversation_filter((protocol), (name), (is_valid), (build))
#endif

/* A statistic says whether it could start. Where it cannot say so, it ends the program, as Wireshark's own do. Asked:
 * the type of the callback that starts it. */
#if VT600_ASK_TAP_SAYS_IF_STARTED
typedef bool ws_tap_started_t;
#define WS_TAP_STARTED(ok) return (ok)
#else
typedef void ws_tap_started_t;
#define WS_TAP_STARTED(ok)                                                                                             \
    do {                                                                                                               \
        if (!(ok))                                                                                                     \
            exit(EXIT_FAILURE);                                                                                        \
        return;                                                                                                        \
    } while (0)
#endif

/* What kind of plugin this is, for who asks; older ones do not. Asked: whether the header and the macro exist. */
#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif
#ifndef WS_PLUGIN_DESC_DISSECTOR
#define WS_PLUGIN_DESC_DISSECTOR (1u << 0)
#endif

/* What TLS hands to those that read what it decrypted. Older ones give a heuristic a place for its handle, and nothing
 * else; then no byte has a number. Asked: whether struct tlsinfo exists. */
#include <epan/dissectors/packet-tls.h>
#if VT600_ASK_TLSINFO
static inline void ws_tls_claim(void *data, dissector_handle_t handle)
{
    *((struct tlsinfo *)data)->app_handle = handle;
}
static inline bool ws_tls_position(const void *data, uint32_t *seq, bool *reassembled)
{
    const struct tlsinfo *info = (const struct tlsinfo *)data;
    if (info == NULL)
        return false;
    *seq = info->seq;
    *reassembled = info->is_reassembled;
    return true;
}
#else
static inline void ws_tls_claim(void *data, dissector_handle_t handle)
{
    *(dissector_handle_t *)data = handle;
}
static inline bool ws_tls_position(const void *data _U_, uint32_t *seq _U_, bool *reassembled _U_)
{
    return false;
}
#endif

/* tcp_analysis.conversation_completeness: SYN and SYN-ACK were seen. Public values of tcp.completeness. */
#define VT600_TCP_HANDSHAKE 0x03

/* Likewise: a RST was seen. */
#define VT600_TCP_RST 0x20

#endif

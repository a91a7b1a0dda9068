/* ask_wireshark.c
 *
 * Questions to Wireshark's headers, for AskWireshark.cmake. It compiles this
 * file and reads the answers out of the program; it never runs it, so the
 * program may be for another system. Each row says what it asks; the answer
 * is 1 where the headers are as in the newest Wireshark that we know.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#if __has_include(<config.h>)
#include <config.h> /* Wireshark's, which its headers need from 4.4 on */
#endif

#include <stdbool.h>

#include <glib.h>

#include <epan/packet.h>
#include <epan/conversation_filter.h>
#include <epan/prefs.h>
#include <epan/stat_tap_ui.h>
#include <epan/uat.h>

#define IS(expression, type) _Generic((expression), type : 1, default : 0)

typedef bool (*heuristic_t)(tvbuff_t *, packet_info *, proto_tree *, void *);
typedef void (*bool_preference_t)(module_t *, const char *, const char *, const char *, bool *);
typedef bool (*uat_check_t)(void *, char **);
typedef bool (*filter_t)(struct _packet_info *);
typedef bool (*filter_with_data_t)(struct _packet_info *, void *);
typedef gboolean (*old_filter_with_data_t)(struct _packet_info *, void *);
typedef bool (*tap_init_t)(const char *, void *);
typedef value_string_ext *(*scoped_strings_t)(wmem_allocator_t *, const value_string *, unsigned, const char *);

static const is_filter_valid_func filter = NULL;

typedef struct {
    char answer;
    char question[63];
} answer_t;

static const answer_t answers[] = {
    {'0' + IS((heur_dissector_t)NULL, heuristic_t), " vt600-asks HEURISTIC_IS_BOOL"},
    {'0' + IS(&prefs_register_bool_preference, bool_preference_t), " vt600-asks PREFERENCE_IS_BOOL"},
    {'0' + IS((uat_update_cb_t)NULL, uat_check_t), " vt600-asks UAT_IS_BOOL"},
    {'0' + (IS(filter, filter_t) || IS(filter, filter_with_data_t)), " vt600-asks FILTER_IS_BOOL"},
    {'0' + (IS(filter, old_filter_with_data_t) || IS(filter, filter_with_data_t)), " vt600-asks FILTER_HAS_DATA"},
    {'0' + IS((stat_tap_init_cb)NULL, tap_init_t), " vt600-asks TAP_SAYS_IF_STARTED"},
    {'0' + IS(&value_string_ext_new, scoped_strings_t), " vt600-asks STRINGS_HAVE_SCOPE"},
};

int main(int argc, char **argv)
{
    (void)argv;
    return answers[argc % (int)(sizeof answers / sizeof *answers)].answer;
}

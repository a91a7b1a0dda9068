/* filter.c
 *
 * Conversation Filter > VT600 session, VT600 device: what shows the packets
 * that belong to the one selected.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "taps.h"

#include <inttypes.h>

#include "dissect/event.h"
#include "dissect/settings.h"

static ws_filter_bool_t has_session(packet_info *pinfo WS_FILTER_DATA)
{
    return vt600_event_of_session(pinfo) != NULL;
}

static char *session_filter(packet_info *pinfo WS_FILTER_DATA)
{
    const vt600_event_t *event = vt600_event_of_session(pinfo);
    return event == NULL ? NULL : g_strdup_printf("vt600.ota.session == %" PRIu32, event->verdict->session->number);
}

static const char *device_of(packet_info *pinfo)
{
    const vt600_event_t *event = vt600_event_of_frame(pinfo);
    return event != NULL && event->device[0] != '\0' ? event->device : NULL;
}

static ws_filter_bool_t has_device(packet_info *pinfo WS_FILTER_DATA)
{
    return device_of(pinfo) != NULL;
}

/* The text of an ID is digits, hexadecimal or a word: nothing in it needs to be escaped. */
static char *device_filter(packet_info *pinfo WS_FILTER_DATA)
{
    const char *device = device_of(pinfo);
    return device == NULL ? NULL : g_strdup_printf("vt600.device_id == \"%s\"", device);
}

void vt600_filter_register(void)
{
    register_conversation_filter(VT600_FILTER_NAME, "VT600 session", has_session, session_filter, NULL);
    register_conversation_filter(VT600_FILTER_NAME, "VT600 device", has_device, device_filter, NULL);
}

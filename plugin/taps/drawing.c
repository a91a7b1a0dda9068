/* drawing.c
 *
 * Filling what is drawn; see drawing.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "drawing.h"

#include "dissect/event.h"

static tap_packet_status see_event(void *data _U_, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                   const void *event _U_, tap_flags_t flags _U_)
{
    return TAP_PACKET_REDRAW;
}

/* Of Wireshark's listeners the latest is drawn first. */
void vt600_drawing_listen(vt600_drawing_t *drawing)
{
    if (drawing->is_listening)
        remove_tap_listener(drawing);
    drawing->is_listening = true;
    GString *error =
        register_tap_listener(VT600_TAP, drawing, NULL, TL_REQUIRES_NOTHING, NULL, see_event, drawing->fill, NULL);
    if (error != NULL) /* not without a filter */
        g_string_free(error, TRUE);
}

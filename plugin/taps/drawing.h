/* drawing.h
 *
 * What a tap works out only when Wireshark draws: its own listener, which is
 * drawn before that of the table or tree that it fills.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_DRAWING_H
#define VT600_DRAWING_H

#include <epan/packet.h>
#include <epan/tap.h>

typedef struct {
    tap_draw_cb fill; /* its argument is this struct */
    bool is_listening;
} vt600_drawing_t;

/* Has fill called before whatever was asked for up to now is drawn; drawing is there for good. */
void vt600_drawing_listen(vt600_drawing_t *drawing);

#endif

/* tree_photo.h
 *
 * What a person sees of a photo on its last packet: all of it, in a data source
 * of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_TREE_PHOTO_H
#define VT600_TREE_PHOTO_H

#include "shown.h"

void vt600_tree_photo_register(void);

/* Shows the frame's part in a photo. tree is not NULL. */
void vt600_tree_photo(proto_tree *tree, const vt600_shown_t *shown, const vt600_photo_frame_t *frame);

#endif

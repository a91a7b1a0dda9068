/* tree_photo.c
 *
 * What a person sees of a photo; see tree_photo.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree_photo.h"

#include "settings.h"

static int hf_photo = -1;
static int hf_photo_missing = -1;
static int hf_photo_repeated = -1;

void vt600_tree_photo(proto_tree *tree, const vt600_shown_t *shown, const vt600_photo_frame_t *frame)
{
    const vt600_photo_t *photo = frame->photo;
    wmem_allocator_t *scope = shown->pinfo->pool;

    if (frame->again)
        proto_item_set_generated(proto_tree_add_item(tree, hf_photo_repeated, shown->tvb, (int)shown->at, 0, ENC_NA));
    const size_t length = vt600_photo_length(photo, frame->pieces);
    if (!frame->shown || length == 0)
        return;
    const bool complete = vt600_photo_is_complete(photo, frame->pieces);
    if (!complete)
        proto_item_set_generated(proto_tree_add_string(tree, hf_photo_missing, shown->tvb, (int)shown->at, 0,
                                                       vt600_photo_missing(scope, photo, frame->pieces)));
    uint8_t *bytes = wmem_alloc(scope, length);
    vt600_photo_read(photo, frame->pieces, bytes);
    tvbuff_t *tvb = tvb_new_child_real_data(shown->tvb, bytes, (unsigned)length, (int)length);
    add_new_data_source(shown->pinfo, tvb, complete ? "Photo" : "Incomplete photo");
    proto_item_set_generated(proto_tree_add_item(tree, hf_photo, tvb, 0, (int)length, ENC_NA));
}

void vt600_tree_photo_register(void)
{
    static hf_register_info hf[] = {
        /* Generated */
        {&hf_photo, {"Photo", "vt600.photo", FT_BYTES, BASE_NONE, NULL, 0, "The photo, put together", HFILL}},
        {&hf_photo_missing,
         {"Missing packets", "vt600.photo.missing", FT_STRING, BASE_NONE, NULL, 0,
          "Packets of the photo that have not been seen so far", HFILL}},
        {&hf_photo_repeated,
         {"Sent before", "vt600.photo.repeated", FT_NONE, BASE_NONE, NULL, 0,
          "This packet of the photo was sent before; it is not counted again", HFILL}},
    };

    proto_register_field_array(vt600_proto, hf, array_length(hf));
}

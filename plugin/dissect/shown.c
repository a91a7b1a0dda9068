/* shown.c
 *
 * One frame while it is shown; see shown.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "shown.h"

proto_item *vt600_tree_add_data(proto_tree *tree, int field, const vt600_shown_t *shown, size_t at, size_t length)
{
    return proto_tree_add_item(tree, field, shown->tvb, (int)(shown->at + VT600_AT_DATA + at), (int)length,
                               ENC_BIG_ENDIAN);
}

proto_item *vt600_tree_add_number(proto_tree *tree, int field, const vt600_shown_t *shown, uint32_t number)
{
    proto_item *item = proto_tree_add_uint(tree, field, shown->tvb, (int)shown->at, 0, number);
    proto_item_set_generated(item);
    return item;
}

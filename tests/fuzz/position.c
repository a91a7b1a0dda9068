/* position.c
 *
 * The position parser under the fuzzer: any bytes are a text, in memory of
 * exactly their length, and each part that it names lies within them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <math.h>
#include <stdlib.h>

#include "core/position.h"

static void must(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *text, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *text, size_t n)
{
    const vt600_position_t position = vt600_position_read(text, n);

    for (int i = 0; i < VT600_PARTS; i++) {
        const vt600_position_part_t *part = &position.part[i];
        must(part->at <= n && part->length <= n - part->at);
        must(part->kind != VT600_PART_EMPTY || part->length == 0);
    }
    if (position.part[VT600_PART_LATITUDE].kind == VT600_PART_GOOD)
        must(fabs(position.latitude) <= 90);
    if (position.part[VT600_PART_LONGITUDE].kind == VT600_PART_GOOD)
        must(fabs(position.longitude) <= 180);

    vt600_position_part_t inputs = position.part[VT600_PART_INPUTS], input;
    uint16_t value;
    for (size_t count = 0; vt600_position_next_input(text, &inputs, &input, &value); count++)
        must(count <= n && input.at <= n && input.length <= n - input.at);
    return 0;
}

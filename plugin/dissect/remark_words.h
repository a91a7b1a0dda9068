/* remark_words.h
 *
 * The sentence of each remark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_REMARK_WORDS_H
#define VT600_REMARK_WORDS_H

#include "remark.h"

/* The sentence of a remark that the frame has. Valid as long as the packet. */
const char *vt600_remark_words(const vt600_shown_t *shown, vt600_remark_t remark);

#endif

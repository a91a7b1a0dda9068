/* repair.h
 *
 * Mutations that keep frames whole. A fuzzer that changes single bytes hardly
 * ever hits a checksum, and would see nothing but damage: so most inputs get
 * their lengths and checksums set right again. Knows frames alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VT600_FUZZ_REPAIR_H
#define VT600_FUZZ_REPAIR_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* libFuzzer's own mutation of size bytes in a buffer of most; returns how many there are then. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* A number below the bound (not 0), from a generator with this state. */
uint32_t fuzz_random(uint32_t *state, uint32_t bound);

/* Sets the checksums and ends of all frames in the bytes right; lengths too where they cannot be. */
void fuzz_repair(uint8_t *bytes, size_t n);

/* Appends a sound frame of any command, with what its data needs. Its offset is likely to follow on *offset. */
void fuzz_add_frame(GByteArray *bytes, uint32_t *offset, uint32_t *state);

/* Mutates bytes as a whole: by libFuzzer, by another value in a frame's field, by a new frame; then repairs them,
 * mostly. No more than most bytes are left. */
void fuzz_mutate_frames(GByteArray *bytes, size_t most, uint32_t *offset, uint32_t *state);

#endif

/* count.c
 *
 * Preloaded into tshark or sharkd under callgrind: instructions count from the
 * moment a capture is about to be read until the end of reading and of what
 * comes out, so that neither start nor end is measured. Knows the two
 * functions of Wireshark between which that happens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <dlfcn.h>

#include <valgrind/callgrind.h>

void *epan_new(void *provider, const void *functions);
void epan_cleanup(void);

void *epan_new(void *provider, const void *functions)
{
    void *(*real)(void *, const void *) = (void *(*)(void *, const void *))dlsym(RTLD_NEXT, "epan_new");
    void *session = real(provider, functions);
    CALLGRIND_START_INSTRUMENTATION;
    return session;
}

void epan_cleanup(void)
{
    void (*real)(void) = (void (*)(void))dlsym(RTLD_NEXT, "epan_cleanup");
    CALLGRIND_STOP_INSTRUMENTATION;
    real();
}

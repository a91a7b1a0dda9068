# SPDX-License-Identifier: GPL-2.0-or-later
#
# Asks Wireshark's headers what plugin/wireshark_compat.h must know of them, whatever version they say they are.
# Given: wireshark_include_dirs, wireshark_version; gives: wireshark_answers, definitions VT600_ASK_...=0 or 1.
# The answers are kept in CMake's cache as long as the version and the folders are the same.

# Types: all questions are in one file, and the answers are read from what the compiler made of it.
function(vt600_ask_types result)
    set(program "${CMAKE_CURRENT_BINARY_DIR}/ask_wireshark.bin")
    try_compile(compiles "${CMAKE_CURRENT_BINARY_DIR}/ask_wireshark" "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ask_wireshark.c"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${wireshark_include_dirs}"
        C_STANDARD 11
        OUTPUT_VARIABLE output
        COPY_FILE "${program}")
    if(NOT compiles)
        message(FATAL_ERROR "cmake/ask_wireshark.c does not compile with Wireshark's headers:\n${output}")
    endif()
    file(STRINGS "${program}" lines REGEX "[01] vt600-asks [A-Z_]+")
    file(REMOVE "${program}")
    set(answers)
    foreach(line IN LISTS lines)
        string(REGEX MATCH "([01]) vt600-asks ([A-Z_]+)" match "${line}")
        list(APPEND answers VT600_ASK_${CMAKE_MATCH_2}=${CMAKE_MATCH_1})
    endforeach()
    list(LENGTH answers count)
    if(NOT count EQUAL 7)
        message(FATAL_ERROR "The compiler hides the answers to cmake/ask_wireshark.c: ${answers}")
    endif()
    set(${result} ${answers} PARENT_SCOPE)
endfunction()

# Things that are present or missing: the source compiles only where they are present.
function(vt600_ask_presence result question source)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/ask_${question}.c" "#if __has_include(<config.h>)\n#include <config.h>\n#endif\n${source}\n")
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # nothing is linked
    try_compile(compiles "${CMAKE_CURRENT_BINARY_DIR}/ask_${question}" "${CMAKE_CURRENT_BINARY_DIR}/ask_${question}.c"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${wireshark_include_dirs}"
        C_STANDARD 11)
    set(answer 0)
    if(compiles)
        set(answer 1)
    endif()
    set(${result} VT600_ASK_${question}=${answer} PARENT_SCOPE)
endfunction()

set(asked "${wireshark_version} ${wireshark_include_dirs}")
if(NOT asked STREQUAL VT600_ASKED)
    message(STATUS "Asking the headers of Wireshark ${wireshark_version}")
    vt600_ask_types(wireshark_answers)
    # A size by itself; a pointer to the function, so that a compiler that would declare it by itself fails too.
    vt600_ask_presence(answer SIZED_STRBUF "#include <wsutil/wmem/wmem.h>
        wmem_strbuf_t *(*ask(void))(wmem_allocator_t *, size_t) { return wmem_strbuf_new_sized; }")
    list(APPEND wireshark_answers ${answer})
    # What TLS tells those that read what it decrypted.
    vt600_ask_presence(answer TLSINFO "#include <epan/packet.h>\n#include <epan/dissectors/packet-tls.h>
        dissector_handle_t *ask(struct tlsinfo *info) { return info->seq || info->is_reassembled ? info->app_handle : 0; }")
    list(APPEND wireshark_answers ${answer})
    set(VT600_ANSWERS "${wireshark_answers}" CACHE INTERNAL "What Wireshark's headers answered")
    set(VT600_ASKED "${asked}" CACHE INTERNAL "Whose headers answered")
endif()
set(wireshark_answers ${VT600_ANSWERS})

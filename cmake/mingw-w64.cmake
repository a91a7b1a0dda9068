# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolchain that builds for 64-bit Windows with Debian's mingw-w64. tests/windows makes VT600_WINDOWS_SDK, the folder that
# stands for Wireshark's and GLib's development files there.

if(NOT VT600_WINDOWS_SDK)
    set(VT600_WINDOWS_SDK "${CMAKE_CURRENT_LIST_DIR}/../build/windows/sdk")
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES VT600_WINDOWS_SDK)
set(ENV{PKG_CONFIG_LIBDIR} "${VT600_WINDOWS_SDK}/pkgconfig")

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# Windows' present C library; and what Visual Studio's compiler lacks is warned of.
set(CMAKE_C_FLAGS_INIT
    "-specs=${VT600_WINDOWS_SDK}/ucrt.specs -D_UCRT -D__MSVCRT_VERSION__=0xE00 -Wvla -Wpedantic")

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Finds the installed Wireshark and describes it as the targets `epan` and `wsutil`: the names that they have inside
# Wireshark's own build, so that plugin/CMakeLists.txt reads the same there and here.
# Sets wireshark_plugin_folder, the global one, wireshark_plugin_version, the name of a plugin folder ("4.4"), and
# wireshark_global_profiles, where profiles are that everybody is offered.

# What an earlier run found is forgotten: after an upgrade of Wireshark it would be the wrong version.
unset(WIRESHARK_FOUND CACHE)

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(GLIB QUIET IMPORTED_TARGET glib-2.0)
    pkg_check_modules(WIRESHARK QUIET IMPORTED_TARGET wireshark>=4.0)
    find_library(WSUTIL_LIBRARY wsutil HINTS ${WIRESHARK_LIBDIR})
endif()
if(NOT GLIB_FOUND OR NOT WIRESHARK_FOUND OR NOT WSUTIL_LIBRARY)
    message(FATAL_ERROR "Wireshark 4.0 or newer, GLib or pkg-config is missing, or their development files are. Install\n"
        "  Debian, Ubuntu:  apt-get install gcc libc6-dev cmake ninja-build pkg-config libglib2.0-dev libwireshark-dev wireshark-dev tshark\n"
        "  Fedora:          dnf install gcc cmake ninja-build pkgconf-pkg-config glib2-devel wireshark-devel wireshark-cli\n"
        "  Homebrew:        brew install cmake ninja pkg-config glib wireshark\n")
endif()

pkg_get_variable(wireshark_plugin_folder wireshark plugindir)
cmake_path(GET wireshark_plugin_folder FILENAME wireshark_plugin_version)
pkg_get_variable(prefix wireshark prefix)
set(wireshark_global_profiles "${prefix}/share/wireshark/profiles")

set(wireshark_include_dirs ${WIRESHARK_INCLUDE_DIRS})
set(wireshark_version ${WIRESHARK_VERSION})
include("${CMAKE_CURRENT_LIST_DIR}/AskWireshark.cmake")

# Without libwireshark: what links this alone cannot call the dissection engine.
add_library(wsutil INTERFACE)
target_include_directories(wsutil SYSTEM INTERFACE ${WIRESHARK_INCLUDE_DIRS})
target_link_libraries(wsutil INTERFACE "${WSUTIL_LIBRARY}" PkgConfig::GLIB)

add_library(epan INTERFACE)
target_link_libraries(epan INTERFACE PkgConfig::WIRESHARK)
target_compile_definitions(epan INTERFACE ${wireshark_answers})

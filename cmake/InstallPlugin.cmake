# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs at `cmake --install`. Wireshark looks for plugins in two folders only, so no prefix is asked for: root and packages
# (DESTDIR) install for everybody, anybody else for themselves. Root's own folder would not do: Wireshark ignores it.
# Everybody also gets the profile; a person's own is packaging/install-profile's, which does not overwrite a changed one.
# Given: plugin, global_folder, plugin_version, profile, global_profiles.

execute_process(COMMAND id -u OUTPUT_VARIABLE uid OUTPUT_STRIP_TRAILING_WHITESPACE)
if(uid EQUAL 0 OR DEFINED ENV{DESTDIR})
    set(folder "${global_folder}/epan")
    set(whose "global")
else()
    if(NOT IS_DIRECTORY "$ENV{HOME}")
        message(FATAL_ERROR "HOME (\"$ENV{HOME}\") is no folder: there is no personal plugin folder to install into. "
            "Set HOME, or install for everybody, as root.")
    endif()
    set(folder "$ENV{HOME}/.local/lib/wireshark/plugins/${plugin_version}/epan")
    set(whose "personal")
endif()

message(STATUS "Installing into the ${whose} plugin folder of Wireshark ${plugin_version}")
file(INSTALL "${plugin}" DESTINATION "${folder}")
if(whose STREQUAL "global")
    file(INSTALL "${profile}" DESTINATION "${global_profiles}")
endif()

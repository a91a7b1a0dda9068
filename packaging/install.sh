#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ./install.sh            copies the plugin and its profile to where the Wireshark on the PATH looks for them: run by root for
#                         everybody, else for the person who runs it
# ./install.sh --remove   takes the plugin away again
#
# In the archive that `packaging/package tar` makes; needs nothing but a shell, and Wireshark or tshark.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# These two are filled in when the archive is made.
series=@series@
machine=@machine@

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

case "$#:${1-}" in
    0:) remove=false ;;
    1:--remove) remove=true ;;
    *) fail "./install.sh [--remove]: unexpected: $*" ;;
esac

bundle=/Applications/Wireshark.app/Contents/MacOS
shark=$(PATH=$PATH:$bundle command -v tshark || PATH=$PATH:$bundle command -v wireshark) ||
    fail "Neither tshark nor wireshark is on the PATH. Install one of them, then run this again."
version=$("$shark" --version 2>/dev/null | sed -nE '1s/.* ([0-9]+\.[0-9]+)\.[0-9]+.*/\1/p')
[[ $version == "$series" ]] ||
    fail "$shark is Wireshark ${version:-of an unknown version}; this plugin is for Wireshark $series."
[[ $(uname -m) == "$machine" ]] || fail "This machine is $(uname -m); this plugin is for $machine."

whose=Personal
((EUID)) || whose=Global # started by root, Wireshark loads plugins from nowhere else
folder=$("$shark" -G folders 2>/dev/null | sed -n "s/^$whose Plugins:[[:space:]]*//p")
[[ $folder == /* ]] || fail "\"$shark -G folders\" names no folder after \"$whose Plugins:\"."
# Some versions of Wireshark name the folder of this kind of plugin, others the one above it.
[[ ${folder##*/} == epan ]] || folder+=/epan
plugin=$folder/vt600.so

if $remove; then
    [[ -e $plugin || -L $plugin ]] || fail "There is no $plugin."
    rm "$plugin"
    echo "Removed: $plugin"
    exit
fi

mkdir -p "$folder"
# Renamed into place: a Wireshark that runs keeps the copy that it has loaded.
new=$(mktemp "$folder/.vt600.XXXXXX")
trap 'rm -f "$new"' EXIT
cp "$here/vt600.so" "$new"
chmod 644 "$new"
mv -f "$new" "$plugin"
echo "Installed: $plugin"
"$here/install-profile" || echo "The plugin is installed all the same." >&2

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What packaging/demo and tests/run have in common; they source it. Gives them
#   root    the repository
#   build   the folder for builds: build/, or a temporary one where the repository cannot be written
#   work    a temporary folder, removed at exit

set -euo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=$root/build
if ! { mkdir -p "$build" && [[ -w $build ]]; } 2>/dev/null; then
    build=$work/build
fi

# For commands whose result stays in build/.
must_write_build() {
    if [[ $build != "$root/build" ]]; then
        echo "${0##*/} writes into $root/build, and cannot" >&2
        exit 1
    fi
}

missing=()

# need PACKAGES COMMAND...: the Debian PACKAGES (a word each) are missing if COMMAND fails.
need() {
    local packages=$1
    shift
    if ! "$@" >/dev/null 2>&1; then
        read -ra packages <<<"$packages"
        missing+=("${packages[@]}")
    fi
}

compiles() {
    echo "#include <stdio.h>" | cc -fsyntax-only -x c -
}

# From 4.4 on, Wireshark's headers need the config.h of wireshark-dev.
has_config_h() {
    pkg-config --max-version=4.3 wireshark || [[ -e $(pkg-config --variable=includedir wireshark)/wireshark/config.h ]]
}

need_to_build() {
    need "gcc libc6-dev" compiles
    need cmake cmake --version
    need ninja-build ninja --version
    need pkg-config pkg-config --version
    need libglib2.0-dev pkg-config --exists glib-2.0
    need libwireshark-dev pkg-config --exists wireshark
    need wireshark-dev has_config_h
    need tshark tshark --version
}

has_scudo() {
    [[ -e $(clang -print-file-name="libclang_rt.scudo_standalone-$(uname -m).so") ]]
}

# What tests/gui.py needs.
need_screen() {
    need wireshark wireshark --version
    need xvfb Xvfb -help
    need openbox openbox --version
    need xdotool xdotool --version
    need imagemagick import -version
    need "clang libclang-rt-dev" has_scudo
    need "dbus dbus-bin" dbus-daemon --version
    need "at-spi2-core gir1.2-atspi-2.0 python3-gi" /usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")'
    need fonts-dejavu-core test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
}

# Installs what is missing, and touches nothing if nothing is. Silent, unless it fails; sudo asks at the terminal.
install_missing() {
    local as_root=() apt
    ((${#missing[@]})) || return 0
    apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    ((EUID == 0)) || as_root=(sudo)
    if ! command -v apt-get >/dev/null || ! command -v "${as_root[@]:-apt-get}" >/dev/null; then
        please_install
    fi
    echo "Installing ${missing[*]}" >&2
    # The lists that are there may do where there are no newer ones.
    "${as_root[@]}" "${apt[@]}" update >"$work/log" 2>&1 || true
    if ! "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$work/log" 2>&1; then
        cat "$work/log" >&2
        please_install
    fi
}

please_install() {
    echo "Please have these packages installed first (names as in Debian and Ubuntu): ${missing[*]}" >&2
    exit 1
}

# build_in FOLDER [CMAKE OPTIONS...]: silent, unless it fails or warns.
build_in() {
    local folder=$1
    shift
    if ! { cmake -S "$root" -B "$folder" -G Ninja "$@" && cmake --build "$folder"; } >"$work/log" 2>&1; then
        cat "$work/log" >&2
        exit 1
    fi
}

# as_user COMMAND...: as root, Wireshark loads plugins from the global folder only, so it must run as somebody else. With the
# right to pass over file permissions that one still reads and writes what root can.
as_user() {
    if ((EUID == 0)); then
        setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override "$@"
    else
        "$@"
    fi
}

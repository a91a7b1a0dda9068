# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian releases in folders, for the versions of Wireshark that they have. Made by debootstrap, kept in a cache, entered in
# namespaces of their own: mounts and processes end with the command. tests/matrix, tests/packages and tests/newcomer source it,
# after packaging/setup.sh. Knows nothing of what runs in there.

: "${root:?}" "${build:?}" "${work:?}" # of setup.sh

# Which release has which series of Wireshark.
# shellcheck disable=SC2034 # for those who source this
declare -rA release_of=([4.0]=bookworm [4.4]=trixie [4.6]=sid)
# shellcheck disable=SC2034 # for those who source this
readonly all_series=(4.0 4.4 4.6)

cache=${VT600_MATRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vt600-matrix}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

need_chroots() {
    ((EUID == 0)) || return 0
    need debootstrap debootstrap --version
    need debian-archive-keyring test -e "$keyring"
}

# The Debian mirror that apt uses here; nothing where it uses none.
debian_mirror() {
    # shellcheck disable=SC2016 # apt-get's own $(...)
    apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
        awk '$1 == "Debian" && $2 == "Debian" && !uri { uri = $3 } END { print uri }'
}

# Why there can be no chroots here; nothing if there can. Refreshes apt's lists where they do not tell a mirror.
no_chroots_because() {
    if ((EUID != 0)); then
        echo "this takes root"
    elif ! command -v debootstrap >/dev/null; then
        echo "this takes debootstrap"
    elif ! unshare --mount --pid --fork true 2>/dev/null; then
        echo "this machine allows root no namespaces of its own"
    elif [[ -z $(debian_mirror) ]] && ! { apt-get -qq update >/dev/null 2>&1 && [[ $(debian_mirror) ]]; }; then
        echo "apt knows no Debian mirror here"
    fi
}

# In namespaces that end with this shell, however it ends: what runs there, and what it mounts.
apart() {
    setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child "$@"
}

# How apt gets through to the mirror here, for the chroots: proxies and the like. A mirror's clock may stand still.
write_apt_conf() {
    {
        apt-config dump | grep -E '^Acquire::(http|https|Retries)\b' || true
        echo 'Acquire::Check-Valid-Until "false";'
        if [[ -e /etc/ssl/certs/ca-certificates.crt ]]; then
            cp /etc/ssl/certs/ca-certificates.crt "$1/ca.crt"
            echo 'Acquire::https::CaInfo "/tmp/ca.crt";'
        fi
    } >"$1/apt.conf"
}

# Waits until nobody else works in the cache, for as long as this shell lives.
lock_cache() {
    mkdir -p "$cache"
    exec {cache_lock}>"$cache/lock"
    flock "$cache_lock"
}

# Makes $cache/RELEASE.bare unless it is there: what every Debian system has, and nothing more.
make_bare() {
    local release=$1 folder=$cache/$1.bare proxy=${http_proxy-}
    [[ ! -e $folder ]] || return 0
    echo "Making $folder by debootstrap" >&2
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [[ $proxy != DIRECT ]] || proxy=
    rm -rf "$folder.new"
    if ! http_proxy=$proxy apart debootstrap --variant=minbase --force-check-gpg --keyring="$keyring" \
        "$release" "$folder.new" "$(debian_mirror)" >"$work/debootstrap.log" 2>&1; then
        cat "$work/debootstrap.log" >&2
        echo "debootstrap did not make $release from $(debian_mirror); its last words are above" >&2
        return 1
    fi
    mv "$folder.new" "$folder"
}

# Makes $cache/RELEASE unless it is there; it is for building and testing, and gathers packages.
make_chroot() {
    local folder=$cache/$1
    [[ ! -e $folder ]] || return 0
    make_bare "$1" || return 1
    rm -rf "$folder.new"
    cp -a "$cache/$1.bare" "$folder.new"
    mv "$folder.new" "$folder"
}

# in_chroot NAME COMMAND...: runs it in $cache/NAME. There the repository is /src, with a build/ of its own; of the rest only
# goldens can be written.
in_chroot() {
    local folder=$cache/$1 own_build=$build/matrix/$1 scratch
    shift
    scratch=$(mktemp -d "$work/chroot.XXXXXX")
    mkdir -p "$scratch/home" "$own_build"
    chmod 1777 "$scratch"
    write_apt_conf "$scratch"
    # shellcheck disable=SC2016 # expanded in there
    apart bash -euc '
        folder=$1 source=$2 build=$3 scratch=$4
        shift 4
        mkdir -p "$folder/src"
        mount -t proc proc "$folder/proc"
        mount --rbind /dev "$folder/dev"
        mount --bind "$scratch" "$folder/tmp"
        mount --bind -o ro "$source" "$folder/src"
        mount --bind "$source/tests/golden" "$folder/src/tests/golden"
        [[ ! -d $folder/src/build ]] || mount --bind "$build" "$folder/src/build"
        for file in /etc/resolv.conf /etc/hosts; do
            [[ ! -e $file ]] || { touch "$folder$file" && mount --bind "$file" "$folder$file"; }
        done
        exec chroot "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home LC_ALL=C.UTF-8 TZ=UTC \
            APT_CONFIG=/tmp/apt.conf ${SOURCE_DATE_EPOCH+SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"} \
            ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} "$@"
    ' bash "$folder" "$root" "$own_build" "$scratch" "$@"
}

# in_fresh_system RELEASE COMMAND...: likewise, in a system that has nothing but what Debian always has, and is thrown away. Its
# name is RELEASE.fresh.
in_fresh_system() {
    local release=$1 fresh=$1.fresh result=0
    shift
    make_bare "$release" || return 1
    rm -rf "${cache:?}/$fresh"
    cp -a "$cache/$release.bare" "$cache/$fresh"
    in_chroot "$fresh" "$@" || result=1
    # What was downloaded will be asked for again.
    cp -n "$cache/$fresh"/var/cache/apt/archives/*.deb "$cache/$release.bare/var/cache/apt/archives/" 2>/dev/null || true
    rm -rf "${cache:?}/$fresh" "$build/matrix/$fresh"
    return "$result"
}

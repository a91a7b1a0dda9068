# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wireshark's source, as the distribution has it; tests/battery/run and tests/in_tree source this.

# shellcheck source=/dev/null
distribution=$(. /etc/os-release && echo "$ID")
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

# private_apt FOLDER ARGUMENTS...: apt-get with a state of its own: the machine's lists and sources stay as they are.
private_apt() {
    local folder=$1
    shift
    apt-get -qq -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=- \
        -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o "APT::Sandbox::User=$(id -un)" "$@"
}

# fetch_source FOLDER SUITE: leaves the archive of this release of the distribution in FOLDER, as wireshark_*.orig.tar.*. From
# where the machine has its packages the source can be had too; its signature covers the archive by way of the lists.
fetch_source() {
    local folder=$1 suite=$2 site keyring=/usr/share/keyrings/$distribution-archive-keyring.gpg signed=
    rm -rf "$folder"
    mkdir -p "$folder"/{lists,cache/archives}/partial
    # shellcheck disable=SC2016
    site=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v release="$release" '$2 == release && ($3 == "main" || $3 == "universe") { print $1; exit }')
    if [[ -z $site ]]; then
        echo "no source of packages for $release in apt's configuration" >&2
        return 1
    fi
    [[ ! -e $keyring ]] || signed="[signed-by=$keyring]"
    echo "deb-src $signed $site $suite main universe" >"$folder/sources.list"
    [[ $distribution != debian ]] || sed -i 's/ universe//' "$folder/sources.list"
    private_apt "$folder" update >&2 &&
        (cd "$folder" && private_apt "$folder" source --download-only --tar-only wireshark >&2)
}

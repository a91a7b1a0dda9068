# SPDX-License-Identifier: GPL-2.0-or-later
"""The archive that `packaging/package tar` makes: its install.sh puts the plugin where Wireshark finds it, or says why not."""

import fcntl
import os
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from wireshark import AS_USER, ROOT

pytestmark = pytest.mark.slow
PROFILE = ROOT / "packaging/profile/VT600 OTA"


@pytest.fixture(scope="module")
def made():
    """(the archive, the profile's zip file)"""
    if not os.access(ROOT / "build", os.W_OK):
        pytest.skip("build/ cannot be written")
    packages, stamp, run = ROOT / "build/packages", ROOT / "build/packages.stamp", os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    with open(stamp, "a+", encoding="ascii") as said:  # of all the processes of a run of tests one makes it
        fcntl.flock(said, fcntl.LOCK_EX)
        said.seek(0)
        if not run or said.read() != run:
            subprocess.run([ROOT / "packaging/package", "tar"], check=True, capture_output=True)
            said.truncate(0)
            said.write(run)
    return next(packages.glob("vt600-*.tar.xz")), packages / "VT600 OTA.zip"


@pytest.fixture(name="outside")
def fixture_outside():
    """A folder that everybody may look into: pytest's own are closed."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(name="person")
def fixture_person(made, outside):
    """person(COMMAND, PATH folders before the usual ones): what it printed, as somebody with the unpacked archive in the home."""
    with tarfile.open(made[0]) as archive:
        archive.extractall(outside)
    folder, = outside.glob("vt600-*")
    home = outside / "home"
    home.mkdir()
    home.chmod(0o777)

    def run(*command, before=(), status=0):
        path = ":".join([*map(str, before), "/usr/bin:/bin"])
        run = subprocess.run([*AS_USER, "env", "-i", f"HOME={home}", f"PATH={path}", "LC_ALL=C.UTF-8", *command], cwd=folder,
                             capture_output=True, text=True, check=False)
        assert run.returncode == status, run
        return run.stdout + run.stderr
    run.home = home
    return run


def stand_in(folder, name, prints):
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\n")
    file.chmod(0o755)
    return [folder]


def test_archive_is_named_for_its_wireshark_and_has_what_it_installs(made):
    version = subprocess.check_output(["pkg-config", "--modversion", "wireshark"], text=True)
    series = ".".join(version.split(".")[:2])
    assert f"-wireshark{series}-{os.uname().machine}." in made[0].name
    with tarfile.open(made[0]) as archive:
        names = {Path(name).relative_to(made[0].name.removesuffix(".tar.xz")).as_posix() for name in archive.getnames()}
    assert {"vt600.so", "install.sh", "install-profile", "vt600-doctor", "COPYING", "CHANGELOG.md"} <= names
    assert {f"profile/VT600 OTA/{file.name}" for file in PROFILE.iterdir()} <= names


def test_zip_file_is_the_profile_in_its_folder(made):
    with zipfile.ZipFile(made[1]) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"VT600 OTA/{file.name}": file.read_bytes() for file in PROFILE.iterdir()}


def test_installed_plugin_is_loaded_and_can_be_removed(person):
    assert "Installed: " in person("./install.sh")
    loaded = [line for line in person("tshark", "-G", "plugins").splitlines() if line.startswith("vt600.so")]
    assert len(loaded) == 1 and str(person.home) in loaded[0]
    assert (person.home / ".config/wireshark/profiles/VT600 OTA/preferences").exists()
    assert "Installed: " in person("./install.sh")  # again, as for a newer version
    assert "Removed: " in person("./install.sh", "--remove")
    assert "vt600.so" not in person("tshark", "-G", "plugins")
    assert "There is no " in person("./install.sh", "--remove", status=1)


def test_what_does_not_fit_is_refused_and_nothing_is_installed(person, outside):
    other = stand_in(outside / "other", "tshark", "TShark (Wireshark) 9.8.7.")
    assert "is Wireshark 9.8; this plugin is for Wireshark" in person("./install.sh", before=other, status=1)
    machine = stand_in(outside / "machine", "uname", "pdp11")
    assert "This machine is pdp11; this plugin is for" in person("./install.sh", before=machine, status=1)
    assert "unexpected: --force" in person("./install.sh", "--force", status=1)
    assert not list(person.home.rglob("vt600.so"))

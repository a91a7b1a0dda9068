# SPDX-License-Identifier: GPL-2.0-or-later
"""What a newcomer's commands say where they cannot go on: no sudo, no network, no home.

Knows packaging/setup.sh, which they share, and cmake/InstallPlugin.cmake. That they go on where they can is in tests/newcomer.
"""

import os
import subprocess

import pytest

from wireshark import AS_USER, ROOT


def install_missing(folder, **commands):
    """setup.sh's install_missing, run by an ordinary user who has `commands` as shell scripts, and little else."""
    for name, script in commands.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    for name in ("bash", "cat", "dirname", "env", "mkdir", "mktemp", "rm"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    script = f"source '{ROOT}/packaging/setup.sh'; missing=(one two); install_missing; echo went on"
    return subprocess.run([*AS_USER, "/usr/bin/env", f"PATH={folder}", "bash", "-c", script], capture_output=True, text=True,
                          check=False)


@pytest.fixture
def folder(tmp_path):
    for path in [tmp_path, *tmp_path.parents[:2]]:
        os.chmod(path, 0o755)
    return tmp_path


@pytest.mark.parametrize("commands", [{}, {"sudo": "exec $@"}, {"apt_get": "echo apt"}], ids=["neither", "no apt", "no sudo"])
def test_packages_that_cannot_be_installed_are_named(folder, commands):
    run = install_missing(folder, **commands)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "Please have these packages installed first (names as in Debian and Ubuntu): one two\n"


def test_what_apt_says_is_shown_where_it_fails(folder):
    run = install_missing(folder, sudo='exec "$@"', apt_get="echo no network >&2; exit 100")
    assert run.returncode == 1 and "no network" in run.stderr
    assert run.stderr.endswith("Please have these packages installed first (names as in Debian and Ubuntu): one two\n")


def test_what_apt_says_is_not_shown_where_it_succeeds(folder):
    run = install_missing(folder, sudo='exec "$@"', apt_get="echo Unpacking; echo debconf >&2")
    assert (run.returncode, run.stdout, run.stderr) == (0, "went on\n", "Installing one two\n")


@pytest.mark.parametrize("home", ["none", ""])
def test_without_a_home_there_is_no_personal_folder(tmp_path, home):
    home = home and tmp_path / home
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {name: value for name, value in os.environ.items() if name != "DESTDIR"}
    run = subprocess.run(["cmake", "-Dplugin=vt600.so", "-Dplugin_version=4.0", "-P", ROOT / "cmake/InstallPlugin.cmake"],
                         env=environment | {"HOME": str(home)}, capture_output=True, text=True, check=False, **nobody)
    assert run.returncode and "is no folder" in run.stderr

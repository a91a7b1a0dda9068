# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixtures: `tshark` and `sharkd`, as described in wireshark.py."""

import os
import tempfile
from pathlib import Path

import pytest

from wireshark import ROOT, Wireshark


def pytest_addoption(parser):
    parser.addoption("--bless", action="append", default=[], metavar="NAME",
                     help="write the goldens of this capture anew (or CAPTURE.KIND, or all)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What is on the screen as a test of windows fails goes into build/gui-failures."""
    report = (yield).get_result()
    screen = getattr(item, "funcargs", {}).get("screen")
    if report.failed and screen:
        try:
            told = f"{screen.keep(ROOT / 'build/gui-failures', f'{item.name}-{report.when}')}.png, .txt"
        except Exception as error:  # the test's own failure must be told, whatever this one is
            told = f"not kept: {error}"
        report.sections.append(("the screen", told))


@pytest.fixture(scope="session")
def wireshark():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # for the user that Wireshark runs as
        yield Wireshark(Path(os.environ.get("VT600_PLUGIN_DIR", ROOT / "build/plugins")).resolve(), folder)


@pytest.fixture(scope="session")
def tshark(wireshark):
    return wireshark.tshark


@pytest.fixture(scope="session")
def sharkd(wireshark):
    return wireshark.sharkd

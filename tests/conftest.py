# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixtures: `tshark` and `sharkd`, as described in wireshark.py."""

import os
import tempfile
from pathlib import Path

import pytest

from wireshark import ROOT, Wireshark


def pytest_addoption(parser):
    parser.addoption("--bless", action="append", default=[], metavar="NAME",
                     help="write the goldens of this capture anew (or this one: CAPTURE.KIND, or all)")


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

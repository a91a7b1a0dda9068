# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written down of the plugin is current: its fields, its version."""

import re
import subprocess
import sys

from wireshark import ROOT

VERSION = re.search(r"^project\(vt600 VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def test_the_reference_of_the_fields_is_that_of_the_plugin(wireshark, tmp_path):
    listings = [tmp_path / report for report in ("fields", "values")]
    for listing in listings:
        listing.write_text(wireshark.glossary(listing.name))
    made = subprocess.check_output([sys.executable, ROOT / "packaging/fields.py", *listings], text=True)
    assert made == (ROOT / "doc/fields.md").read_text(), "fields changed: run packaging/fields, read the diff"


def test_every_field_that_frames_show_is_in_the_reference(tshark):
    reference = (ROOT / "doc/fields.md").read_text()
    shown = set()
    for capture in ("ota-complete", "base-protocol-commands", "frames-damaged-by-bit-errors"):
        shown |= set(re.findall(r'(?:field|proto) name="(vt600\.[^"]+)"', tshark("-2", "-T", "pdml", capture=capture)))
    assert len(shown) > 60 and {name for name in shown if f"`{name}`" not in reference} == set()


def test_the_newest_version_in_the_changelog_is_the_plugins(wireshark):
    newest = re.search(r"^## (\S+), (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest[1] == VERSION
    assert re.search(rf"^vt600\.so\s+{re.escape(VERSION)}\s", wireshark.glossary("plugins"), re.MULTILINE)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Remarks: expert information is there without a filter, and the Info column has a word for it."""

import re

import pytest

from wireshark import CAPTURES

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))

# An expert information, the word of the Info column that stands for it, and a capture that has it.
WORDS = {
    "vt600.checksum.bad": ("bad checksum", "document-samples"),
    "vt600.length.bad": ("bad length", "frames-with-wrong-length"),
    "vt600.terminator.bad": ("bad terminator", "frames-damaged-by-bit-errors"),
    "vt600.device_id.bad": ("bad ID", "device-ids-of-every-kind"),
    "vt600.data.bad": ("short data", "data-shorter-or-longer-than-needed"),
    "vt600.data.extra": ("extra data", "data-shorter-or-longer-than-needed"),
    "vt600.unsolicited": ("unsolicited", "block-sent-again-before-late-answer"),
    "vt600.ota.old_firmware": ("old firmware", "old-firmware-version"),
    "vt600.ota.gap": ("gap", "blocks-leave-gaps"),
    "vt600.ota.overlap": ("overlap", "blocks-overlap-with-other-content"),
    "vt600.ota.block_too_long": ("too long", "block-longer-than-announced"),
    "vt600.ota.unauthorized_data": ("unauthorized", "data-without-authorization"),
    "vt600.ota.expired": ("expired", "ota-idle-for-21-minutes"),
    "vt600.ota.length_mismatch": ("length mismatch", "check-announces-another-length"),
    "vt600.ota.upgrade_unchecked": ("unchecked", "upgrade-without-check"),
}


def experts(tshark, name, *options, filter=""):
    table = tshark(*options, "-q", "-z", f"expert{filter}", capture=name)
    return [line for line in table.splitlines() if not line.startswith(("Filter:", "==="))]


@pytest.mark.slow
@pytest.mark.sanitized
@pytest.mark.parametrize("name", NAMES)
def test_expert_information_is_the_same_with_and_without_a_tree(tshark, name):
    assert experts(tshark, name) == experts(tshark, name, filter=",frame")


def test_expert_information_is_told_in_the_second_pass_too(tshark):
    name = "blocks-leave-gaps"
    assert experts(tshark, name, "-2") == experts(tshark, name, "-2", filter=",frame") == experts(tshark, name)


def test_gui_has_expert_information_after_loading_without_a_filter(sharkd):
    info, = sharkd(("tap", {"tap0": "expert"}), capture="blocks-leave-gaps")
    assert any("Gap before the block" in detail["m"] for tap in info["taps"] for detail in tap["details"])


@pytest.mark.parametrize("field", WORDS)
def test_info_column_has_a_word_for_each_remark(tshark, field):
    word, name = WORDS[field]
    rows = tshark("-T", "fields", "-e", field, "-e", "vt600.retransmission", "-e", "vt600.damaged", "-e", "_ws.col.Info",
                  capture=name).splitlines()
    whole = [(found, info) for found, again, damaged, info in (row.split("\t") for row in rows)
             if not again and not damaged and "[cut]" not in info]
    assert any(found for found, _ in whole)
    for found, info in whole:
        assert bool(found) == (f"[{word}]" in info), info


def test_a_checksum_that_is_not_checked_is_not_called_bad(tshark):
    assert "[bad checksum]" in tshark(capture="document-samples")
    unchecked = "-o", "vt600.check_checksum:FALSE"
    assert "[bad checksum]" not in tshark(*unchecked, capture="document-samples")
    assert "[bad checksum]" not in tshark(*unchecked, "-q", "-z", "flow,vt600,network", capture="document-samples")


RESULTS = {"granted": 0x9501, "denied": 0x9501, "stored": 0x9502, "failed": 0x9502, "going to upgrade": 0x9504,
           "finished": 0x9504, "cancelled": 0x9505}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["authorization-refused", "block-refused-and-sent-again", "ota-cancelled"])
def test_a_result_finds_what_it_says_and_nothing_else(tshark, name):
    for word, command in RESULTS.items():
        found = tshark("-Y", f'vt600.ota.result == "{word}"', "-T", "fields", "-e", "vt600.command", "-e", "_ws.col.Info",
                       capture=name).splitlines()
        said = [line for line in tshark("-Y", "vt600.ota.flag", "-T", "fields", "-e", "vt600.command", "-e",
                                        "_ws.col.Info", capture=name).splitlines() if re.search(rf": {word}\b", line)]
        assert found == said
        assert all(line.startswith(f"0x{command:04x}") for line in found)

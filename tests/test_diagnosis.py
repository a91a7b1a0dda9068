# SPDX-License-Identifier: GPL-2.0-or-later
"""Did it get its firmware, why not, whose fault: updates whose truth is known (truth.py), in every way of reading.

More of them, and others:

    VT600_UPDATES=5000 VT600_SEED=7 tests/run -k truth
"""

import collections
import json
import os
import re
import subprocess

import pytest

import truth
from wireshark import CAPTURES, ROOT

SEED = int(os.environ.get("VT600_SEED", "1"))
UPDATES = int(os.environ.get("VT600_UPDATES", "1000"))
PER_CAPTURE = 100


CAUSES = json.loads((ROOT / "tests/report.schema.json").read_text())["properties"]["cause"]["enum"]


def report(tshark, capture, *args):
    return [json.loads(line) for line in tshark(*args, "-q", "-z", "vt600,report", capture=capture).splitlines()]


def last_of(rows):
    """{device: (its last session that is an update, how many there are)}"""
    found = {}
    for row in rows:
        if row["updated"] is not None:
            found[row["device_id"]] = row, found.get(row["device_id"], (None, 0))[1] + 1
    return found


def differences(truths, rows, confusion):
    last = last_of(rows)
    for one in truths:
        row, attempts = last.get(one.device, (None, 0))
        if row is None:
            yield f"{one}: no session"
            continue
        said = row["updated"], row["cause"], row["party"]
        confusion[(one.updated, one.cause, one.party), said] += 1
        if said != (one.updated, one.cause, one.party):
            yield f"{one}: {said}, frames {row['evidence']}: {row['explanation']}"
        elif not one.evidence <= set(row["evidence"]):
            yield f"{one}: evidence {row['evidence']}"
        elif one.attempts is not None and attempts != one.attempts:
            yield f"{one}: {attempts} sessions"


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one-pass", "two-passes"])
def test_every_outcome_is_told(tshark, passes):
    comments = re.findall("^# ([0-9]+): (.*)", (CAPTURES / "every-outcome.dialog").read_text(), re.MULTILINE)
    said = {device: ", ".join(filter(None, (row["updated"], row["cause"], row["party"])))
            for device, (row, _) in last_of(report(tshark, "every-outcome", *passes)).items()}
    assert said == dict(comments)
    assert not {cause for cause in CAUSES if cause} - set(re.findall("[a-z-]+", " ".join(said.values())))


@pytest.mark.parametrize("number", range(-(-UPDATES // PER_CAPTURE)))
def test_the_truth_is_told(number, tshark):
    capture, truths = truth.told(SEED * 1000 + number, PER_CAPTURE)
    confusion = collections.Counter()
    rows = report(tshark, capture)
    wrong = list(differences(truths, rows, confusion))
    if os.environ.get("VT600_CONFUSION"):
        with open(os.environ["VT600_CONFUSION"], "a") as file:
            for (true, said), count in confusion.items():
                print(json.dumps([true, said, count]), file=file)
    assert not wrong, "\n".join(wrong[:8])
    assert rows == report(tshark, capture, "-2")
    for row in rows:
        assert row["evidence"] and row["evidence"] == sorted(set(row["evidence"]))
        assert row["explanation"].endswith(".") and "\n" not in row["explanation"]
        assert row["waited"]["tracker"] + row["waited"]["server"] <= row["seconds"] + 1e-6
        assert (row["cause"] is None) == (row["updated"] in (None, "confirmed", "reported"))


@pytest.mark.parametrize("only", ["<", ">"])
def test_of_one_direction_nothing_can_be_told(only, tshark):
    capture, truths = truth.told_one_sided(SEED, 10, only)
    wrong = list(differences(truths, report(tshark, capture), collections.Counter()))
    assert not wrong, "\n".join(wrong)


def test_every_story_is_told():
    """Or else the tests above prove less than they seem to."""
    names = {(one.updated, one.cause, one.party) for number in range(10) for one in truth.told(number, 100)[1]}
    assert len({cause for _, cause, _ in names}) == 17 and len(names) >= 20


# Remarks that speak of a mistake, and the parties that can be at fault.
ACCUSATIONS = " or ".join([*(f"vt600.ota.{name}" for name in (
    "retry", "gap", "overlap", "nak", "refused", "block_too_long", "unauthorized_data", "length_mismatch", "upgrade_unchecked",
    "expired", "closed", "left")), "vt600.unsolicited", "vt600.checksum.bad", "vt600.length.bad", "vt600.data.bad",
    'vt600.ota.party == "tracker"', 'vt600.ota.party == "server"', 'vt600.ota.party == "network"'])


def test_a_snap_length_accuses_nobody(sharkd, tmp_path):
    """Of a whole update: what was cut off is in no frame, and that is nobody's part."""
    tmp_path.chmod(0o755)
    asked = []
    for length in range(54, 221):
        path = tmp_path / f"{length}.pcapng"
        subprocess.run(["editcap", "-s", str(length), CAPTURES / "upgrade-finished-on-new-connection.pcapng", path], check=True)
        # sharkd remembers by a filter's text what passed it, also when another file is loaded.
        asked += [("load", {"file": str(path)}),
                  ("frames", {"filter": f"({ACCUSATIONS}) and not frame.comment == \"{length}\""})]
    answers = sharkd(*asked[1:], capture=asked[0][1]["file"])[::2]
    accused = {length: [frame["num"] for frame in frames] for length, frames in enumerate(answers, 54) if frames}
    assert not accused


def test_sharkd_tells_what_tshark_tells(sharkd, tshark):
    names = ("session", "updated", "cause", "party")
    columns = {f"column{number}": f"vt600.ota.{name}:0" for number, name in enumerate(names)}
    frames, = sharkd(("frames", {"filter": "vt600.ota.updated", **columns}), capture="every-outcome")
    told = {tuple(frame["c"]) for frame in frames}
    assert told == {(str(row["session"]), *(row[name] or "" for name in names[1:]))
                    for row in report(tshark, "every-outcome") if row["updated"]}

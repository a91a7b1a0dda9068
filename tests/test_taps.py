# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics: what each table counts is what the fields of the frames say, however and how often it is asked for.

What the tables look like is in golden/CAPTURE.tap-KIND.txt.
"""

import hashlib
import json
import sys
from collections import Counter, defaultdict

import jsonschema
import pytest

from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(CAPTURES))

import dialog  # noqa: E402

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
SOME = ["ota-complete", "two-trackers-behind-one-connection", "ota-resumed-on-new-connection", "frames-damaged-by-bit-errors",
        "second-attempt-after-cancel", "foreign-text-protocols"]
SCHEMA = json.loads((ROOT / "tests/report.schema.json").read_text(encoding="utf-8"))

TABLES = ["vt600,tree", "vt600,sessions", "vt600,srt", "vt600,report", "flow,vt600,network"]
SHARKD_TABLES = ["stat:vt600", "nstat:vt600,sessions", "srt:vt600", "seqa:vt600"]

# What a flow graph must not leave out.
TROUBLE = " || ".join(f"vt600.ota.{name}" for name in ("nak", "refused", "retry", "gap", "overlap", "expired"))


def table(tshark, name, capture, *args):
    return tshark(*args, "-q", "-z", name, capture=capture)


def report(tshark, capture, *args, condition=""):
    return [json.loads(line) for line in
            table(tshark, "vt600,report" + (f",{condition}" if condition else ""), capture, *args).splitlines()]


def fields(tshark, capture, names, condition):
    """In two passes: a row for each packet, a list of texts for each field."""
    wanted = [arg for name in names for arg in ("-e", name)]
    lines = tshark("-2", "-Y", condition, "-T", "fields", "-E", "separator=/t", *wanted, capture=capture).splitlines()
    return [[value.split(",") if value else [] for value in line.split("\t")] for line in lines]


def asked(sharkd, *tables):
    return "tap", {f"tap{number}": name for number, name in enumerate(tables)}


def tables_of(answer):
    """Of sharkd: {table: what it holds}. The trees' order of equal counts is by chance."""
    return {one["tap"]: {key: value for key, value in one.items() if key != "tap"} for one in answer["taps"]}


def counts(nodes, path=()):
    """Of sharkd's tree: {path: count}."""
    found = {}
    for node in nodes:
        found[(*path, node["name"])] = node["count"]
        found |= counts(node.get("sub", []), (*path, node["name"]))
    return found


@pytest.mark.parametrize("capture", NAMES)
def test_report_holds_to_its_schema(tshark, capture):
    sessions = report(tshark, capture)
    for session in sessions:
        jsonschema.validate(session, SCHEMA)
        assert list(session) == SCHEMA["required"]
    assert sessions == report(tshark, capture, "-2")
    numbers = [session["session"] for session in sessions]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("capture", NAMES)
def test_report_says_what_the_last_frame_of_each_session_says(tshark, capture):
    names = [f"vt600.ota.{name}" for name in ("session", "bytes_sent", "bytes_acked", "blocks_acked", "retries", "bytes_total")]
    last, frames = {}, defaultdict(list)
    for number, session, *values in fields(tshark, capture, ["frame.number", *names], "vt600.ota.session"):
        for place, one in enumerate(session):
            frames[int(one)].append(int(number[0]))
            last[int(one)] = [int(value[place]) if len(value) == len(session) else None for value in values]
    sessions = report(tshark, capture)
    assert [session["session"] for session in sessions] == sorted(last)
    for session in sessions:
        shown = [session[name] for name in ("bytes_sent", "bytes_acked", "blocks_acked", "retries", "bytes_total")]
        assert shown == last[session["session"]]
        assert (session["first_frame"], session["last_frame"]) == (min(frames[session["session"]]), max(frames[session["session"]]))
        missing = sum(end - first for first, end in session["gaps"])
        assert all(first < end for first, end in session["gaps"])
        if session["bytes_acked"] <= session["bytes_sent"] and not missing:
            assert session["bytes_acked"] == session["bytes_sent"]
        if session["bytes_total"]:
            assert session["progress"] == pytest.approx(100 * session["bytes_acked"] / session["bytes_total"], abs=1e-6)


@pytest.mark.parametrize("capture", sorted(path.stem for path in CAPTURES.glob("*.dialog")))
def test_report_has_the_digest_of_the_image_that_was_sent(tshark, capture, monkeypatch):
    told = []
    finish = dialog.Dialog.finish
    monkeypatch.setattr(dialog.Dialog, "finish", lambda self: told.append(self) or finish(self))
    dialog.read(CAPTURES / f"{capture}.dialog")
    digests = {hashlib.sha256(image).hexdigest() for image in told[0].images.values()}
    for session in report(tshark, capture):
        whole = session["bytes_total"] and not session["gaps"] and session["bytes_acked"] == session["bytes_total"]
        if session["image_sha256"]:
            assert whole
        if session["image_checksum"]["match"]:
            assert session["image_sha256"] in digests


@pytest.mark.parametrize("capture", NAMES)
@pytest.mark.parametrize("name", TABLES[:4])
def test_table_is_the_same_in_two_passes(tshark, name, capture):
    assert table(tshark, name, capture) == table(tshark, name, capture, "-2")


@pytest.mark.parametrize("capture", NAMES)
def test_tree_counts_frames_and_outcomes(tshark, sharkd, capture):
    tree = counts(tables_of(sharkd(asked(sharkd, "stat:vt600"), capture=capture)[0])["stats:vt600"]["stats"])
    seen, again = Counter(), 0
    for headers, codes, retransmissions in fields(tshark, capture, ["vt600.header", "vt600.command", "vt600.retransmission"],
                                                  "vt600"):
        again += len(retransmissions)
        if len(headers) == len(codes) and not retransmissions:
            seen.update("Server to tracker" if int(header, 16) == 0x4040 else "Tracker to server" for header in headers)
    if not again:  # else a packet may hold both
        for side, count in seen.items():
            assert tree.get(("Commands", side), 0) >= count
    assert tree[("Commands",)] == sum(count for path, count in tree.items() if path[0] == "Commands" and len(path) == 3)
    states = Counter(session["state"] for session in report(tshark, capture))
    assert {path[1]: count for path, count in tree.items() if path[0] == "OTA sessions" and len(path) == 2 and count} == states
    assert tree[("OTA sessions",)] == states.total()


@pytest.mark.parametrize("capture", NAMES)
def test_sessions_table_has_the_report_s_rows(tshark, sharkd, capture):
    rows = tables_of(sharkd(asked(sharkd, "nstat:vt600,sessions"), capture=capture)[0])["nstat:vt600,sessions"]["tables"][0]["i"]
    sessions = {session["session"]: session for session in report(tshark, capture)}
    assert sorted(row[0] for row in rows) == sorted(sessions)
    for number, device, streams, firmware, state, acked, total, progress, blocks, retries, naks, seconds, _ in rows:
        session = sessions[number]
        assert [device, streams, firmware, state, acked, blocks, retries, naks] == [
            session["device_id"], ",".join(map(str, session["streams"])), session["firmware_version"] or "-", session["state"],
            session["bytes_acked"], session["blocks_acked"], session["retries"], session["naks"]]
        assert total.strip() == str(session["bytes_total"] or "-")
        assert progress.strip() == ("-" if session["progress"] is None else f'{session["progress"]:.1f}%')
        assert seconds == pytest.approx(session["seconds"], abs=1e-6)


@pytest.mark.parametrize("capture", NAMES)
def test_response_times_are_those_of_the_first_answers(tshark, sharkd, capture):
    rows = tables_of(sharkd(asked(sharkd, "srt:vt600"), capture=capture)[0])["srt:vt600"]["tables"][0]["r"]
    answered = fields(tshark, capture, ["vt600.response_in"], "vt600.response_in")
    assert sum(row["num"] for row in rows) <= sum(len(numbers) for numbers, in answered)
    for row in rows:
        assert row["min"] <= row["tot"] / row["num"] * 1.000001 and row["max"] <= row["tot"] * 1.000001


@pytest.mark.parametrize("capture", NAMES)
def test_flow_tells_of_all_trouble(tshark, capture):
    ladder = table(tshark, "flow,vt600,network", capture)
    told = Counter(float(line[1:].split("|")[0]) for line in ladder.splitlines()[2::2])
    for time, in fields(tshark, capture, ["frame.time_relative"], f"({TROUBLE}) && !vt600.retransmission"):
        assert told[pytest.approx(float(time[0]), abs=1e-6)] or round(float(time[0]), 6) in told, time


def test_flow_leaves_out_the_blocks_of_a_long_run(tshark):
    ladder = table(tshark, "flow,vt600,network", "ota-complete").splitlines()[2::2]
    assert len(ladder) == 13
    assert sum("448 before it left out" in line for line in ladder) == 2


@pytest.mark.parametrize("name", TABLES)
def test_table_of_foreign_traffic_is_empty(tshark, name):
    for capture in ("foreign-text-protocols", "foreign-binary-protocols", "foreign-datagrams"):
        assert "101130" not in table(tshark, name, capture)


def test_filter_chooses_sessions(tshark):
    capture = "two-trackers-behind-one-connection"
    both = report(tshark, capture)
    for device in ("101130923633", "101130923634"):
        condition = f'vt600.device_id == "{device}"'
        assert report(tshark, capture, condition=condition) == [one for one in both if one["device_id"] == device]
    assert report(tshark, capture, "-2", "-R", 'vt600.device_id == "101130923633"') == both[:1]
    assert not report(tshark, capture, condition="frame.number == 0")


@pytest.mark.parametrize("name", [name for name in TABLES if name != "vt600,sessions"])
def test_two_filters_in_one_run_make_two_tables(tshark, name):
    capture = "two-trackers-behind-one-connection"
    conditions = [f'{name},vt600.device_id == "{device}"' for device in ("101130923633", "101130923634")]
    alone = [table(tshark, condition, capture) for condition in conditions]
    together = tshark("-q", "-z", conditions[0], "-z", conditions[1], capture=capture)
    assert together in (alone[0] + alone[1], alone[1] + alone[0])


def test_two_filters_share_the_table_of_sessions(tshark):
    capture = "two-trackers-behind-one-connection"
    conditions = [f'vt600,sessions,vt600.device_id == "{device}"' for device in ("101130923633", "101130923634")]
    text = tshark("-q", "-z", conditions[0], "-z", conditions[1], capture=capture)
    assert text.count("Completed") == 4


@pytest.mark.parametrize("capture", SOME)
def test_sharkd_gives_the_same_again_and_for_another_file(sharkd, capture):
    ask = asked(sharkd, *SHARKD_TABLES, "stat:vt600", "seqa:vt600")
    other = {"file": str(CAPTURES / "ota-cancelled.pcapng")}
    first, again, _, others, _, back = sharkd(ask, ask, ("load", other), ask,
                                              ("load", {"file": str(CAPTURES / f"{capture}.pcapng")}), ask, capture=capture)
    assert tables_of(first) == tables_of(again) == tables_of(back)
    assert tables_of(others) == tables_of(sharkd(ask, capture="ota-cancelled")[0])


def test_wrong_filter_ends_the_run(tshark):
    with pytest.raises(AssertionError, match="exit status [1-9]"):
        table(tshark, "vt600,report,nonsense ==", "ota-cancelled")

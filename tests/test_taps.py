# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics: what each table counts is what the fields of the frames say, however and how often it is asked for.

What the tables look like is in golden/CAPTURE.tap-KIND.txt.
"""

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict

import jsonschema
import pytest

from quick import each
from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(CAPTURES))

import dialog  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
SOME = ["two-trackers-behind-one-connection", "ota-resumed-on-new-connection", "frames-damaged-by-bit-errors",
        "foreign-text-protocols"]
SCHEMA = json.loads((ROOT / "tests/report.schema.json").read_text(encoding="utf-8"))

TABLES = ["vt600,tree", "vt600,sessions", "vt600,srt", "vt600,report", "flow,vt600,network"]
SHARKD_TABLES = ["stat:vt600", "nstat:vt600,sessions", "srt:vt600", "seqa:vt600"]

SIDES = {"0x4040": "Server to tracker", "0x2424": "Tracker to server"}

# What a flow graph must not leave out.
TROUBLE = [f"vt600.ota.{name}" for name in ("nak", "refused", "retry", "gap", "overlap", "expired")]


FIELDS = ["frame.number", "frame.time_relative", "vt600.header", "vt600.command", "vt600.retransmission",
          "vt600.response_in"] + [f"vt600.ota.{name}" for name in ("session", "bytes_sent", "bytes_acked", "blocks_acked",
                                                                   "retries", "bytes_total")] + TROUBLE


def table(tshark, name, capture, *args):
    return tshark(*args, "-q", "-z", name, capture=capture)


def lines_of(text):
    """The report's lines of what tshark prints."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def report(tshark, capture, *args, condition=""):
    return lines_of(table(tshark, "vt600,report" + (f",{condition}" if condition else ""), capture, *args))


def rows_of(tshark, capture):
    """In two passes: for each packet {field: its values as texts}."""
    wanted = [arg for name in FIELDS for arg in ("-e", name)]
    lines = tshark("-2", "-Y", "vt600", "-T", "fields", "-E", "separator=/t", *wanted, capture=capture).splitlines()
    return [{name: value.split(",") if value else [] for name, value in zip(FIELDS, line.split("\t"))} for line in lines]


def asked(*tables):
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


class Seen:
    """All that is said of a capture, asked for once."""

    def __init__(self, tshark, sharkd, capture):
        self.one_pass, self.two_passes = (
            tshark(*args, "-q", *(arg for name in TABLES for arg in ("-z", name)), capture=capture) for args in ([], ["-2"]))
        self.report = lines_of(self.one_pass)
        self.tables = tables_of(sharkd(asked(*SHARKD_TABLES), capture=capture)[0])
        self.rows = rows_of(tshark, capture)
        self.capture = capture


# Of the module, so that all tests of one capture run one after another, in one process.
@pytest.fixture(scope="module", params=each(NAMES))
def seen(request, tshark, sharkd):
    return Seen(tshark, sharkd, request.param)


def test_report_holds_to_its_schema(seen):
    for session in seen.report:
        jsonschema.validate(session, SCHEMA)
        assert list(session) == SCHEMA["required"]
    numbers = [session["session"] for session in seen.report]
    assert numbers == sorted(set(numbers))


def test_tables_are_the_same_in_two_passes(seen):
    def without_progress(text):  # which only the second pass knows from the start
        return re.sub(r" \([0-9]+ of [0-9]+ bytes, [0-9.]+%\)", "", text)
    assert without_progress(seen.one_pass) == without_progress(seen.two_passes)


def test_report_says_what_the_last_frame_of_each_session_says(seen):
    names = ["bytes_sent", "bytes_acked", "blocks_acked", "retries", "bytes_total"]
    last, frames = {}, defaultdict(list)
    for row in seen.rows:
        if not row["vt600.command"]:  # the end of a connection
            continue
        numbers = row["vt600.ota.session"]
        for place, number in enumerate(map(int, numbers)):
            values = [row[f"vt600.ota.{name}"] for name in names]
            frames[number].append(int(row["frame.number"][0]))
            last[number] = [int(value[place]) if len(value) == len(numbers) else None for value in values]
    assert [session["session"] for session in seen.report] == sorted(last)
    for session in seen.report:
        number = session["session"]
        assert [session[name] for name in names] == last[number]
        assert (session["first_frame"], session["last_frame"]) == (min(frames[number]), max(frames[number]))


def test_report_s_gaps_and_progress_fit_its_counts(seen):
    for session in seen.report:
        gaps = session["gaps"]
        assert all(first < end for first, end in gaps)
        assert all(end < first for (_, end), (first, _) in zip(gaps, gaps[1:]))
        whole = session["bytes_total"] and not gaps and session["bytes_acked"] == session["bytes_total"]
        assert whole or not session["image_sha256"]
        if session["bytes_total"]:
            assert session["progress"] == pytest.approx(100 * session["bytes_acked"] / session["bytes_total"], abs=1e-6)


def test_tree_counts_frames_and_outcomes(seen):
    tree = counts(seen.tables["stats:vt600"]["stats"])
    sides = Counter()
    for row in seen.rows:
        if len(row["vt600.header"]) == len(row["vt600.command"]) and not row["vt600.retransmission"]:
            sides.update(SIDES[header] for header in row["vt600.header"])
    for side, count in sides.items():  # packets with repeated or cut frames are left to the goldens
        assert tree[("Commands", side)] >= count
    for path, count in tree.items():
        below = [tree[other] for other in tree if other[:-1] == path]
        assert not below or sum(below) == count, path
    states = Counter(session["state"] for session in seen.report if session["state"] != "Queried")
    assert {path[1]: count for path, count in tree.items() if path[0] == "OTA sessions" and path[1:]} == states


def in_short(streams):
    """[0, 1, 2, 5] is "0-2, 5"."""
    runs = []
    for stream in streams:
        if runs and runs[-1][1] == stream - 1:
            runs[-1][1] = stream
        else:
            runs.append([stream, stream])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def test_table_of_sessions_has_the_rows_of_the_report(seen):
    rows = seen.tables["nstat:vt600,sessions"]["tables"][0]["i"]
    assert [row[0] for row in rows] == [session["session"] for session in seen.report]
    for row, session in zip(rows, seen.report):
        longest = session["waited"]["longest"]
        percent, rate = session["progress"], row.pop(16)
        assert rate >= 0 and (not rate or session["bytes_acked"] / rate <= session["seconds"] + 1e-6)
        assert [cell.strip() if isinstance(cell, str) else cell for cell in row] == [
            session["session"], session["device_id"], in_short(session["streams"]), session["firmware_version"] or "-",
            session["firmware_after"] or "-", session["state"], session["updated"] or "-", session["cause"] or "-",
            session["party"] or "-", session["bytes_acked"], str(session["bytes_total"] or "-"),
            "-" if percent is None else f"{percent:.1f}%", session["blocks_acked"], session["retries"], session["naks"],
            *(pytest.approx(value or 0, abs=1e-6)
              for value in (session["seconds"], longest["seconds"])),
            longest["party"] or "-", session["first_frame"], session["last_frame"]]


def test_response_times_are_those_of_the_first_answers(seen):
    rows = seen.tables["srt:vt600"]["tables"][0]["r"]
    assert sum(row["num"] for row in rows) <= sum(len(row["vt600.response_in"]) for row in seen.rows)
    for row in rows:
        assert row["min"] <= row["max"] <= row["tot"]


def test_flow_tells_of_all_trouble(seen):
    told = {float(line[1:].split("|")[0]) for line in seen.one_pass.splitlines() if re.match(r"\|[0-9]", line)}
    for row in seen.rows:
        if any(row[name] for name in TROUBLE) and not row["vt600.retransmission"]:
            assert round(float(row["frame.time_relative"][0]), 6) in told


def test_report_has_the_digest_of_the_image_that_was_sent(seen, monkeypatch):
    told, finish = [], dialog.Dialog.finish
    monkeypatch.setattr(dialog.Dialog, "finish", lambda self: told.append(self) or finish(self))
    dialog.read(CAPTURES / f"{seen.capture}.dialog")
    digests = {hashlib.sha256(image).hexdigest() for image in told[0].images.values()}
    for session in seen.report:
        if session["image_checksum"]["match"]:
            assert session["image_sha256"] in digests


@pytest.mark.parametrize("change,match,difference", [
    (lambda image: image, True, None),
    (lambda image: image + wire.crc(image).to_bytes(2, "big"), True, None),
    (lambda image: image[:300] + bytes([image[300] ^ 1]) + image[301:], False, 300),
    (lambda image: image[:1000], False, 1000),
    (lambda image: image + bytes(10), False, 1024),
    (lambda image: b"", False, 0),
], ids=["same", "with-checksum", "one-bit", "shorter", "longer", "empty"])
def test_reference_firmware_is_compared_with_the_image(tshark, tmp_path, monkeypatch, change, match, difference):
    told, finish = [], dialog.Dialog.finish
    monkeypatch.setattr(dialog.Dialog, "finish", lambda self: told.append(self) or finish(self))
    dialog.read(CAPTURES / "every-outcome.dialog")
    tmp_path.chmod(0o755)
    file = tmp_path / "firmware.bin"
    file.write_bytes(change(told[0].images["firmware"]))
    sessions = {one["device_id"]: one for one in report(tshark, "every-outcome", "-o", f"vt600.reference:{file}")}
    assert sessions["101130920001"]["reference"] == {
        "file": str(file), "match": match, "first_difference": difference, "length": file.stat().st_size}
    assert all(one["reference"] is None for one in report(tshark, "every-outcome"))


@pytest.mark.parametrize("capture,size,said", [
    ("ota-complete", 0, "complete"),
    ("ota-cancelled", 0, "partial: 512 bytes, whole length unknown; Cancelled, not checked"),
    ("ota-cancelled", 1024, "partial: 512 of 1024 bytes, missing 0x00000200-0x000003ff; Cancelled, not checked"),
    ("ota-cancelled", 512, "partial: 512 of 512 bytes; Cancelled, not checked"),
    ("ota-cancelled", 384, "partial: 512 bytes, beyond the image's length of 384; Cancelled, not checked"),
    ("upgrade-without-check", 0, "partial: 1024 bytes, whole length unknown; Completed, not checked"),
    ("blocks-leave-gaps", 0, "partial: 768 of 1024 bytes, missing 0x00000100-0x0000017f, 0x00000280-0x000002ff; Checked"),
    ("check-announces-another-length", 0, "partial: 1024 of 1280 bytes, missing 0x00000400-0x000004ff; Upgrading"),
])
def test_list_of_images_says_how_much_is_there_and_why_no_more(sharkd, capture, size, said):
    answer = sharkd(("setconf", {"name": "vt600.image_size", "value": str(size)}), asked("eo:vt600"), capture=capture)[1]
    assert [image["type"] for image in tables_of(answer)["eo:vt600"]["objects"]] == [f"application/octet-stream; {said}"]


def test_flow_leaves_out_the_blocks_of_a_long_run(tshark):
    ladder = table(tshark, "flow,vt600,network", "ota-complete").splitlines()[2::2]
    assert len(ladder) == 13
    assert sum("448 before it left out" in line for line in ladder) == 2


def test_text_that_is_not_printable_is_whole_and_escaped_in_every_view(tshark):
    device = "101130923633"
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    connection.play([(">", wire.frame(">", device, wire.TRACKER_INFO)),
                     ("<", wire.frame("<", device, wire.TRACKER_INFO, b"\0\x10\0\x80V1.38\0a\x1b,S\0N,353358017784062")),
                     (">", wire.frame(">", device, wire.AUTHORIZATION))])
    for passes in (), ("-2",):
        shown = tshark(*passes, "-T", "fields", "-e", "_ws.col.Info", "-e", "vt600.firmware_version", "-e", "vt600.serial_number",
                       "-Y", "vt600.firmware_version", capture=capture.pcapng()).replace(r"\\", "\\")  # so from 4.4 on
        assert shown == ("101130923633 Get tracker info: VT310, V1.38\\000a\\033, 128 bytes a block\t"
                         "V1.38\\000a\\033\tS\\000N\n")
    session, = lines_of(tshark("-q", "-z", "vt600,report", capture=capture.pcapng()))
    assert (session["firmware_version"], session["serial_number"]) == ("V1.38\\x00a\\x1b", "S\\x00N")
    assert "V1.38\\x00a\\x1b" in tshark("-q", "-z", "vt600,sessions", capture=capture.pcapng())


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one-pass", "two-passes"])
def test_flow_shows_who_closed_the_connection_during_an_update(tshark, passes):
    ladder = table(tshark, "flow,vt600,network", "every-outcome", *passes)
    said = re.findall(r"\|The (.*)", ladder)
    closed = [end for session in report(tshark, "every-outcome") for end in session["closed"]
              if session["state"] == "Transferring"]
    assert said == [f'{end["by"]} closed the connection ({end["how"]})' for end in closed] and len(said) == 3


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
    read = report(tshark, capture, "-2", "-R", 'vt600.device_id == "101130923633"')
    assert [(one["device_id"], one["bytes_acked"]) for one in read] == [("101130923633", both[0]["bytes_acked"])]
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
    ask = asked(*SHARKD_TABLES, "stat:vt600", "seqa:vt600")
    other = {"file": str(CAPTURES / "ota-cancelled.pcapng")}
    first, again, _, others, _, back = sharkd(ask, ask, ("load", other), ask,
                                              ("load", {"file": str(CAPTURES / f"{capture}.pcapng")}), ask, capture=capture)
    assert tables_of(first) == tables_of(again) == tables_of(back)
    assert tables_of(others) == tables_of(sharkd(ask, capture="ota-cancelled")[0])


def test_wrong_filter_ends_the_run(tshark):
    with pytest.raises(AssertionError, match="exit status [1-9]"):
        table(tshark, "vt600,report,nonsense ==", "ota-cancelled")


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one-pass", "two-passes"])
def test_table_shows_that_a_session_expired_on_the_next_authorization(tshark, passes):
    device = "101130923633"
    ask, grant = wire.frame(">", device, wire.AUTHORIZATION), wire.frame("<", device, wire.AUTHORIZATION, b"\1")
    capture = packets.Capture()
    connection = capture.tcp("10.0.0.1:20000", "192.168.1.1:8500")
    connection.play([(">", ask), ("<", grant)])
    capture.wait(21 * 60)
    connection.play([(">", ask)])
    lines = tshark("-q", "-z", "vt600,sessions", *passes, capture=capture.pcapng()).splitlines()
    states = [re.search("Expired|Author[a-z]+ ", line)[0] for line in lines if device in line]
    assert states == ["Expired"]

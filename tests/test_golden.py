# SPDX-License-Identifier: GPL-2.0-or-later
"""Goldens: what tshark shows of each capture.

golden/CAPTURE.KIND.txt belongs to captures/CAPTURE.pcapng. Its first line holds the tshark arguments, and can be edited;
the rest is what tshark prints with them, reduced to what is ours, so that it is the same for every version of Wireshark.
Where it is not, golden/CAPTURE.KIND@4.4.txt stands in its place from Wireshark 4.4 on. Its second line says why: # REASON
"""

import difflib
import re
import shlex
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import pytest

from wireshark import CAPTURES, ROOT

GOLDENS = ROOT / "tests" / "golden"

COLUMNS = '"No.","%m","Time","%Rt","Source","%uns","Destination","%und","Protocol","%p","Info","%i"'

# What every capture has. Each in one pass, and as KIND-2pass in two, as the GUI sees it.
KINDS = {
    "summary": f"-o 'gui.column.format:{COLUMNS}' -Y vt600",
    "tree": "-O vt600 -Y {some}",
    "fields": "-T pdml -Y {some}",
}

# Of these ASan and UBSan see the first pass without trees, and the second with them. The others go the same ways.
SANITIZED = {"summary", "tree-2pass"}

# Frames shown in full at either end of a capture.
ENDS = 30


# What the versions of Wireshark write differently, and what stands for it in goldens:
#   long bytes       4.0: "Block: 4278d1…"           from 4.4 on: "Block […]: 4278d1... (more of them)"
#   short times      until 4.4: "0.050000000 seconds" 4.6: "50.000000 milliseconds"
#   PDML, booleans   4.0: "1"                         from 4.4 on: "True"
#   PDML, fractions  until 4.4: six digits             4.6: all of them
#   PDML, times      until 4.4: "Nov 14, 2023 22:13:51.000000000 UTC"    4.6: "2023-11-14T22:13:51.000000000Z"
LONG_BYTES = re.compile(r"^( *\[?[^:\[]*?)(?: \[…\])?: ([0-9a-f]{64})[0-9a-f]*…?(\]?)$")
SHORT_TIME = re.compile(r"([\d.]+) (nano|micro|milli)seconds")
UNITS = {"nano": 1e-9, "micro": 1e-6, "milli": 1e-3}


def steady_line(line):
    line = LONG_BYTES.sub(r"\1: \2…\3", line)
    return SHORT_TIME.sub(lambda time: f"{float(time[1]) * UNITS[time[2]]:.9f} seconds", line)


def steady_value(value):
    if value in ("True", "False"):
        return str(int(value == "True"))
    if re.fullmatch(r"-?\d+\.\d{3,}", value):
        return f"{float(value):.10g}"
    if re.fullmatch(r"[A-Z][a-z]{2} [ \d]\d, \d{4} [\d:.]+ UTC", value):
        day, fraction = value.removesuffix(" UTC").split(".")
        return datetime.strptime(day, "%b %d, %Y %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%S") + f".{fraction}Z"
    return value if len(value) <= 80 else f"{value[:64]}... ({len(value)} characters)"


def our_trees(text):
    """Of `-V` or `-O`: the number of each frame, and our subtree."""
    lines, ours = [], False
    for line in text.splitlines():
        if frame := re.match(r"Frame \d+", line):
            lines.append(frame[0])
        if not line.startswith(" "):
            ours = line.startswith("VT600 GPRS OTA Protocol")
        if ours:
            lines.append(steady_line(line))
    return lines


def our_fields(pdml):
    """Of `-T pdml`: the number of each frame, and the filter names with their values, in the order of the tree."""
    lines = []
    for packet in ElementTree.fromstring(pdml).iter("packet"):
        lines.append("Frame " + packet.find("proto[@name='geninfo']/field[@name='num']").get("show"))
        for field in packet.iterfind("proto[@name='vt600']//field"):
            if field.get("name").startswith("vt600."):
                lines.append(f"  {field.get('name')} {steady_value(field.get('show'))}".rstrip())
    return lines


def body(tshark, capture, arguments):
    arguments = shlex.split(arguments)
    text = tshark(*arguments, capture=capture)
    if "-O" in arguments or "-V" in arguments:
        return our_trees(text)
    if "pdml" in arguments:
        return our_fields(text)
    return text.splitlines()


def default_arguments(tshark, capture, kind):
    kind, _, passes = kind.partition("-")
    last = len(tshark("-T", "fields", "-e", "frame.number", capture=capture).splitlines())
    some = "vt600" if last <= 2 * ENDS else f"vt600 && (frame.number <= {ENDS} || frame.number > {last - ENDS})"
    return KINDS[kind].format(some=shlex.quote(some)) + (" -2" if passes else "")


def captures():
    return sorted(path.stem for path in CAPTURES.glob("*.pcapng"))


def goldens_of(capture):
    return sorted({path.stem.partition("@")[0] for path in GOLDENS.glob(f"{capture}.*.txt")})


def variants_of(golden):
    """The files of a golden, by the series of Wireshark from which on they hold: (0,) for the one that names none."""
    variants = {(0,): GOLDENS / f"{golden}.txt"}
    for path in GOLDENS.glob(f"{golden}@*.txt"):
        variants[tuple(map(int, path.stem.partition("@")[2].split(".")))] = path
    return variants


def read(file):
    """The tshark arguments of a golden, the reason why it is a variant, and what is to be shown."""
    first, *lines = file.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# tshark "), f"{file}: the first line holds the arguments: # tshark ARGUMENTS"
    reason = lines.pop(0) if "@" in file.name and lines else ""
    return first, reason, lines


def defaults_of(capture):
    return {f"{capture}.{kind}{passes}" for kind in KINDS for passes in ("", "-2pass")}


def marks_of(golden):
    capture, kind = golden.split(".", 1)
    return [] if golden in defaults_of(capture) and kind not in SANITIZED else [pytest.mark.sanitized]


def to_bless(names):
    """The goldens that are meant by --bless: of a capture all it has, and those that every one has."""
    goldens = set()
    for name in captures() if "all" in names else names:
        if name in captures():
            goldens |= set(goldens_of(name)) | defaults_of(name)
        elif (GOLDENS / f"{name}.txt").exists():
            goldens.add(name)
        else:
            raise pytest.UsageError(f"--bless: {name} is neither a capture nor a golden")
    return goldens


def pytest_generate_tests(metafunc):
    if "golden" in metafunc.fixturenames:
        blessed = metafunc.config.getoption("bless")
        goldens = to_bless(blessed) if blessed else goldens_of("*")
        metafunc.parametrize("golden", [pytest.param(golden, marks=marks_of(golden)) for golden in sorted(goldens)])
    if "capture" in metafunc.fixturenames:
        metafunc.parametrize("capture", captures())


def test_golden(golden, wireshark, tshark, pytestconfig):
    capture, kind = golden.split(".", 1)
    variants = variants_of(golden)
    file = variants[max(series for series in variants if series <= wireshark.series)]
    if file.exists():
        first, reason, expected = read(file)
    else:
        first, reason, expected = f"# tshark {default_arguments(tshark, capture, kind)}", "", []

    shown = body(tshark, capture, first.removeprefix("# tshark "))
    if pytestconfig.getoption("bless"):
        file.write_text("\n".join([first, *([reason] if reason else []), *shown]) + "\n", encoding="utf-8")
        return
    diff = "\n".join(difflib.unified_diff(expected, shown, file.name, "shown now", lineterm=""))
    if diff:
        pytest.fail(f"{diff}\n\nIf this is right: tests/run --bless {golden}", pytrace=False)


def test_capture_has_goldens(capture):
    missing = defaults_of(capture) - set(goldens_of(capture))
    assert not missing, f"{sorted(missing)}: tests/run --bless {capture}"


def test_golden_that_differs_in_a_version_says_why():
    for file in GOLDENS.glob("*@*.txt"):
        variants = variants_of(file.stem.partition("@")[0])
        series = next(series for series in variants if variants[series] == file)
        before = variants[max(other for other in variants if other < series)]
        assert before.exists(), f"{file.name}: {before.name}, in whose place it stands, is not there"
        first, reason, shown = read(file)
        assert reason.startswith("# ") and not reason.startswith("# tshark "), f"{file}: the second line says why: # REASON"
        assert (first, shown) != read(before)[::2], f"{file.name} is no different from {before.name}: delete it"

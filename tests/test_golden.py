# SPDX-License-Identifier: GPL-2.0-or-later
"""Goldens: what tshark shows of each capture.

golden/CAPTURE.txt is what it shows of captures/CAPTURE.pcapng in two passes, as the GUI does, reduced by golden_text.py;
golden/CAPTURE.KIND.txt is anything else that it prints of it. The first line holds the tshark arguments, and can be edited; the
rest is the same for every version of Wireshark. Where it is not, golden/NAME@4.4.txt stands in its place from Wireshark 4.4 on.
Its second line says why: # REASON
"""

import difflib
import functools
import re
import shlex
import xml.etree.ElementTree as ElementTree

import pytest

from golden_text import reduce
from quick import each
from wireshark import CAPTURES, ROOT

GOLDENS = ROOT / "tests" / "golden"

# What every capture has.
DEFAULT = """-2 -P -O vt600 -o 'gui.column.format:"Protocol","%p","Number","%m","Info","%i"' -Y"""

# Frames shown at either end of a capture that has more than twice as many.
ENDS = 30

# What only frames that come later tell: the second pass shows more of it than the first.
FUTURE = re.compile(r"vt600\.(response_in|retried_in|ota\.(bytes_total|progress|updated|cause|party|explanation|evidence)(\..*)?)$")

AUTHORIZATION = "0x9501"


@functools.cache
def frame_labels(wireshark):
    """Labels of our fields whose values are frame numbers."""
    fields = (line.split("\t") for line in wireshark.glossary("fields").splitlines() if line.startswith("F\t"))
    return frozenset(field[1] for field in fields if field[2].startswith("vt600.") and field[3] == "FT_FRAMENUM")


def body(wireshark, capture, arguments):
    arguments = shlex.split(arguments)
    text = wireshark.tshark(*arguments, capture=capture)
    return reduce(text, frame_labels(wireshark)) if "-P" in arguments else text.splitlines()


def default_arguments(tshark, capture):
    last = len(tshark("-T", "fields", "-e", "frame.number", capture=capture).splitlines())
    some = "vt600" if last <= 2 * ENDS else f"vt600 && (frame.number <= {ENDS} || frame.number > {last - ENDS})"
    return f"{DEFAULT} {shlex.quote(some)}"


def captures():
    return sorted(path.stem for path in CAPTURES.glob("*.pcapng"))


def goldens_of(capture):
    paths = {*GOLDENS.glob(f"{capture}.txt"), *GOLDENS.glob(f"{capture}@*.txt"), *GOLDENS.glob(f"{capture}.*.txt")}
    return sorted({path.stem.partition("@")[0] for path in paths})


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


def to_bless(names):
    """The goldens that are meant by --bless: of a capture all it has, and those that every one has."""
    goldens = set()
    for name in captures() if "all" in names else names:
        if name in captures():
            goldens |= {name, *goldens_of(name)}
        elif (GOLDENS / f"{name}.txt").exists():
            goldens.add(name)
        else:
            raise pytest.UsageError(f"--bless: {name} is neither a capture nor a golden")
    return goldens


def pytest_generate_tests(metafunc):
    if "golden" in metafunc.fixturenames:
        blessed = metafunc.config.getoption("bless")
        goldens = to_bless(blessed) if blessed else goldens_of("*")
        metafunc.parametrize("golden", sorted(goldens))
    if "capture" in metafunc.fixturenames:
        metafunc.parametrize("capture", each(captures()))


@pytest.mark.sanitized
def test_golden(golden, wireshark, tshark, pytestconfig):
    capture, _, kind = golden.partition(".")
    variants = variants_of(golden)
    file = variants[max(series for series in variants if series <= wireshark.series)]
    if file.exists():
        first, reason, expected = read(file)
    else:
        assert not kind, f"{file.name}: its first line must hold the arguments: # tshark ARGUMENTS"
        first, reason, expected = f"# tshark {default_arguments(tshark, capture)}", "", []

    shown = body(wireshark, capture, first.removeprefix("# tshark "))
    if pytestconfig.getoption("bless"):
        file.write_text("\n".join([first, *([reason] if reason else []), *shown]) + "\n", encoding="utf-8")
        return
    diff = "\n".join(difflib.unified_diff(expected, shown, file.name, "shown now", lineterm=""))
    if diff:
        pytest.fail(f"{diff}\n\nIf this is right: tests/run --bless {golden}", pytrace=False)


def test_every_capture_has_a_golden():
    missing = set(captures()) - set(goldens_of("*"))
    assert not missing, f"tests/run --bless {' '.join(sorted(missing))}"


def test_golden_that_differs_in_a_version_says_why():
    for file in GOLDENS.glob("*@*.txt"):
        variants = variants_of(file.stem.partition("@")[0])
        series = next(series for series in variants if variants[series] == file)
        before = variants[max(other for other in variants if other < series)]
        assert before.exists(), f"{file.name}: {before.name}, in whose place it stands, is not there"
        first, reason, shown = read(file)
        assert reason.startswith("# ") and not reason.startswith("# tshark "), f"{file}: the second line says why: # REASON"
        assert (first, shown) != read(before)[::2], f"{file.name} is no different from {before.name}: delete it"


def shown_fields(frame):
    """Of a frame its part of Info, and the fields with their values, without the future."""
    yield re.sub(r" \(\d+ of \d+ bytes, [\d.]+%\)", "", frame.get("showname"))
    for field in frame.iter("field"):
        if field.get("name") and not FUTURE.match(field.get("name")):
            yield f"{field.get('name')} {field.get('show')}"


def shown_frames(pdml):
    """{(packet, place in it): element of one of our frames}."""
    return {(int(packet.find("proto[@name='geninfo']/field[@name='num']").get("show")), place): frame
            for packet in ElementTree.fromstring(pdml).iter("packet")
            for place, frame in enumerate(packet.iterfind("proto[@name='vt600']"))}


def drop_session(frame):
    """Takes the session's line out of the element."""
    for above in list(frame.iter()):
        for line in above.findall("field[@name='vt600.ota']"):
            above.remove(line)


def session_of(frame):
    """(command, number of the session) as shown."""
    return [getattr(frame.find(f".//field[@name='{name}']"), "attrib", {}).get("show")
            for name in ("vt600.command", "vt600.ota.session")]


def test_one_pass_shows_the_fields_that_two_show_apart_from_the_future(capture, tshark, wireshark):
    if capture == "segments-swapped" and wireshark.series >= (4, 6):
        pytest.skip("from 4.6 on TCP hands over less in a second pass: doc/settings.md, Limits")
    both = [shown_frames(tshark(*passes, "-T", "pdml", "-Y", "vt600", capture=capture)) for passes in ([], ["-2"])]
    # To which session an authorization belongs is decided by the block after it, so only the second pass knows.
    for frames in zip(*(frames.values() for frames in both)):
        (command, session), other = map(session_of, frames)
        if command == AUTHORIZATION and [command, session] != other:
            for frame in frames:
                drop_session(frame)
    one, two = ([line for key, frame in frames.items() for line in (f"Frame {key}", *shown_fields(frame))] for frames in both)
    diff = "\n".join(difflib.unified_diff(one, two, "one pass", "two passes", lineterm=""))
    if diff:
        pytest.fail(diff, pytrace=False)

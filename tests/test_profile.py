# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile "VT600 OTA": its filters compile and find what they name, its colours can be read, it installs.

That Wireshark itself loads and shows it is in test_gui.py.
"""

import csv
import itertools
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from wireshark import CAPTURES, ROOT

PROFILE = ROOT / "packaging/profile/VT600 OTA"
INSTALL = ROOT / "packaging/install-profile"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
STORY = "ota-over-a-bad-link"
WARNING = 0x600000  # PI_WARN, as in _ws.expert.severity


def entries(name):
    """The lines of a file in which each is a list of quoted texts."""
    lines = (PROFILE / name).read_text(encoding="utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))


def buttons():
    """[(label, filter)]"""
    return [(label, condition) for _, label, condition, _ in entries("dfilter_buttons")]


def colours():
    """[(name, filter, background, text)], colours as (red, green, blue) from 0 to 1."""
    rules = []
    for line in (PROFILE / "colorfilters").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, condition, background, text = re.fullmatch(r"@(.*?)@(.*)@\[(.*)\]\[(.*)\]", line).groups()
            rules.append((name, condition, *(tuple(int(part) / 65535 for part in colour.split(","))
                                             for colour in (background, text))))
    return rules


def filters():
    graphs = [(name, condition) for _, name, condition, *_ in entries("io_graphs") if condition]
    return buttons() + [rule[:2] for rule in colours()] + graphs


@pytest.mark.parametrize("name,condition", filters())
def test_filter_compiles(sharkd, name, condition):
    condition = condition.replace("${vt600.device_id}", '"101130923633"')
    answer, = sharkd(("check", {"filter": condition}), capture=STORY)
    assert answer == {"status": "OK"}


def test_columns_are_fields_that_exist(sharkd):
    fields = re.findall(r"%Cus:([\w.]+):", (PROFILE / "preferences").read_text(encoding="utf-8"))
    assert len(fields) == 2
    for field in fields:
        answer, = sharkd(("complete", {"field": field}), capture=STORY)
        assert field in [one["f"] for one in answer["field"]]
    widths = (PROFILE / "recent").read_text(encoding="utf-8")
    assert re.findall(r"%Cus:([\w.]+)", widths) == fields


def problem_frames(tshark, capture):
    """Frames with expert information of ours that warns or worse, or with a block that is sent again."""
    found = set()
    for packet in ElementTree.fromstring(tshark("-2", "-T", "pdml", capture=capture)).iter("packet"):
        for ours in packet.iterfind("proto[@name='vt600']"):
            severities = [int(field.get("show")) for field in ours.iter("field")
                          if field.get("name") == "_ws.expert.severity"]
            again = ours.find(".//field[@name='vt600.ota.retry']") is not None
            if again or any(severity >= WARNING for severity in severities):
                found.add(packet.find("proto[@name='geninfo']/field[@name='num']").get("show"))
    return found


def numbers(tshark, capture, condition):
    return set(tshark("-2", "-Y", condition, "-T", "fields", "-e", "frame.number", capture=capture).split())


@pytest.mark.slow
@pytest.mark.parametrize("capture", [name for name in NAMES if not name.startswith("foreign")])
def test_problems_are_all_frames_that_warn(tshark, capture):
    missed = problem_frames(tshark, capture) - numbers(tshark, capture, dict(buttons())["Problems"])
    assert not missed


def test_whole_ota_has_no_problems_and_all_acknowledged(tshark):
    for label in ("Problems", "Not acknowledged"):
        assert not numbers(tshark, "ota-complete", dict(buttons())[label])


def test_failed_are_the_updates_that_did_not_succeed(tshark):
    failed = numbers(tshark, "every-outcome", f"({dict(buttons())['Failed']}) and vt600.command")
    wanted = numbers(tshark, "every-outcome", 'vt600.ota.updated == "no"')
    sessions = set(tshark("-2", "-Y", dict(buttons())["Failed"], "-T", "fields", "-e", "vt600.device_id",
                          capture="every-outcome").split())
    assert failed == wanted and len(sessions) == 17


def test_slow_are_frames_that_were_waited_for(tshark):
    assert numbers(tshark, STORY, dict(buttons())["Slow"]) == {
        number for number, waited in (line.split("\t") for line in tshark(
            "-2", "-T", "fields", "-e", "frame.number", "-e", "vt600.ota.waited", capture=STORY).splitlines())
        if waited and float(waited.split(",")[0]) > 5}


def test_not_acknowledged_are_the_blocks_without_an_answer(tshark):
    assert numbers(tshark, STORY, dict(buttons())["Not acknowledged"]) == {"60", "61", "128", "149"}
    assert len(numbers(tshark, "only-the-server-is-seen", dict(buttons())["Not acknowledged"])) == 8


def test_each_packet_has_the_first_colour_that_fits(tshark):
    rules = [(name, numbers(tshark, STORY, condition)) for name, condition, *_ in colours()]
    first = {number: name for name, found in reversed(rules) for number in found}
    assert (first["39"], first["40"], first["128"], first["225"]) == (
        "VT600 refused", "VT600 retry", "VT600 damage", "VT600 completed")
    cancelled = dict(rule[:2] for rule in colours())["VT600 cancelled"]
    assert numbers(tshark, "ota-cancelled", cancelled)


def luminance(colour):
    """As in the Web Content Accessibility Guidelines."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name,background,text", [(name, *both) for name, _, *both in colours()])
def test_text_can_be_read_on_its_background(name, background, text):
    lighter, darker = sorted((luminance(background), luminance(text)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 7, name


# What is left of red, green and blue for those who lack one kind of cone (Machado, Oliveira, Fernandes 2009).
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red cones": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green cones": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_outcomes_differ(sight):
    def seen(colour):
        return [sum(weight * part for weight, part in zip(row, colour)) for row in SIGHT[sight]]
    ours = [(name, seen(background)) for name, _, background, _ in colours() if name.startswith("VT600")]
    for (name, one), (other, two) in itertools.combinations(ours, 2):
        ordinary = {name, other} == {"VT600 OTA", "VT600"}  # neither is an outcome: both are nearly white
        least = 0.09 if ordinary else 0.2
        assert sum((a - b) ** 2 for a, b in zip(one, two)) ** 0.5 >= least, (name, other)


def wanted_graphs():
    return [(name, condition, axis, field) for _, name, condition, _, _, axis, field, *_ in entries("io_graphs")]


HIGHEST = {"OTA progress in percent": 100, "Block sent again": 83.3, "Block refused": 83.3, "Retries so far": 8,
           "Bytes a second, mean so far": 444.4, "Damaged frames": 1}


@pytest.mark.parametrize("name,condition,axis,field", wanted_graphs())
def test_graph_has_values(sharkd, name, condition, axis, field):
    kind = {"MAX(Y Field)": f"max:{field}", "AVG(Y Field)": f"avg:{field}", "Packets": "packets"}[axis]
    wanted = " and ".join(f"({part})" for part in (condition, field) if part)  # sharkd asks for the field by a filter
    answer, = sharkd(("iograph", {"interval": 1000, "graph0": kind, "filter0": wanted}), capture=STORY)
    highest = max(value for value in answer["iograph"][0]["items"] if not isinstance(value, str))
    assert highest == pytest.approx(HIGHEST[name], abs=0.1)


def install(home, *args):
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    return subprocess.run([INSTALL, *args], env=environment, capture_output=True, text=True, check=False)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_profile_is_installed_for_the_person_who_asks(tmp_path):
    run = install(tmp_path)
    assert run.returncode == 0, run.stderr
    installed = tmp_path / ".config/wireshark/profiles/VT600 OTA"
    assert files(installed) == files(PROFILE)
    assert 'wireshark -C "VT600 OTA"' in run.stdout
    (installed / "recent").write_text("written by Wireshark")
    assert install(tmp_path).returncode == 0


def test_changed_profile_is_replaced_only_by_force(tmp_path):
    install(tmp_path)
    installed = tmp_path / ".config/wireshark/profiles/VT600 OTA"
    (installed / "colorfilters").write_text("mine")
    run = install(tmp_path)
    assert run.returncode == 1 and "--force" in run.stderr
    assert (installed / "colorfilters").read_text() == "mine"
    (installed / "bookmarks").write_text("mine too")
    run = install(tmp_path, "--force")
    kept = installed.with_name("VT600 OTA.before")
    assert run.returncode == 0 and str(kept) in run.stdout
    assert (kept / "colorfilters").read_text() == "mine"
    assert files(installed) == files(PROFILE) | {"bookmarks": b"mine too"}
    assert not list(installed.parent.glob("*.new.*"))


def test_force_does_not_write_through_a_link(tmp_path):
    other, profiles = tmp_path / "other", tmp_path / ".config/wireshark/profiles"
    other.mkdir()
    profiles.mkdir(parents=True)
    (other / "colorfilters").write_text("mine")
    (profiles / "VT600 OTA").symlink_to(other)
    assert install(tmp_path, "--force").returncode == 0
    assert files(other) == {"colorfilters": b"mine"} and files(profiles / "VT600 OTA") == files(PROFILE)


def test_installer_says_what_is_missing(tmp_path):
    run = subprocess.run(["/bin/bash", INSTALL], env={"PATH": str(tmp_path), "HOME": str(tmp_path)}, capture_output=True,
                         text=True, check=False)
    assert run.returncode != 0 and run.stderr
    assert install(tmp_path, "--farce").returncode == 2
    assert not (tmp_path / ".config").exists()


def test_tshark_takes_the_profile_without_a_complaint(wireshark):
    target = wireshark.folder / "home/wireshark/profiles" / PROFILE.name
    target.mkdir(parents=True)
    for name, content in files(PROFILE).items():
        (target / name).write_bytes(content)
    lines = wireshark.tshark("-2", "-C", PROFILE.name, capture="ota-complete").splitlines()
    assert lines[911].split() == ["912", "85.550000", "10.0.0.1", "→", "192.168.1.1", "Completed", "101130923633", "Start",
                                  "upgrade:", "finished"]


def test_everybody_gets_the_profile_where_wireshark_looks_for_it():
    """What `cmake --install` was told; the folder is the one beside Wireshark's own profiles."""
    build = (ROOT / "build" if "VT600_PLUGIN_DIR" not in os.environ else Path(os.environ["VT600_PLUGIN_DIR"]).parent)
    told = re.search(r'set\(global_profiles "(.*)"\)', (build / "cmake_install.cmake").read_text(encoding="utf-8"))
    folders = subprocess.check_output(["tshark", "-G", "folders"], text=True, stderr=subprocess.DEVNULL)
    assert told[1] == re.search(r"^Global configuration:\s*(.*)$", folders, re.MULTILINE)[1] + "/profiles"

# SPDX-License-Identifier: GPL-2.0-or-later
"""The real Wireshark with the profile, on a screen of its own: each capture, each dialog of ours, not a word of complaint.

What the dialogs must show is what tshark and sharkd say; that this is right is tested elsewhere.
"""

import re
import shutil
import subprocess
import time

import pytest

import gui as driver
from test_profile import PROFILE, buttons
from test_taps import asked, counts, report, table, tables_of
from wireshark import CAPTURES

pytestmark = pytest.mark.slow

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
STORY = "ota-over-a-bad-link"


@pytest.fixture(scope="session")
def screen(wireshark):
    if why := driver.missing():
        pytest.skip(why)
    screen = driver.Screen(wireshark.environment)
    profile = screen.home / "wireshark/profiles" / PROFILE.name
    shutil.copytree(PROFILE, profile)
    screen.give(screen.home)
    yield screen
    screen.close()


@pytest.fixture(scope="module")
def running(screen):
    """The Wireshark that the tests of this file share: [it]."""
    found = []
    yield found
    for gui in found:
        assert gui.quit() == 0
        assert gui.said() == []


@pytest.fixture
def gui(screen, running):
    """A Wireshark without dialogs, which says nothing on standard error before and after."""
    if not running or running[0].process.poll() is not None:
        running[:] = [driver.Gui(screen, STORY)]
    window = running[0]
    said = window.said()
    yield window
    window.close_dialogs()
    assert window.said() == said


@pytest.fixture
def story(gui):
    """The same, with all packets of the capture of which most is to be seen."""
    if not gui.main.name.startswith(STORY):
        gui.open(STORY)
    gui.show_all()
    return gui


def rows_when(dialog, number):
    """The rows of its table, once it has so many."""
    return driver.wait_for(f"{number} rows in {dialog.name!r}",
                           lambda: (rows := dialog.one("tree").rows()) and len(rows) == number and rows)


@pytest.mark.parametrize("capture", NAMES)
def test_capture_opens_without_a_complaint(gui, tshark, capture):
    gui.open(capture)
    assert gui.dialogs() == []
    frames = tshark("-T", "fields", "-e", "frame.number", capture=capture).split()
    assert gui.displayed() == len(frames)
    gui.menu("Go", "Last Packet")
    assert gui.main.all("tree", "Packet details")


def test_columns_are_those_of_tshark_in_two_passes(story, tshark):
    packets = story.main.one("tree", "Packet list")
    wanted = ["No.", "Time", "Source", "Destination", "State", "Waited", "Info"]
    driver.wait_for("the columns", lambda: packets.headings() == wanted)
    info = tshark("-2", "-T", "fields", "-e", "_ws.col.Info", capture=STORY).splitlines()
    rows = driver.wait_for("the packets", packets.rows)
    assert [row[-1] for row in rows] == info
    completed = rows[info.index("101130923633 Start upgrade: finished")]
    assert completed[2:5] == ["10.0.0.1", "192.168.1.1", "Completed"]


def test_table_of_sessions(story, sharkd):
    story.menu("Statistics", "VT600 OTA Sessions")
    expected = tables_of(sharkd(asked("nstat:vt600,sessions"), capture=STORY)[0])["nstat:vt600,sessions"]["tables"][0]["i"]
    rows = rows_when(story.dialog("VT600 OTA Sessions"), len(expected))
    for row, wanted in zip(rows, expected):
        assert [cell.strip() if isinstance(value, str) else float(cell) for cell, value in zip(row, wanted, strict=True)] == [
            value.strip() if isinstance(value, str) else pytest.approx(value, abs=1e-6) for value in wanted]


def test_counts(story, sharkd):
    story.menu("Statistics", "VT600 Commands and Outcomes")
    expected = counts(tables_of(sharkd(asked("stat:vt600"), capture=STORY)[0])["stats:vt600"]["stats"])
    rows = rows_when(story.dialog("VT600 Commands and Outcomes"), len(expected))
    assert sorted((row[0], row[1]) for row in rows) == sorted((path[-1], str(count)) for path, count in expected.items())


def test_response_times(story, sharkd):
    story.menu("Statistics", "Service Response Time", "VT600")
    expected = tables_of(sharkd(asked("srt:vt600"), capture=STORY)[0])["srt:vt600"]["tables"][0]["r"]
    rows = rows_when(story.dialog("VT600 Service Response Time"), len(expected))
    assert sorted((row[1], row[2]) for row in rows) == sorted((row["n"], str(row["num"])) for row in expected)


def test_report_says_what_the_report_for_scripts_says(story, tshark):
    story.menu("Statistics", "VT600 Update Report")
    text = story.dialog("VT600 Update Report").one("text").text()
    session, = report(tshark, STORY)
    waited = session["waited"]
    assert [line.strip() for line in text.splitlines() if line.strip()] == [
        f'Session 0, tracker {session["device_id"]}',
        session["explanation"],
        f'State: {session["state"]}',
        f'Firmware: {session["firmware_version"]} before, unknown afterwards',
        f'Stored: {session["bytes_acked"]} of {session["bytes_total"]} bytes (100.0%) in {session["blocks_acked"]} blocks; '
        f'sent again: {session["retries"]}, refused: {session["naks"]}, damaged: {session["damaged_frames"]}',
        f'Waiting: {waited["tracker"]:.1f} seconds for the tracker, {waited["server"]:.1f} for the server; '
        f'longest {waited["longest"]["seconds"]:.1f} seconds for the {waited["longest"]["party"]}, '
        f'until frame {waited["longest"]["frame"]}',
        f'Checksum: 0x{session["image_checksum"]["tracker"]} from the tracker, which is the image\'s '
        f'{session["image_checksum"]["algorithm"]}',
        f'Frames: {session["first_frame"]} to {session["last_frame"]}, from 2023-11-14 22:13:20 UTC on, '
        f'{session["seconds"]:.1f} seconds; stream 0-1',
        f'Tracker: {session["tracker"]}, server: {session["server"]}',
        f'Evidence: frame.number in {{{", ".join(map(str, session["evidence"]))}}}']


def test_flow_graph_has_the_arrows_of_tshark(story, tshark):
    story.menu("Statistics", "Flow Graph")
    dialog = story.dialog("Flow")
    kinds = next(box for box in dialog.all("combo box") if box.one("list").all("list item", "VT600 OTA"))
    story.choose(kinds, "VT600 OTA")
    arrows = len(table(tshark, "flow,vt600,network", STORY).splitlines()[2::2])
    driver.wait_for(f"{arrows} arrows", lambda: dialog.all("label", rf"\d+ node\(s\), {arrows} item\(s\).*"))


def test_graphs_are_those_of_the_profile(story):
    story.menu("Statistics", "I/O Graphs")
    expected = re.findall(r'^"(?:En|Dis)abled","([^"]+)"', (PROFILE / "io_graphs").read_text(), re.MULTILINE)
    rows = rows_when(story.dialog("I/O Graphs"), len(expected))
    assert [row[1] for row in rows] == expected


@pytest.mark.parametrize("capture", [STORY, "second-attempt-after-cancel"])
def test_exported_objects_are_those_of_tshark(gui, wireshark, tshark, capture):
    gui.open(capture)
    gui.menu("File", "Export Objects", "VT600…")
    target, expected = gui.screen.home / "objects", wireshark.folder / "objects"
    for folder in (target, expected):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    gui.screen.give(target)
    tshark("-q", "--export-objects", f"vt600,{expected}", capture=capture)
    images = {path.name: path.read_bytes() for path in expected.iterdir()}
    dialog = gui.dialog("Export · VT600")
    assert sorted(row[4] for row in rows_when(dialog, len(images))) == sorted(images)
    gui.menu("Statistics", "VT600 OTA Sessions")  # all packets are looked at again, and the objects made anew
    sessions = gui.dialog("VT600 OTA Sessions")
    driver.wait_for("sessions", sessions.one("tree").rows)
    gui.act(sessions.one("push button", "Close"))
    gui.act(dialog.one("push button", "Save All"))
    chooser = gui.dialog("Save All Objects In")
    chooser.one("text", "Directory:").write(str(target))
    gui.act(chooser.one("push button", "Choose"))
    driver.wait_for("the files", lambda: len(list(target.iterdir())) == len(images))
    assert {path.name: path.read_bytes() for path in target.iterdir()} == images


@pytest.mark.parametrize("name,condition", [("VT600 session", "vt600.ota.session == 0"),
                                            ("VT600 device", 'vt600.device_id == "101130923633"')])
def test_conversation_filter_shows_what_belongs_together(story, tshark, name, condition):
    story.go_to(61)
    story.menu("Analyze", "Conversation Filter", name)
    expected = len(tshark("-2", "-Y", condition, capture=STORY).splitlines())
    driver.wait_for(f"{expected} packets displayed", lambda: story.displayed() == expected)
    assert story.filter().text() == condition


@pytest.mark.parametrize("label", [button[0] for button in buttons()])
def test_filter_button_shows_the_packets_of_its_filter(story, tshark, label):
    story.go_to(61)
    condition = dict(buttons())[label].replace("${vt600.device_id}", '"101130923633"')
    story.act(story.main.one("push button", label))
    expected = len(tshark("-2", "-Y", condition, capture=STORY).splitlines())
    least = 0 if label == "Failed" else 1  # the story ends well
    assert least <= expected < len(tshark(capture=STORY).splitlines())
    driver.wait_for(f"{expected} packets displayed", lambda: story.displayed() == expected)


def test_preferences_page_has_all_preferences(story):
    if not subprocess.check_output(["tshark", "--version"], text=True).split()[2].startswith("4.0."):
        pytest.skip("from 4.2 on what is typed goes into a search field, not to the list of pages")
    story.act_and_go_on(story.item("Edit", "Preferences…"))
    dialog = story.dialog("Preferences")
    wanted = {"Check the checksum of frames", "Reassemble frames that span TCP segments", "Session timeout (minutes)",
              "Image size (bytes)", "Device codes", "TCP port(s)", "UDP port(s)"}

    def page_is_shown():
        """Types the names of pages. It may take more than once: keys that come late, on a busy machine, are two words."""
        story.screen.type("Home", *"prot")  # to Protocols
        story.screen.type("Right")
        time.sleep(1)                       # what is typed later is a word of its own
        story.screen.type(*"vt600")
        return wanted <= {node.name for node in dialog.walk() if node.has("showing")}

    driver.wait_for("the page of VT600", page_is_shown)

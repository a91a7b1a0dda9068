# SPDX-License-Identifier: GPL-2.0-or-later
"""What each picture of the documentation shows, and how big it is; packaging/pictures runs this.

Drives Wireshark with tests/gui.py. Knows the captures, and nothing of how a screen is made.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import browser  # noqa: E402
import gui as driver  # noqa: E402
from wireshark import Wireshark  # noqa: E402

PICTURES = ROOT / "doc/pictures"
STORY = "ota-over-a-bad-link"

# The main window fills the screen. In a person's own Wireshark these follow from how they drag its edges.
GEOMETRY = {"gui.geometry_main_x": 0, "gui.geometry_main_y": 0, "gui.geometry_main_width": 1400,
            "gui.geometry_main_height": 875, "gui.geometry_main_upper_pane": 220, "gui.geometry_main_lower_pane": 740}


def fit_column(gui, dialog, name):
    """A double click on the right edge of its heading: it becomes as wide as what is in it."""
    heading = next(part for table in dialog.walk() for part in table.children()
                   if part.role == "table column header" and part.name == name)
    place = heading.accessible.get_extents(gui.screen.atspi.CoordType.SCREEN)
    gui.screen.run("xdotool", "mousemove", place.x + place.width - 1, place.y + place.height // 2,
                   "click", "--repeat", 2, "--delay", 50, 1)


def packet_list(gui):
    """A block that was sent again, its session opened; refused and damaged ones around it."""
    gui.go_to(100)
    gui.screen.click(driver.wait_for("our part of the packet's details", lambda: next(
        (cell for tree in gui.main.all("tree", "Packet details") for cell in tree.children()
         if cell.name.startswith("VT600 GPRS OTA Protocol")), None)))
    gui.menu("View", "Expand Subtrees")
    return None


def sessions(gui):
    gui.menu("Statistics", "VT600 OTA Sessions")
    dialog = gui.dialog("VT600 OTA Sessions")
    driver.wait_for("two sessions", lambda: len(dialog.one("tree").rows()) == 2)
    fit_column(gui, dialog, "Session")
    return dialog, (1130, 200)


def graph(gui):
    gui.menu("Statistics", "I/O Graphs")
    dialog = gui.dialog("I/O Graphs")
    fit_column(gui, dialog, "Graph Name")
    return dialog, (1150, 720)


def flow(gui):
    gui.menu("Statistics", "Flow Graph")
    dialog = gui.dialog("Flow")
    kinds = next(box for box in dialog.all("combo box") if box.one("list").all("list item", "VT600 OTA"))
    gui.choose(kinds, "VT600 OTA")
    return dialog, (980, 800)


def objects(gui):
    gui.menu("File", "Export Objects", "VT600…")
    dialog = gui.dialog("Export · VT600")
    driver.wait_for("objects", dialog.one("tree").rows)
    return dialog, (1110, 200)


ALL = {
    "packet-list": (packet_list, STORY),
    "sessions": (sessions, "second-attempt-after-cancel"),
    "io-graph": (graph, STORY),
    "flow-graph": (flow, STORY),
    "export-objects": (objects, "second-attempt-after-cancel"),
}


PAGE = "page"
EXAMPLE = ROOT / "doc/example.html"
EXAMPLE_OF = ("every-outcome", "ota-over-a-bad-link")


def example():
    """doc/example.html, and its picture: one tracker's row opened."""
    subprocess.run(["packaging/vt600-review", "--format", "html", "-o", EXAMPLE,
                    *(f"captures/{name}.pcapng" for name in EXAMPLE_OF)], cwd=ROOT, check=False)  # some were not updated
    with tempfile.TemporaryDirectory() as folder:
        page = browser.Browser(str(EXAMPLE), folder)
        page.click("#search")
        page.type("bad-link")
        page.click(".tracker:not([hidden]) .why")
        page.run("window.scrollTo(0, 0)")
        (PICTURES / f"{PAGE}.png").write_bytes(page.picture())
        page.close()


def main(plugins, *names):
    if unknown := set(names) - {*ALL, PAGE}:
        sys.exit(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join([*ALL, PAGE])}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    if not names or PAGE in names:
        example()
    names = [name for name in names or ALL if name != PAGE]
    if names:
        windows(plugins, names)


def windows(plugins, names):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        screen = driver.Screen(Wireshark(plugins, folder).environment)
        try:
            profile = screen.home / "wireshark/profiles" / driver.PROFILE
            shutil.copytree(ROOT / "packaging/profile" / driver.PROFILE, profile)
            with (profile / "recent").open("a", encoding="utf-8") as recent:
                recent.writelines(f"{name}: {value}\n" for name, value in GEOMETRY.items())
            screen.give(screen.home)
            for name in names:
                show, capture = ALL[name]
                gui = driver.Gui(screen, capture)
                screen.picture(PICTURES / f"{name}.png", show(gui))
                gui.close_dialogs()
                gui.quit()
        finally:
            screen.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

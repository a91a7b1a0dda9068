# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the real Wireshark on a screen of its own: an X server without a display, a window manager, a message bus.

Menus and windows are found by what they say, through AT-SPI, the interface that screen readers use. Knows nothing of the
protocol. Needs Debian's wireshark xvfb openbox xdotool dbus at-spi2-core gir1.2-atspi-2.0 python3-gi fonts-dejavu-core clang
libclang-rt-dev.
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from wireshark import AS_USER, CAPTURES

PROFILE = "VT600 OTA"
PATIENCE = 60  # seconds for a window to appear, on a slow machine
ANSWER = 60000  # milliseconds for Wireshark to answer
GLANCE = 50  # milliseconds, where no answer comes before a dialog is closed

# What Wireshark and Qt always say on standard error on such a screen.
QT = r" \*\* \(wireshark:\d+\) [\d:.]+ \[GUI \w+\] -- "
TALK = re.compile("|".join([
    QT + r"QAccessibleTable::child: Invalid index at: .*",      # Qt's own, where AT-SPI asks for a cell
    QT + r"(WARNING Qt AtSpiAdaptor: )?Accessible invalid: .*",  # and for a window that was closed
    QT + r"Could not find accessible on path: .*",
    QT + r"AtSpiAdaptor::applicationInterface does not implement .*",
    QT + r"QXcbConnection: XCB error: 3 \(BadWindow\), .*",     # and for the window that was there when it asked X
    QT + r"QObject::connect: Cannot connect \(nullptr\)::destroyed\(\) to .*::resetPreviousFocus\(\)",  # no focus yet
    r"nl80211 not found\.?",                                    # there is no wireless device
    r".*XKB.*|.*xkbcommon.*",                                   # Qt and the keyboard of the X server
    r".*propagateSizeHints\(\).*",
    r"Qt: Session management error: .*",
    r"libEGL warning: .*|MESA.*|libGL error: .*",               # Qt and the graphics card that is not there
    QT + r"scan mutex locked, can't scan interfaces",           # it looks for network interfaces twice at once
    QT + r"QObject::disconnect: wildcard call .* FunnelTextDialog::FunnelTextDialog",  # as it closes a plugin's text window
    QT + r"QThreadStorage: Thread \w+ exited after QThreadStorage \d+ destroyed",  # at its end
    r"",
]))


def missing():
    """Why there can be no screen here, or None."""
    programs = "wireshark", "Xvfb", "openbox", "dbus-daemon", "xdotool", "clang"
    if absent := [program for program in programs if not shutil.which(program)]:
        return f"not installed: {', '.join(absent)}"
    if not allocator():
        return "no scudo (libclang-rt-dev)"
    try:
        import gi
        gi.require_version("Atspi", "2.0")
    except (ImportError, ValueError) as error:
        return f"no AT-SPI for Python (python3-gi, gir1.2-atspi-2.0, at-spi2-core): {error}"
    return None


def allocator():
    """Clang's scudo, from which Wireshark has its memory (see Gui), or None."""
    name = f"libclang_rt.scudo_standalone-{platform.machine()}.so"
    path = subprocess.check_output(["clang", f"-print-file-name={name}"], text=True).strip()
    return path if os.path.exists(path) else None


def is_of_closed(error):
    """Whether AT-SPI says that what it was asked for is there no more."""
    return re.search("no longer exists|No such object path", str(error))


def wait_for(what, found, patience=PATIENCE):
    """What `found` returns, once it is true. A window that is being closed meanwhile makes it try again."""
    end = time.monotonic() + patience
    while True:
        try:
            if result := found():
                return result
        except Exception as error:  # GLib.Error is known where AT-SPI is
            if not is_of_closed(error):
                raise
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not there after {patience} seconds")
        time.sleep(0.05)


class Screen:
    """An X server of 1400 x 900 with a window manager and a bus. One in a process: AT-SPI connects once."""

    def __init__(self, environment):
        self.folder = Path(tempfile.mkdtemp())
        self.home, runtime = self.folder / "home", self.folder / "runtime"
        self.processes = []
        os.chmod(self.folder, 0o755)
        for folder in (self.home, runtime):
            folder.mkdir(mode=0o700)
            self.give(folder)
        self.environment = {name: str(value) for name, value in environment.items()} | {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "NO_AT_BRIDGE": "0",
        }
        display = self._answer("Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset")
        self.environment["DISPLAY"] = f":{display}"
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._answer("dbus-daemon", "--session", "--nofork", "--print-address")
        os.environ["DISPLAY"] = self.environment["DISPLAY"]
        self.start("openbox", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.atspi = self._connect()

    @staticmethod
    def give(folder):
        """It and what is in it belong to the user that Wireshark runs as."""
        for path in (folder, *folder.rglob("*")):
            if AS_USER:
                os.chown(path, 65534, 65534)

    def _connect(self):
        """The bus of AT-SPI lets root in too, the session's only the user who started it."""
        asking = self.start("dbus-send", "--session", "--print-reply=literal", "--dest=org.a11y.Bus", "/org/a11y/bus",
                            "org.a11y.Bus.GetAddress", stdout=subprocess.PIPE, text=True)
        os.environ["AT_SPI_BUS_ADDRESS"] = asking.communicate()[0].strip()
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi
        Atspi.set_timeout(ANSWER, ANSWER)
        Atspi.get_desktop(0).set_cache_mask(Atspi.Cache.NONE)
        return Atspi

    def start(self, *command, **options):
        assignments = [f"{name}={value}" for name, value in self.environment.items()]
        process = subprocess.Popen([*AS_USER, "env", "-i", *assignments, *map(str, command)], cwd=self.folder, **options)
        self.processes.append(process)
        return process

    def _answer(self, *command):
        """Starts a server, and returns the line with which it says that it is there."""
        process = self.start(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"{command[0]} does not start: exit status {process.wait()}")
        return line

    def type(self, *keys):
        """Keys, as xdotool names them, into the window in front."""
        self.run("xdotool", "key", "--delay", "50", *keys)

    def click(self, node):
        place = node.accessible.get_extents(self.atspi.CoordType.SCREEN)
        self.run("xdotool", "mousemove", place.x + min(30, place.width // 2), place.y + place.height // 2, "click", 1)

    def run(self, *command):
        subprocess.run([*map(str, command)], check=True, env=self._on_screen())

    def _on_screen(self):
        return os.environ | {"DISPLAY": self.environment["DISPLAY"]}

    def picture(self, path, window=None):
        """Of the whole screen, or of (dialog, (width, height)): a small PNG."""
        target = "root"
        if window:
            dialog, size = window
            number = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", re.escape(dialog.name)], check=True,
                                    capture_output=True, text=True, env=self._on_screen()).stdout.split()[-1]
            self.run("xdotool", "windowsize", "--sync", number, *size, "windowmove", number, 20, 40, "windowraise", number)
            target = number
        time.sleep(1)  # until it is drawn
        self.run("import", "-window", target, "-frame", "-strip", "+dither", "-colors", 64, f"PNG8:{path}")

    def keep(self, folder, name):
        """Leaves NAME.png and NAME.txt in the folder: the screen, and what its windows say. Returns their path but its end."""
        path = folder / re.sub(r"[^\w.-]+", "_", name)
        folder.mkdir(parents=True, exist_ok=True)
        desktop = self.atspi.get_desktop(0)
        with open(f"{path}.txt", "w", encoding="utf-8") as file:
            for application in map(desktop.get_child_at_index, range(desktop.get_child_count())):
                for window in Node(application).children() if application else []:
                    print(f"{window.role} {window.name!r}", file=file)
                    for node in window.walk():
                        if node.name and node.has("showing"):
                            print(f"    {node.role} {node.name!r}", file=file)
        self.run("import", "-window", "root", f"{path}.png")
        return path

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


CLOSED = {"tree", "tree table", "table", "list", "menu bar", "popup menu"}


class Node:
    """A window, or a part of one."""

    def __init__(self, accessible):
        self.accessible = accessible

    @property
    def role(self):
        role = self.accessible.get_role_name()
        return "push button" if role == "button" else role  # as AT-SPI calls it from 2.56 on

    name = property(lambda self: self.accessible.get_name() or "")

    def children(self):
        count = self.accessible.get_child_count()
        return [Node(child) for child in map(self.accessible.get_child_at_index, range(count)) if child]

    def walk(self):
        """It and its parts, but not what is in tables, lists and menus below it: those are many, and each takes a message."""
        yield self
        for child in self.children():
            if child.role in CLOSED:
                yield child
            else:
                yield from child.walk()

    def all(self, role, name=r".*"):
        """Its parts with this role, and with this name (a regular expression)."""
        return [node for node in self.walk() if node.role == role and re.fullmatch(name, node.name, re.DOTALL)]

    def one(self, role, name=r".*"):
        found = self.all(role, name)
        if not found:
            says = [node.name for node in self.all("label")]
            raise LookupError(f"{self.name!r} has no {role} {name!r} but {[node.name for node in self.all(role)]}: {says}")
        return found[0]

    def has(self, state):
        """A state as AT-SPI names it: showing, enabled, selected."""
        from gi.repository import Atspi
        return self.accessible.get_state_set().contains(getattr(Atspi.StateType, state.upper()))

    def text(self):
        from gi.repository import Atspi
        return Atspi.Text.get_text(self.accessible, 0, Atspi.Text.get_character_count(self.accessible))

    def write(self, text):
        assert self.accessible.set_text_contents(text), f"nothing can be written into {self.name!r}"

    def headings(self):
        return [child.name for child in self.children() if child.role == "table column header"]

    def cell(self, row, column):
        """Of a table or tree: the text of its cell, or nothing."""
        cell = self.accessible.get_accessible_at(row, column)
        return cell.get_name() if cell else ""

    def rows(self):
        """Likewise its rows, each the texts of its cells."""
        return [[self.cell(row, column) for column in range(self.accessible.get_n_columns())]
                for row in range(self.accessible.get_n_rows())]


class Gui:
    """One Wireshark on a screen, with the capture that it shows.

    Its memory comes from an allocator that does not soon give out again what was freed. For Qt 5 takes a window, or a
    part of one, for another that was closed and had the same address, and AT-SPI shows nothing of it. Libraries are sorted
    in the older of glibc's ways: the newer one, in 2.36, was seen to end Wireshark at its start (dl-sort-maps.c, assertion).
    """

    MEMORY = "quarantine_size_kb=262144:thread_local_quarantine_size_kb=1024:quarantine_max_chunk_size=4096"

    def __init__(self, screen, capture, *arguments):
        self.screen = screen
        self.lasting = {}  # parts of the main window, by role and name
        self.errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")
        memory = [f"LD_PRELOAD={allocator()}", f"SCUDO_OPTIONS={self.MEMORY}", "GLIBC_TUNABLES=glibc.rtld.dynamic_sort=1"]
        if "LD_PRELOAD" in screen.environment:  # ASan, which does the same
            memory = []
        self.process = screen.start("env", *memory, "wireshark", "-C", PROFILE, "-r", CAPTURES / f"{capture}.pcapng",
                                    *arguments, stdout=subprocess.DEVNULL, stderr=self.errors)
        self.wait_loaded(capture)

    @property
    def main(self):
        return next(window for window in self.windows() if window.role == "frame")

    def part(self, role, name):
        """Of the main window, one that is there as long as Wireshark runs."""
        if (role, name) not in self.lasting:
            self.lasting[role, name] = self.main.one(role, re.escape(name))
        return self.lasting[role, name]

    def wait_loaded(self, capture):
        def loaded():
            self.check_runs()
            shown = any(one.role == "frame" and one.name.startswith(f"{capture}.pcapng") for one in self.windows())
            return shown and self.is_idle() and self.displayed() is not None
        wait_for(f"{capture} in Wireshark", loaded)

    def is_idle(self):
        """Whether it is not going through the packets: to read, filter or count them.

        In the midst of that it does what is asked of it, too, and often wrongly: it looks for packets in a list that is not
        there. The list is without columns then, or disabled.
        """
        packets = self.part("tree", "Packet list")
        return packets.accessible.get_n_columns() > 0 and packets.has("enabled")

    def wait_idle(self):
        """Fails where Wireshark has something to say instead."""
        def idle():
            self.check_runs()
            if boxes := [window for window in self.dialogs() if window.role == "alert"]:
                raise RuntimeError(f"Wireshark says: {[label.name for box in boxes for label in box.all('label')]}")
            return self.is_idle()
        wait_for("the end of reading, filtering or counting packets", idle)

    def check_runs(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"Wireshark ended with exit status {self.process.returncode}: {self.said()}")

    def windows(self):
        desktop = self.screen.atspi.get_desktop(0)
        found = []
        for application in map(desktop.get_child_at_index, range(desktop.get_child_count())):
            if application and application.get_process_id() == self.process.pid:
                application.set_cache_mask(self.screen.atspi.Cache.NONE)
                found += Node(application).children()
        return found

    def dialogs(self):
        return [window for window in self.windows() if window.role != "frame"]

    def dialog(self, title):
        """The one whose title begins so, as soon as it is there."""
        def found():
            self.check_runs()
            return next((one for one in self.dialogs() if one.name.startswith(f"Wireshark · {title}")), None)
        return wait_for(f"a window {title!r}", found)

    def said(self):
        """The lines on standard error that are not known talk."""
        self.errors.seek(0)
        return [line for line in self.errors.read().splitlines() if not TALK.fullmatch(line)]

    def item(self, *path):
        """What is at this place in the menus."""
        node = self.part("menu bar", "")
        for name in path:
            items = [item for part in node.children() for item in ([part] if part.role != "popup menu" else part.children())]
            if not (node := next((item for item in items if item.name == name), None)):
                raise LookupError(f"{path}: no {name!r} among {[item.name for item in items]}")
        return node

    def menu(self, *path):
        self.act(self.item(*path))

    def act(self, node):
        """Presses it, or what else is done with it first, and returns when all that it does with the packets is done."""
        def is_up():
            try:
                return not node.has("pressed")
            except Exception as error:
                return is_of_closed(error)

        self._press(node)
        wait_for(f"{node.name!r} pressed", is_up)  # a button is down for a moment, and acts then
        self.wait_idle()

    def act_and_go_on(self, node):
        """Presses what opens a dialog, or a list, that holds up the answer until it is closed."""
        atspi = self.screen.atspi
        try:
            self._press(node, GLANCE)
        except Exception as error:
            if "timeout" not in str(error):
                raise
        finally:
            atspi.set_timeout(ANSWER, ANSWER)

    def _press(self, node, patience=ANSWER):
        """Of what is disabled, Wireshark would say that it was pressed, and do nothing."""
        self.wait_idle()
        wait_for(f"{node.role} {node.name!r} that can be pressed", lambda: node.has("enabled"))
        self.screen.atspi.set_timeout(patience, patience)
        assert node.accessible.do_action(0), f"{node.name!r} cannot be pressed"

    def open(self, capture):
        if self.main.name.startswith(f"{capture}.pcapng"):
            self.close_capture()  # or nothing would tell the new one from the old one
        self.act_and_go_on(self.item("File", "Open"))
        dialog = self.dialog("Open Capture File")
        dialog.one("text", "File name:").write(str(CAPTURES / f"{capture}.pcapng"))
        self.act(dialog.one("push button", "Open"))
        self.wait_loaded(capture)

    def displayed(self):
        """How many packets the packet list shows."""
        for label in self.part("status bar", "").all("label", r"Packets: .*"):
            number = re.search(r"Displayed: (\d+)", label.name) or re.search(r"Packets: (\d+)", label.name)
            return int(number[1])
        return None

    def go_to(self, number):
        """Selects a packet that is displayed."""
        button = self.part("push button", "Go to packet")
        bar = Node(button.accessible.get_parent())
        self.menu("Go", "Go to Packet…")
        wait_for("the bar for a packet's number", lambda: button.has("showing"))
        bar.one("text").write(str(number))
        self.act(button)
        details = self.part("tree", "Packet details")
        wait_for(f"packet {number} selected", lambda: details.cell(0, 0).startswith(f"Frame {number}:"))
        wait_for("the bar to go away", lambda: not button.has("showing"))

    def close_capture(self):
        self.menu("File", "Close")
        wait_for("no capture", lambda: self.displayed() is None)

    def close_dialogs(self):
        """Also of what Wireshark has to say, which failed the test already."""
        def close():
            dialogs = self.dialogs()
            for dialog in reversed(dialogs):
                button = dialog.one("push button", "Close|Cancel|OK")
                if not button.has("pressed"):  # or it would stay down for longer
                    button.accessible.do_action(0)
            return not dialogs
        wait_for("no dialog", close)
        self.wait_idle()

    def choose(self, box, text):
        """An entry of a combo box, as a person does: opens its list, types what the entry begins with."""
        self.act_and_go_on(box)
        wait_for("the list", lambda: box.one("list").has("showing"))
        self.screen.type(text[0].lower(), "Return")
        wait_for(f"{text!r} chosen", lambda: box.name == text)
        self.wait_idle()

    def filter(self):
        """What the filter toolbar has; other toolbars, not shown, have one too."""
        return next(entry for entry in self.main.all("text", "Display filter entry") if entry.has("showing"))

    def show_all(self):
        """Takes the display filter away."""
        entry = self.filter()
        if entry.text():
            self.act(next(part for part in entry.children() if part.accessible.get_description() == "Clear display filter"))
            wait_for("no filter", lambda: not entry.text())

    def quit(self):
        """Ends it as a person does, and returns its exit status."""
        self.act_and_go_on(self.item("File", "Quit"))
        return self.process.wait(PATIENCE)

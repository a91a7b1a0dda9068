# SPDX-License-Identifier: GPL-2.0-or-later
"""How tshark is run: with the plugin loaded, by a user for whom it is loaded, here and on other machines.

Knows where plugins are, and the shell command that reads a capture. Knows nothing of what comes out of it.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

from captures import require
from words import PROGRAM, Unable, shown

# What tshark run by root always says.
ROOT_TALK = re.compile(r'^Running as user "root" and group "root"\. This could be dangerous\.$')
TWO_COPIES = "was found in multiple directories"
NOBODY = 65534

# Dissectors of ports come before heuristics, and some of them take any packet of their port: the plugin is asked first.
ALWAYS = ["tcp.try_heuristic_first:TRUE", "udp.try_heuristic_first:TRUE"]
OUT_OF_ORDER = "tcp.reassemble_out_of_order:TRUE"

# The proof that nothing of a result was lost on the way (a full disk cuts without a word): lines, bytes, and tshark's exit status.
PROVE = r"""{ n += length($0) + 1; print } /^= /{ s = $2 } END { printf "end %.0f %.0f\n", NR, n; exit s }"""
PROOF = re.compile(rb"end (\d+) (\d+)")
COMPLAINTS, STATUS = b"!", re.compile(rb"= (\d+)")


class Tshark:
    """How tshark is run here: `prefix` and `environment`, with the plugin loaded, or Unable.

    `folder` is a temporary one, which this makes fit for the user that tshark runs as.
    """

    def __init__(self, folder, sshlogin):
        self.prefix = []
        self.work = Path(folder, "work")
        self.home = Path(folder, "home")
        for place in (self.work, self.home):
            place.mkdir()
        self.environment = dict(os.environ, PARALLEL_SHELL="/bin/sh", TMPDIR=str(self.work))
        if sshlogin:
            self.check_remote(sshlogin)
        else:
            require("tshark")
            self.check_here()

    def check_here(self):
        packaging = Path(__file__).resolve().parents[1]
        built = packaging.parent / "build/plugins"
        if packaging.name == "packaging" and built.is_dir():
            self.environment.setdefault("WIRESHARK_PLUGIN_DIR", str(built))
        loaded, talk = self.is_loaded()
        if not loaded and os.geteuid() == 0 and "WIRESHARK_PLUGIN_DIR" in self.environment:
            # Another user, who can read what root can, and writes nothing but the temporary folder.
            require("setpriv", "to run tshark as another user than root")
            self.prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                           "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
            self.environment |= {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)}
            for place in (self.work, self.home):
                os.chown(place, NOBODY, NOBODY)
            loaded, talk = self.is_loaded()
        elif loaded and TWO_COPIES in talk:
            self.leave_out_personal_plugins()
        if not loaded:
            raise Unable("tshark runs, but without the plugin vt600. " + self.advice() + (f" tshark says: {talk}" if talk else ""))

    def leave_out_personal_plugins(self):
        """The copy in WIRESHARK_PLUGIN_DIR is the one that is used; the one in the home would be complained of each time."""
        folders = self.ask("tshark", "-G", "folders").stdout
        place = re.search(r"^Personal configuration:\s*(.*)$", folders, re.MULTILINE)
        if place:
            self.environment |= {"HOME": str(self.home), "WIRESHARK_CONFIG_DIR": place[1]}

    def ask(self, *command):
        return subprocess.run([*self.prefix, *command], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="backslashreplace", check=False)

    def is_loaded(self):
        run = self.ask("tshark", "-z", "help")
        lines = (run.stdout + run.stderr).splitlines()
        strange = [line for line in lines if not line.startswith("     ") and not ROOT_TALK.match(line)
                   and "available statistics" not in line]
        return "vt600,report" in [line.strip() for line in lines], shown(" ".join(strange))

    def advice(self):
        version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
        folders = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, check=False).stdout
        place = re.search(r"^Global Plugins:\s*(.*)$", folders, re.MULTILINE)
        if os.geteuid() == 0:
            return (f"Run by root, tshark loads plugins only from its global folder ({place[1] if place else 'unknown'}): "
                    f"install it there (cmake --install build, as root), or run {PROGRAM} as another user.")
        return (f"Build and install it for this Wireshark ({version}): cmake -S . -B build && cmake --build build && "
                "cmake --install build. If WIRESHARK_PLUGIN_DIR is set, it replaces the global folder.")

    def check_remote(self, sshlogin):
        require("parallel")
        probe = "tshark -z help 2>&1 | grep -qw vt600,report && echo loaded || echo missing"
        run = self.ask("parallel", "--plain", "--will-cite", "--nonall", "--tag", *logins(sshlogin), probe)
        without = [line.split("\t")[0] for line in run.stdout.splitlines() if line.endswith("\tmissing")]
        if without:
            raise Unable(f"there is no tshark with the plugin vt600 on {', '.join(without)}: install both there")
        if run.returncode or not run.stdout:
            raise Unable(f"cannot run anything on {', '.join(sshlogin)} through ssh: {shown(' '.join(run.stderr.split()))}")


def logins(sshlogin):
    return [word for login in sshlogin or [] for word in ("--sshlogin", login)]


def command_for(captures, memory, taps, preferences):
    """The shell command that reads captures as one, and prints what tshark says with its proof (see proven)."""
    options = [word for preference in ALWAYS + preferences for word in ("-o", preference)]
    options += [word for tap in taps for word in ("-z", tap)]
    limit = f"ulimit -v {memory * 1024} 2>/dev/null; " if memory else ""
    tshark = f"{limit}exec tshark -q {shlex.join(options)} -r "
    first, *more = captures
    if not first.unpack and not more:
        read = tshark + shlex.quote(os.path.abspath(first.path))
    else:
        feed = unpacked(first) if not more else "; ".join(["failed=0", *map(one_of_ring, captures), "exit $failed"])
        read = f"exec bash -c {shlex.quote(f'set -o pipefail; ({feed}) | ({tshark} -)')}"
    proven_read = (f"{{ said=$({read} 2>&1 >&3 3>&-); status=$?; printf '\\n!\\n%s\\n= %d\\n' \"$said\" $status; }} 3>&1"
                   f" | LC_ALL=C exec awk {shlex.quote(PROVE)}")
    return f"exec sh -c {shlex.quote(proven_read)}"


def unpacked(capture):
    return shlex.join([*capture.unpack, "--", os.path.abspath(capture.path)])


def one_of_ring(capture):
    """As pcapng, which may follow one another. Whatever comes out of a broken one, the ring goes on with the next."""
    if capture.unpack:
        return f"{unpacked(capture)} | editcap -F pcapng - - || failed=2"
    return f"editcap -F pcapng {shlex.quote(os.path.abspath(capture.path))} - || failed=2"


def proven(content):
    """(lines of the report, complaints, exit status) of what such a command printed; None: not proven to be whole."""
    body, _, last = content[:-1].rpartition(b"\n")
    body += b"\n"
    proof = PROOF.fullmatch(last)
    if not content.endswith(b"\n") or not proof or (body.count(b"\n"), len(body)) != (int(proof[1]), int(proof[2])):
        return None
    said, _, rest = body.partition(b"\n" + COMPLAINTS + b"\n")
    *complaints, last = rest.splitlines()
    status = STATUS.fullmatch(last)
    if not status:
        return None
    complaints = [line.decode(errors="backslashreplace") for line in complaints if line.strip()]
    return ([line for line in said.splitlines() if line.startswith(b"{")],
            [line for line in complaints if not ROOT_TALK.match(line)], int(status[1]))

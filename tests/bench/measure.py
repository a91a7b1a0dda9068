# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tshark and sharkd, and counts their instructions or takes their peak memory.

Knows callgrind. Instructions are the same each time, whatever else the machine does, so each run is made once and any
number of them may run side by side.
"""

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wireshark import SHARKD_TALK

COLLECTED = re.compile(r"Collected : (\d+)")


@dataclass(frozen=True)
class Run:
    """tshark -r CAPTURE OPTIONS..., or sharkd that loads CAPTURE and is asked for FRAMES."""
    capture: str
    options: str = ""           # with {}: an option that names a new, empty folder
    frames: tuple = ()          # numbers; (0,): sharkd loads the capture only
    memory: bool = False        # peak memory in KiB counts, not instructions


def requests(path, frames):
    calls = [("load", {"file": str(path)})]
    calls += [("frame", {"frame": number, "proto": True, "bytes": True}) for number in frames if number]
    return "".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n"
                   for number, (method, parameters) in enumerate(calls, 1))


def measure(run, wireshark, path, home, preload):
    """Instructions of the run (or KiB) as a number.

    home     folder of preferences
    preload  count.c, compiled
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        log = Path(folder) / "log"
        command = ["sharkd", "-"] if run.frames else ["tshark", "-r", path, *run.options.format(f"{folder}/out").split()]
        more = {"HOME": home, "XDG_CONFIG_HOME": home}
        if not run.memory:
            command = ["valgrind", "--tool=callgrind", "--vgdb=no", "--instr-atstart=no", "--callgrind-out-file=/dev/null",
                       f"--log-file={log}", *command]
            more["LD_PRELOAD"] = preload
        process = subprocess.Popen(wireshark.command(*command, **more), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, cwd=folder)
        process.stdin.write(requests(path, run.frames) if run.frames else "")
        process.stdin.close()
        said = SHARKD_TALK.sub("", process.stderr.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or said:
            raise SystemExit(f"{' '.join(map(str, command))}\nexit status {process.returncode}\n{said}")
        return usage.ru_maxrss if run.memory else int(COLLECTED.search(log.read_text())[1])

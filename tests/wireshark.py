# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tshark and sharkd with the freshly built plugin, the same way everywhere.

Knows the environment that makes a run repeatable; knows nothing of the protocol.
"""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "captures"

# As root, Wireshark loads plugins from its global folder only, so it runs as somebody else. With the right to pass over
# file permissions that one still reads and writes what root can.
AS_USER = [
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"
] if os.geteuid() == 0 else []

# The same with the right to capture.
AS_CAPTURER = [part.replace("dac_override", "dac_override,+net_raw,+net_admin") for part in AS_USER]

# What sharkd always says on standard error.
SHARKD_TALK = re.compile(r"^(Hello in child\.|load: filename=.*|sharkd_session_process_tap\(\) count=\d+)\n", re.MULTILINE)


class Wireshark:
    """tshark and sharkd, with `plugins` in place of the global plugin folder and `folder` for their files."""

    def __init__(self, plugins, folder):
        self.plugins = Path(plugins)
        self.folder = Path(folder)
        home = self.folder / "home"
        home.mkdir()
        self.bare = self.folder / "bare"
        modules = list(Path(plugins).glob("*/*/*.so"))
        ours = [module for module in modules if module.name == "vt600.so"]
        if not ours:
            raise FileNotFoundError(f"no vt600.so in {plugins}: build first, or set VT600_PLUGIN_DIR")
        for module in modules:
            if module not in ours:
                link = self.bare / module.relative_to(plugins)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(module.resolve())
        self.bare.mkdir(exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "WIRESHARK_PLUGIN_DIR": plugins,
            "WIRESHARK_ABORT_ON_DISSECTOR_BUG": "1",
            "WIRESHARK_ABORT_ON_TOO_MANY_ITEMS": "1",
        }
        if b"libasan.so" in ours[0].read_bytes():
            self.environment |= self._sanitized()
        version = re.search(r"\d+\.\d+", self._run(["tshark", "--version"]))[0]
        self.series = tuple(map(int, version.split(".")))  # (4, 0)

    @staticmethod
    def _sanitized():
        def library(name):
            return subprocess.check_output(["gcc", f"-print-file-name={name}"], text=True).strip()
        return {
            "LD_PRELOAD": f"{library('libasan.so')}:{library('libubsan.so')}",
            # What Wireshark itself never frees is not ours to report.
            "ASAN_OPTIONS": "detect_leaks=0",
            # Wireshark's pools would hide errors in their memory.
            "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
            "G_SLICE": "always-malloc",
        }

    def _path(self, capture):
        """Of a capture given as its name in captures/, a path, or the bytes of the file."""
        if isinstance(capture, bytes):
            path = self.folder / "capture"
            path.write_bytes(capture)
            return path
        if isinstance(capture, str) and "/" not in capture:
            return CAPTURES / f"{capture}.pcapng"
        return Path(capture).resolve()

    def command(self, *command, capturer=False, **more):
        """A command line that runs a program of Wireshark's with the plugin; `more` goes into its environment."""
        environment = self.environment | more
        assignments = [f"{name}={value}" for name, value in environment.items()]
        return [*(AS_CAPTURER if capturer else AS_USER), "env", "-i", *assignments, *map(str, command)]

    def _run(self, command, requests="", plugin=True, timeout=None):
        bare = {} if plugin else {"WIRESHARK_PLUGIN_DIR": self.bare}
        run = subprocess.run(self.command(*command, **bare), input=requests, text=True, encoding="utf-8",
                             errors="backslashreplace", capture_output=True, check=False, cwd=self.folder, timeout=timeout)
        complaints = SHARKD_TALK.sub("", run.stderr)
        assert run.returncode == 0 and not complaints, f"{command}: exit status {run.returncode}\n{complaints}"
        return run.stdout

    def tshark(self, *args, capture, plugin=True):
        """What `tshark -r CAPTURE ARGS...` prints. Fails on any other exit status than 0 and on any complaint."""
        return self._run(["tshark", "-r", self._path(capture), *args], plugin=plugin)

    def glossary(self, report):
        """What `tshark -G REPORT` prints."""
        return self._run(["tshark", "-G", report])

    def sharkd(self, *requests, capture, plugin=True, timeout=None):
        """Loads the capture and returns the results of the requests, each a method's name or (name, parameters).

        timeout: seconds that it may take.
        """
        calls = [("load", {"file": str(self._path(capture))})]
        calls += [(request, {}) if isinstance(request, str) else request for request in requests]
        lines = [json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
                 for number, (method, parameters) in enumerate(calls, 1)]
        said = self._run(["sharkd", "-"], "\n".join(lines) + "\n", plugin=plugin, timeout=timeout)
        answers = [json.loads(line) for line in said.splitlines()]
        for answer in answers:
            assert "error" not in answer, f"{calls[answer['id'] - 1]}: {answer['error']}"
        assert [answer["id"] for answer in answers] == list(range(1, len(calls) + 1)), f"answers are missing: {answers}"
        return [answer["result"] for answer in answers[1:]]

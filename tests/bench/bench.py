#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin costs, in ratios measured in one run. Called by tests/bench/run.

Each row is a command on a capture, run by turns
    plugin   as it is
    plain    with the payload taken as plain data: nothing looks at it (-d tcp.port==8500,data)
    none     without the plugin: all other heuristics look at it (--disable-protocol vt600)
    lua      with vt600.lua in its place
Knows the rows. The captures are made by traffic.py, the figures by measure.py, the tables by tables.py.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import tables  # noqa: E402
from measure import Command, CommandError, Samples, by_turns  # noqa: E402
from targets import verdicts  # noqa: E402
from wireshark import AS_USER, SHARKD_TALK  # noqa: E402

WITHOUT = ["--disable-protocol", "vt600"]
VARIANTS = {
    "plugin": [],
    "plain": ["-d", "tcp.port==8500,data"],
    "none": WITHOUT,
    "lua": [*WITHOUT, "-X", f"lua_script:{HERE / 'vt600.lua'}"],
}
# What sharkd has no options for is in these files of its profile.
PROFILES = {
    "plugin": {},
    "plain": {"decode_as_entries": "decode_as_entry: tcp.port,8500,(none),Data\n"},
    "none": {"disabled_protos": "vt600\n"},
}
# What frame.protocols ends with, to know that a variant does what it is called.
SHOWN_AS = {"plugin": "vt600", "plain": "data", "none": "data", "lua": "vt600lua"}

FIELDS = ["device_id", "command", "ota.offset", "ota.block_length", "ota.block", "ota.flag", "ota.device_code",
          "ota.max_length", "firmware_version", "ota.image_length", "ota.image_checksum", "checksum", "checksum.status",
          "terminator"]

READ, REPORT, EXPORT = "", "-q -z vt600,report", "-q --export-objects vt600,{}"
ALL, NO_LUA, NO_PLAIN = ("plugin", "plain", "none", "lua"), ("plugin", "plain", "none"), ("plugin", "none", "lua")
# name: (capture, options, variants, what the table calls the capture). PROTO in options is the dissector's prefix.
ROWS = {
    "start": ("empty", READ, ALL, "nothing: tshark's start"),
    "read": ("otas-200", READ, ALL, "200 OTAs at once"),
    "filter": ("otas-200", "-Y PROTO.ota.offset==0xe080", ALL, "200 OTAs at once"),
    "details": ("otas-200", "-V", ALL, "200 OTAs at once"),
    "fields": ("otas-200", "-T fields -e frame.number -e PROTO.device_id -e PROTO.command -e PROTO.ota.offset", ALL,
               "200 OTAs at once"),
    "two-passes": ("otas-200", "-2", ALL, "200 OTAs at once"),
    "report": ("otas-200", REPORT, NO_LUA, "200 OTAs at once"),
    "export": ("otas-200", EXPORT, NO_LUA, "200 OTAs at once"),
    "one": ("otas-1", READ, ALL, "one OTA"),
    "short": ("otas-short", READ, ALL, "2,000 OTAs of 1 KiB"),
    "large": ("large-image", READ, ALL, "one image of 16 MiB"),
    "large-report": ("large-image", REPORT, NO_LUA, "one image of 16 MiB"),
    "one-byte-segments": ("one-byte-segments", READ, ALL, "a frame of 65,535 bytes, a byte a segment"),
    "twenty-frames": ("twenty-frames", READ, ALL, "200 OTAs, 20 frames a segment"),
    "foreign": ("foreign", READ, NO_PLAIN, "foreign traffic"),
}
OTA_FRAMES = 601, 182400        # of otas-200: behind the handshakes
OTHER_ROWS = ["random", *(f"growth-{count}" for count in tables.GROWTH)]


def sharkd_request(number, method, **parameters):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n"


class Bench:
    def __init__(self, build, work, rounds):
        self.captures = Path(build) / "bench"
        self.rounds = rounds
        self.work = Path(work)
        self.profiles = {variant: self._profile(variant) for variant in PROFILES}
        self.environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "WIRESHARK_PLUGIN_DIR": str(Path(build) / "plugins"),
        }

    def _profile(self, variant):
        home = self.work / variant
        (home / "wireshark").mkdir(parents=True)
        for name, content in PROFILES[variant].items():
            (home / "wireshark" / name).write_text(content)
        return home

    def capture(self, name):
        self.captures.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, HERE / "traffic.py", self.captures, name], check=True)
        return self.captures / f"{name}.pcapng"

    def command(self, *argv, profile="plugin", **how):
        home = {"HOME": str(self.profiles[profile]), "XDG_CONFIG_HOME": str(self.profiles[profile])}
        return Command(list(argv), self.environment | home, prefix=AS_USER, **how)

    def tshark(self, variant, capture, options=""):
        words = options.replace("PROTO", SHOWN_AS[variant] if variant == "lua" else "vt600").split()
        how = {}
        if "{}" in options:
            how["folder_option"] = " ".join(words)
            words = []
        return self.command("tshark", "-r", capture, *VARIANTS[variant], *words, **how)

    def sharkd(self, variant, requests):
        return self.command("sharkd", "-", profile=variant, requests=requests, talk=SHARKD_TALK)

    def row(self, name):
        """{variant: Samples}"""
        if name == "random":
            return self.random()
        if name.startswith("growth-"):
            return self.growth(f"otas-{name.removeprefix('growth-')}")
        capture, options, variants, _ = ROWS[name]
        path = self.capture(capture)
        return by_turns({variant: self.tshark(variant, path, options) for variant in variants}, self.rounds, quick=3,
                        seldom={"lua"} & {*variants})

    def growth(self, name):
        """Of each variant, also what it takes to read nothing."""
        paths = {"": self.capture(name), " start": self.capture("empty")}
        return by_turns({variant + start: self.tshark(variant, path)
                         for start, path in paths.items() for variant in tables.GROWTH_VARIANTS}, self.rounds, quick=10)

    def random(self):
        """Of each variant, also what it takes to load the capture."""
        path = self.capture("otas-200")
        frames = random.Random(1)
        load = sharkd_request(1, "load", file=str(path))
        asked = "".join(sharkd_request(number, "frame", frame=frames.randint(*OTA_FRAMES), proto=True)
                        for number in range(2, tables.RANDOM_FRAMES + 2))
        return by_turns({variant + start: self.sharkd(variant, requests) for variant in PROFILES
                         for start, requests in (("", load + asked), (" start", load))}, self.rounds, quick=1)

    def output(self, command):
        run = subprocess.run([*command.prefix, *map(str, command.argv)], env=command.environment, cwd=self.work,
                             input=command.requests, text=True, capture_output=True, check=True)
        return run.stdout

    def verify(self):
        """Each variant takes the packets as it should, and Lua finds in them what the plugin finds."""
        path = self.capture("otas-10")
        for variant, last in SHOWN_AS.items():
            shown = self.output(self.tshark(variant, path, "-T fields -e frame.protocols -Y tcp.len>0")).split()
            others = {protocols for protocols in shown if not protocols.endswith(f":{last}")}
            if others or not shown:
                raise SystemExit(f"variant {variant} should take all packets as {last}, not as {others or 'nothing'}")
        options = "-T fields" + "".join(f" -e PROTO.{name}" for name in FIELDS)
        plugin, lua = (self.output(self.tshark(variant, path, options)).splitlines() for variant in ("plugin", "lua"))
        for number, (ours, theirs) in enumerate(zip(plugin, lua, strict=True), 1):
            if ours != theirs:
                raise SystemExit(f"packet {number}: the plugin shows {ours!r}, vt600.lua {theirs!r}")
        for variant, last in SHOWN_AS.items():
            if variant in PROFILES:
                requests = sharkd_request(1, "load", file=str(path)) + sharkd_request(2, "frame", frame=100, proto=True)
                answer = self.output(self.sharkd(variant, requests))
                layers = json.loads(answer.splitlines()[-1])["result"]["tree"]
                if layers[-1].get("f") != last:
                    raise SystemExit(f"sharkd, variant {variant}: a packet should end with {last}: {layers[-1]}")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these of: {' '.join([*ROWS, *OTHER_ROWS])}")
    parser.add_argument("-n", "--rounds", type=int, default=5, metavar="N", help="rounds of each row (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="keep the figures in FILE, row by row; rows that it has already are not measured again")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.rows) - {*ROWS, *OTHER_ROWS}
    if unknown:
        parser.error(f"no such row: {' '.join(sorted(unknown))}; there are {' '.join([*ROWS, *OTHER_ROWS])}")
    if options.rounds < 1:
        parser.error("--rounds wants 1 or more")
    return options


def main():
    options = arguments()
    rows = {}
    if options.json and options.json.exists():
        rows = {name: {variant: Samples(**taken) for variant, taken in samples.items()}
                for name, samples in json.loads(options.json.read_text()).items()}
    wanted = [name for name in options.rows or [*ROWS, *OTHER_ROWS] if name not in rows]
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        bench = Bench(options.build.resolve(), work, options.rounds)
        if wanted:
            bench.verify()
        for name in wanted:
            print(f"measuring {name}", file=sys.stderr)
            rows[name] = bench.row(name)
            if options.json:
                options.json.write_text(json.dumps(rows, default=vars, indent=1) + "\n")
    described = {name: (title, arguments) for name, (_, arguments, _, title) in ROWS.items()}
    lines = tables.commands_tables(rows, described) + tables.random_table(rows) + tables.growth_table(rows)
    print("\n".join(lines + verdicts(rows)))


if __name__ == "__main__":
    try:
        main()
    except CommandError as error:
        sys.exit(str(error))

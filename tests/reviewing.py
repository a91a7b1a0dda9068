# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of packaging/vt600-review share: it is run as a user runs it.

Where it must be made to wait or to fail, a `tshark` of the test's own stands before the real one on the PATH.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import jsonschema
import pytest

from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "packaging/review"))

import rows as review_rows  # noqa: E402

REVIEW = [sys.executable, str(ROOT / "packaging/vt600-review")]
REAL_TSHARK = shutil.which("tshark")
WHOLE, HALF, NONE = "ota-complete", "ota-cancelled", "foreign-datagrams"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "packaging/review/review.schema.json").read_text(encoding="utf-8")))
OURS = ("review", "file", "file_encoded", "read_whole", "reassembly", "attempt", "attempts", "last", "why")


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """For the user that Wireshark runs as too."""
    for path in [tmp_path, *tmp_path.parents[:3]]:
        if path.stat().st_uid == os.geteuid() and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o755)
    return tmp_path


@pytest.fixture(name="environment")
def fixture_environment(wireshark):
    environment = {name: str(value) for name, value in wireshark.environment.items()}
    # Those stop tshark at what only a test must stop at, and are not what users have.
    return {name: value for name, value in environment.items() if not name.startswith("WIRESHARK_ABORT")}


def sanitized(environment):
    return "LD_PRELOAD" in environment


@pytest.fixture(name="review")
def fixture_review(environment):
    def review(*args, status=0, **changes):
        """status: the exit status that must come of it; None: 0 or 1, all was read."""
        limits = ["--memory", "0"] if sanitized(environment) else []
        run = subprocess.run([*REVIEW, *limits, *map(str, args)], env=environment | changes, capture_output=True, check=False,
                             stdin=subprocess.DEVNULL)
        out, err = run.stdout.decode(errors="surrogateescape"), run.stderr.decode()
        assert run.returncode in ((0, 1) if status is None else (status,)), f"exit status {run.returncode}\n{out}\n{err}"
        return out, err
    return review


@pytest.fixture(name="rows")
def fixture_rows(review):
    """The rows alone, all of which are as review.schema.json says."""
    def rows(*args, **how):
        found = json.loads(review("--format", "json", *args, **how)[0])
        SCHEMA.validate(found)
        return found
    return rows


def put(folder, *names, suffix=".pcapng"):
    for name in names:
        shutil.copy(CAPTURES / f"{name}.pcapng", folder / f"{name}{suffix}")
    return folder


def report(tshark, path, *options):
    lines = tshark(*options, "-q", "-z", "vt600,report", capture=Path(path)).splitlines()
    return [review_rows.checked(json.loads(line)) for line in lines]


def bare(row):
    return {key: value for key, value in row.items() if key not in OURS}


def path_of(row):
    return os.fsdecode(urllib.parse.unquote_to_bytes(row["file_encoded"]))


def stand_in(folder, script):
    """A PATH with a tshark that is this script; $file is the capture, `real` runs tshark."""
    place = folder / "bin"
    place.mkdir()
    program = place / "tshark"
    program.write_text(f'#!/bin/bash\nfile=${{!#}}\nreal() {{ exec {REAL_TSHARK} "$@"; }}\n'
                       f'if [[ $1 == -z ]]; then real "$@"; fi\n{script}\nreal "$@"\n')
    program.chmod(0o755)
    return f'{place}:{os.environ["PATH"]}'


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)

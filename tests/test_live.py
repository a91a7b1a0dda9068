# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark captures on loopback while OTAs run over real sockets, 20 at once: every outcome is right, no frame is lost.

live.py plays them. What is seen while it happens must be what the captured file shows afterwards. Takes the right to
capture, and says so where there is none.
"""

import asyncio
import json
import os
import re
import subprocess

import pytest

import live

pytestmark = pytest.mark.slow

SEED = os.environ.get("VT600_SEED", "1")
TOGETHER, ROUNDS = 20, 3
PLAY_SECONDS = 240          # far more than it takes, on any machine
FIELDS = ["vt600.checksum.status", "vt600.damaged", "vt600.junk", "vt600.device_id", "vt600.ota.state"]
OPTIONS = ["-T", "fields", "-E", "occurrence=a", "-e", "frame.number",
           *(arg for name in FIELDS for arg in ("-e", name)), "-z", "vt600,report"]
GOOD = "1"


@pytest.fixture
def capturer(wireshark):
    if "LD_PRELOAD" in wireshark.environment:
        pytest.skip("a tshark with preloaded sanitizers does not begin to capture")
    why_not = live.Capture.may(wireshark.command("dumpcap", capturer=True))
    if why_not:
        pytest.skip(f"there is no right to capture on loopback: {why_not}")
    return wireshark.command("tshark", capturer=True)


def frames_in(lines):
    """How many sound frames are shown."""
    return sum(line.split("\t")[1].split(",").count(GOOD) for line in lines if "\t" in line)


async def played(stage):
    campaigns = []
    for _ in range(ROUNDS):
        campaigns += await asyncio.gather(*(stage.one() for _ in range(TOGETHER)))
    return campaigns


async def captured(command, path):
    """(campaigns, tshark's lines, what it said on standard error) of OTAs while they are captured."""
    live.Line.sent = 0
    async with live.Stage(SEED) as stage:
        async with live.Capture(command, stage.address[1], "-w", path, "-P", *OPTIONS) as capture:
            await capture.begun(stage.knock)
            campaigns = await asyncio.wait_for(played(stage), PLAY_SECONDS)
            await capture.until(lambda lines: frames_in(lines) >= live.Line.sent)
            return campaigns, capture.lines, await capture.stop()


def no_frame_is_lost(campaigns, lines, said, path):
    assert len(campaigns) == TOGETHER * ROUNDS
    assert frames_in(lines) == live.Line.sent
    count = int(re.search(r"^(\d+) packets captured", said, re.MULTILINE)[1])
    assert "dropped" not in said
    in_file = subprocess.check_output(["capinfos", "-Mrc", path], text=True).split()[-1]
    assert count == int(in_file) == sum(not line.startswith("{") for line in lines)
    assert not any(cell for line in lines if "\t" in line for cell in line.split("\t")[2:4]), "damage is shown"


def every_ota_is_reported_as_it_ended(campaigns, lines):
    reports = {}
    for line in lines:
        if line.startswith("{"):
            report = json.loads(line)
            assert report["device_id"] not in reports, f"a second session of {report['device_id']}"
            reports[report["device_id"]] = report
    wrong = [f"{campaign.end}: {name} {reports[campaign.device][name]}, not {value}: {campaign.device}"
             for campaign in campaigns for name, value in campaign.expected().items()
             if reports[campaign.device][name] != value]
    assert not wrong, "\n".join(wrong)
    assert len(reports) == len(campaigns)
    assert {campaign.end for campaign in campaigns} == set(live.ENDS), "not every end was played"
    assert sum(report["naks"] for report in reports.values()) and sum(report["retries"] for report in reports.values())
    assert any(len(report["streams"]) > 2 for report in reports.values()), "no OTA went on on a new connection"


def test_live_otas_end_right_no_frame_is_lost_and_the_file_shows_the_same_afterwards(capturer, wireshark):
    # dumpcap keeps no right but to capture, and pytest's own folders are closed.
    folder = wireshark.folder / "live"
    folder.mkdir()
    folder.chmod(0o777)
    path = folder / "live.pcapng"
    campaigns, lines, said = asyncio.run(captured(capturer, path))
    no_frame_is_lost(campaigns, lines, said, path)
    every_ota_is_reported_as_it_ended(campaigns, lines)
    assert wireshark.tshark(*OPTIONS, capture=path).splitlines() == lines

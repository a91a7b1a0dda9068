# SPDX-License-Identifier: GPL-2.0-or-later
"""What `tests/run --quick` reads, where the whole run reads every capture."""

import pytest

from wireshark import CAPTURES

# Each for something that no other of them has.
QUICK = {
    "authorization-refused", "base-protocol-commands", "block-refused-and-sent-again", "block-sent-again-before-late-answer",
    "blocks-leave-gaps", "blocks-overlap-with-other-content", "bytes-between-frames", "capture-starts-inside-a-frame",
    "check-answers-another-checksum", "day-of-a-tracker", "foreign-text-protocols", "frames-damaged-by-bit-errors",
    "ota-cancelled", "ota-complete", "ota-over-a-bad-link", "ota-resumed-on-new-connection", "photos-in-packets",
    "requests-sent-again", "same-device-number-on-two-servers", "second-attempt-after-cancel",
    "two-trackers-behind-one-connection", "upgrade-finished-on-new-connection"}
assert not QUICK - {path.stem for path in CAPTURES.glob("*.pcapng")}


def each(captures):
    """The captures as parameters of a test, most of them `slow`."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in captures]

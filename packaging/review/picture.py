# SPDX-License-Identifier: GPL-2.0-or-later
"""Where everything stands in the picture of one update: a line of tshark's -z vt600,timeline as coordinates.

Knows the keys of the timeline (doc/timeline.md) and sizes in a picture, not how it is written: templates/timeline.svg does that.
"""

from words import counted

LEFT, RIGHT, TOP, PLOT = 92, 988, 8, 150         # of the area in which acknowledged bytes rise
WIDTH = 1000
LANE, STRIP = 16, 14                             # heights

# A row of marks below the plot, and what stands in it: (label, {kind: what its tooltip says})
LANES = (
    ("Commands", {"authorized": "authorization granted", "denied": "authorization denied", "check": "image check ordered",
                  "checksum": "image check answered", "upgrade": "upgrade ordered", "upgrading": "upgrade started",
                  "finished": "upgrade finished", "cancel": "cancel ordered", "cancelled": "cancelled"}),
    ("Refused", {"refused": "block refused", "not-authorized": "not authorized"}),
    ("Repeated", {"repeated": "request sent again"}),
    ("Damaged", {"damaged": "damaged frame"}),
    ("Connection", {"reconnected": "continued on a new connection", "closed-by-tracker": "connection closed by the tracker",
                    "closed-by-server": "connection closed by the server", "left": "login or position during the update",
                    "expired": "authorization lapsed"}),
)
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
TICKS_MOST = 8


def clock(seconds):
    """0.25 s, 12.5 s, 2:42, 1:05:00: as fine as it matters."""
    if seconds < 60:
        return f"{round(seconds, 2):g} s"
    whole = round(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:{'02' if hours else ''}}:{whole % 60:02}"


def size(number):
    return f"{number:,}"


class Picture:
    """All that the template draws. Empty lists are left out."""

    def __init__(self, line):
        self.seconds = max(line["seconds"], 0.001)
        steps, image = line["steps"], line["image"]
        self.top_bytes = max(image["length"] if image else 0, max((step[1] for step in steps), default=0), 1)
        self.has_bytes = bool(image)
        self.staircase = self.rise(steps)
        self.title = f"{size(steps[-1][1])} bytes acknowledged after {clock(steps[-1][0])}" if steps else ""
        self.waits = [self.wait(*wait) for wait in line["waits"]]
        self.lanes = []
        self.bottom = TOP + PLOT + 5
        for label, kinds in LANES:
            marks = sorted(mark for mark in line["marks"] if mark[1] in kinds)
            if marks:
                self.bottom += LANE
                self.lanes.append({"label": label, "y": self.bottom, "class": label.lower(),
                                   "marks": [self.mark(kinds, *mark) for mark in marks]})
        self.bottom += 4
        self.ticks = self.time_ticks()
        self.levels = [{"y": self.y(part), "text": size(part) + " B" * (part > 0)} for part in (0, self.top_bytes // 2, self.top_bytes)]
        self.strip = self.image_strip(image) if image else []
        self.strip_y = self.bottom + 28
        self.height = self.strip_y + STRIP + 12 if image else self.bottom + 22

    def x(self, seconds):
        return round(LEFT + (RIGHT - LEFT) * min(max(seconds / self.seconds, 0), 1), 1)

    def y(self, count):
        return round(TOP + PLOT * (1 - count / self.top_bytes), 1)

    def rise(self, steps):
        """A path: to the right until something was acknowledged, then up."""
        if not steps:
            return ""
        path = f"M{LEFT} {TOP + PLOT}"
        at = (None, None)
        for seconds, acked, _ in steps:
            x, y = self.x(seconds), self.y(acked)
            if (x, y) != at:
                path += f"H{x:g}V{y:g}"
                at = (x, y)
        return path + f"H{RIGHT}"

    def wait(self, begin, end, party, frame):
        return {"x": self.x(begin), "width": max(round(self.x(end) - self.x(begin), 1), 0.5), "party": party,
                "title": f"{clock(end - begin)} waiting for the {party}, until frame {frame} at {clock(end)}"}

    def mark(self, kinds, seconds, kind, count, first, last):
        frames = f"frame {first}" if first == last else f"{counted(count, 'time')}, frames {first} to {last}"
        return {"x": self.x(seconds), "kind": kind, "title": f"{kinds[kind]}: {frames}, at {clock(seconds)}"}

    def time_ticks(self):
        step = next((tick for tick in TICKS if self.seconds / tick <= TICKS_MOST), self.seconds / TICKS_MOST)
        return [{"x": self.x(number * step), "text": clock(number * step)} for number in range(int(self.seconds / step) + 1)]

    def image_strip(self, image):
        def part(kind, first, end):
            x = LEFT + (RIGHT - LEFT) * first / image["length"]
            return {"kind": kind, "x": round(x, 1), "width": round((RIGHT - LEFT) * (end - first) / image["length"], 1),
                    "title": f"{kind}: bytes {size(first)} to {size(end - 1)}"}
        return [part(kind, first, end) for kind in ("stored", "unconfirmed", "missing", "repeated", "refused")
                for first, end in image[kind]]

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin may cost, and whether it does.

Knows the bounds. Knows not how anything is measured.
"""

from measure import Spread, figure, ratio
from tables import growth


def added_cost(samples, start):
    """What Lua adds to plain data, in multiples of what the plugin adds; starts left out."""
    def added(variant, number):
        own = samples[variant].cpu[number] - start[variant].seconds()
        return own - (samples["plain"].cpu[number] - start["plain"].seconds())
    return Spread.of(added("lua", number) / added("plugin", number)
                     for number in range(len(samples["lua"].cpu)))


def more_memory(samples):
    return samples["plugin"].memory() - samples["plain"].memory()


# What it says, the rows that it needs, the figure from them, whether a figure meets it: of a spread, its median.
TARGETS = [
    ("reading 200 OTAs, of plain data: at most 1.25 (goal 1.15)", ("read",),
     lambda read: ratio(read["plugin"], read["plain"]), lambda value: value <= 1.25),
    ("reading 200 OTAs, of no plugin: less than 0.75", ("read",),
     lambda read: ratio(read["plugin"], read["none"]), lambda value: value < 0.75),
    ("report of 200 OTAs, of plain data: at most 1.30", ("report",),
     lambda report: ratio(report["plugin"], report["plain"]), lambda value: value <= 1.30),
    ("`-V` of 200 OTAs, of no plugin: at most 1.15", ("details",),
     lambda details: ratio(details["plugin"], details["none"]), lambda value: value <= 1.15),
    ("what Lua adds to plain data, of what the plugin adds: at least 20", ("read", "start"),
     added_cost, lambda value: value >= 20),
    ("foreign traffic, of no plugin: at most 1.02", ("foreign",),
     lambda foreign: ratio(foreign["plugin"], foreign["none"]), lambda value: value <= 1.02),
    ("memory of reading 200 OTAs over plain data: at most 100 MiB", ("read",),
     more_memory, lambda value: value <= 100),
]
GROWTH_TARGETS = {
    "cpu": "CPU an OTA at 100 and 1,000 OTAs, of that at 10: within 10 %",
    "peak": "memory an OTA at 100 and 1,000 OTAs, of that at 10: within 10 %",
}


def verdicts(rows):
    """A table of the targets whose rows were measured."""
    lines = ["", "| target | measured | |", "|---|---:|---|"]

    def add(text, measured, met):
        lines.append(f"| {text} | {measured} | {'met' if met else '**missed**'} |")

    for text, needed, measure, meets in TARGETS:
        if all(name in rows for name in needed):
            value = measure(*(rows[name] for name in needed))
            median = value.median if isinstance(value, Spread) else value
            add(text, value if isinstance(value, Spread) else figure(value), meets(median))
    if all(f"growth-{count}" in rows for count in (10, 100, 1000)):
        for what, text in GROWTH_TARGETS.items():
            grown = [growth(rows, count, "plugin", what) for count in (100, 1000)]
            add(text, " and ".join(map(figure, grown)), all(abs(value - 1) <= 0.1 for value in grown))
    return lines if len(lines) > 3 else []

# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as Markdown.

Knows what is computed from the samples of a row, {variant: Samples}. "plugin start" beside "plugin" is what the same takes
without the work that counts. Knows nothing of commands.
"""

import statistics

from measure import Spread, figure, ratio

GROWTH = (1, 10, 100, 1000)
GROWTH_VARIANTS = ("plugin", "plain")
RANDOM_FRAMES = 20000


def line(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def commands_tables(rows, described):
    """CPU and memory of all rows that are commands, {name: (title, options)}."""
    def head(*titles):
        return ["", line("capture", "tshark -r FILE", *titles), line("---", "---", *["---:"] * len(titles))]

    cpu = head("CPU s", "of plain data", "of no plugin", "of Lua")
    memory = head("MiB", "more than plain data", "of plain data", "of no plugin", "of Lua")
    for name, (title, options) in described.items():
        if name not in rows:
            continue
        samples = rows[name]
        options = f"`{options.replace('PROTO', 'vt600').format('FOLDER')}`" if options else ""
        plugin = samples["plugin"]
        others = [samples.get(variant) for variant in ("plain", "none", "lua")]
        cpu.append(line(title, options, figure(plugin.seconds()),
                        *(ratio(plugin, other) if other else "" for other in others)))
        more = figure(plugin.memory() - samples["plain"].memory()) if "plain" in samples else ""
        memory.append(line(title, options, f"{plugin.memory():.0f}", more,
                           *(figure(plugin.memory() / other.memory()) if other else "" for other in others)))
    return cpu + memory if len(cpu) > 3 else []


def per_ota(rows, count, variant, what):
    """What reading takes for each OTA over what the start takes: the median, in CPU ms or KiB."""
    samples = rows[f"growth-{count}"]
    pairs = zip(getattr(samples[variant], what), getattr(samples[f"{variant} start"], what))
    return statistics.median(some - none for some, none in pairs) / count * (1000 if what == "cpu" else 1024)


def growth(rows, count, variant, what):
    """Of an OTA among `count`, what it is of one among 10."""
    return per_ota(rows, count, variant, what) / per_ota(rows, 10, variant, what)


def growth_table(rows):
    if any(f"growth-{count}" not in rows for count in GROWTH):
        return []
    titles = [title for first in ("CPU ms an OTA", "KiB an OTA") for title in
              (first, "of that at 10", "plain data", "of that at 10")]
    lines = ["", line("OTAs", *titles), line(*["---:"] * 9)]
    for count in GROWTH:
        cells = [figure(of(rows, count, variant, what)) for what in ("cpu", "peak") for variant in GROWTH_VARIANTS
                 for of in (per_ota, growth)]
        lines.append(line(f"{count:,}", *cells))
    return lines


def random_table(rows):
    if "random" not in rows:
        return []
    samples = rows["random"]
    speeds = [Spread.of(RANDOM_FRAMES / (whole - loading)
                        for whole, loading in zip(samples[variant].cpu, samples[f"{variant} start"].cpu))
              for variant in ("plugin", "plain", "none")]
    return ["", line("200 OTAs, frames in random order through sharkd", "plugin", "plain data", "no plugin"),
            line("---", "---:", "---:", "---:"), line("frames a CPU second", *speeds)]

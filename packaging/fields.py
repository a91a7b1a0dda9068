# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference of the plugin's fields, as Markdown: packaging/fields.py FIELDS VALUES, the files with what
`tshark -G fields` and `tshark -G values` print.

Knows those two listings, in any version of Wireshark. Severities stand in neither: they are read from the source.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

OURS = "vt600"
SOURCES = Path(__file__).resolve().parent.parent / "plugin/dissect"
IN_A_ROW = 5        # so many values stand beside their field; more have a table of their own

HEAD = """\
<!-- Made by packaging/fields. -->

# Fields

What `tshark -T fields -e`, display filters, columns and colouring rules know of the protocol, in the order of the
wire, with what is computed last. `vt600` alone is all of the protocol.

A field that stands in several kinds of frames has one name and the meanings of all of them.
"""


def read_fields(listing):
    """(filter, name, type, base, blurb) of each field, in the order of registration."""
    for line in listing.splitlines():
        row = line.split("\t")
        if row[0] == "F" and row[4] == OURS:
            _, name, filter_, kind, _, base, _, blurb = row
            yield filter_, name, kind.removeprefix("FT_").lower(), base, blurb


def read_values(listing):
    """By filter: the texts of each value, and the units."""
    values, units = defaultdict(dict), {}
    for line in listing.splitlines():
        kind, _, row = line.partition("\t")
        filter_, *rest = row.split("\t")
        if filter_.split(".")[0] != OURS:
            continue
        if kind == "V":
            texts = values[filter_].setdefault(int(rest[0], 0), [])
            if rest[1] not in texts:
                texts.append(rest[1])
        elif kind == "T":
            values[filter_] = {"true": [rest[0]], "false": [rest[1]]}
        elif kind == "U":
            units[filter_] = rest[-1].strip()
    return values, units


def read_severities():
    """By filter, of each expert information."""
    found = {}
    for source in sorted(SOURCES.glob("*.c")):
        for filter_, severity in re.findall(r'\{\s*"(vt600\.[a-z0-9_.]+)",\s*PI_\w+,\s*PI_(\w+)', source.read_text()):
            found[filter_] = severity.lower()
    return found


def number(value, field):
    """As this field shows it."""
    _, _, kind, base, _ = field
    if isinstance(value, int) and base.startswith("BASE_HEX"):
        return f"0x{value:0{int(kind.removeprefix('uint')) // 4}x}"
    return str(value)


def section(filter_):
    """vt600.ota of vt600.ota.offset; vt600 of vt600.length."""
    return filter_.rpartition(".")[0]


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    yield from ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def reference(fields_listing, values_listing):
    fields = list(read_fields(fields_listing))
    values, units = read_values(values_listing)
    severities = read_severities()
    missing = severities.keys() - {field[0] for field in fields}
    if not fields or missing:
        raise SystemExit(f"not in tshark -G fields: {', '.join(sorted(missing)) or 'any field of ' + OURS}")

    def value_rows(field):
        shown = values[field[0]]
        return [(number(value, field), " or ".join(shown[value])) for value in (sorted(shown) if 0 in shown else shown)]

    def meaning(field):
        filter_, _, _, _, blurb = field
        text = [blurb] if blurb else []
        if filter_ in units:
            text.append(f"In {units[filter_]}")
        rows = value_rows(field) if filter_ in values else []
        if 0 < len(rows) <= IN_A_ROW:
            text.append("; ".join(f"{value}: {what}" for value, what in rows))
        elif rows:
            text.append(f"[values](#values-of-{filter_.replace('.', '')})")
        return ". ".join(text)

    plain = [field for field in fields if field[0] not in severities]
    sections = defaultdict(list)
    known = {field[0] for field in plain}
    for field in plain:
        # checksum.status belongs to its checksum, not to a section of its own.
        place = section(field[0])
        sections[section(place) if place in known and place != f"{OURS}.position" else place].append(field)

    yield HEAD
    for name, members in sections.items():
        yield f"## {name}\n"
        yield from table(("filter", "type", "name", "meaning"),
                         ((f"`{field[0]}`", field[2], field[1], meaning(field)) for field in members))
        yield ""
    yield "## Expert information\n"
    yield from table(("filter", "severity", "when"),
                     ((f"`{field[0]}`", severities[field[0]], field[1]) for field in fields if field[0] in severities))
    for field in plain:
        if len(values.get(field[0], ())) > IN_A_ROW:
            yield f"\n## Values of {field[0]}\n"
            yield from table(("value", "meaning"), value_rows(field))


if __name__ == "__main__":
    print("\n".join(reference(*(Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3]))))

"""Write the page docs/benchmarks.md: the method, the aims and the tables.

Strategy: every number on it is a ratio or a version, so the page is comparable between machines; a run
writes the whole page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from benchmarks.events import EVENTS, FRAMES, present
from benchmarks.paired import Times
from benchmarks.peers import BASELINE, absent, versions
from benchmarks.report import aim_rows, markdown, section_rows

PLOT = "benchmarks.svg"
ROAD_PLOT = "road.svg"
_ROAD = re.compile(r"<!-- measured -->\n(.*?)<!-- measured so far -->", re.DOTALL)

_PAGE = Template("""# Benchmarks

The time to read and write an event, compared with other libraries that carry the same event. All numbers are **time relative to
$baseline**, measured in the same run: 0.5 is half its time, 2 is twice. The benchmark writes this page and its plot:

```console no-run
$$ make bench
```

![Time to decode an event, relative to $baseline]($plot)

## Method

$events

Every peer carries the same event:

- the attributes have the specification's names; the schema of a peer that has one is made from the registry, with every field of the
  event's table, optional fields optional;
- msgspec's schema is a Struct with `omit_defaults` and our enumerations; it has no tag for the event, which favours it;
- a key-value list is a list of pairs, because order and repeated keys matter, and lists nest;
- peers that read our own frame (construct, Kaitai Struct, dissect.cstruct, scapy) read the same bytes as our engines;
- before timing, the benchmark compares each peer's decoded event, and the event that its encoded bytes decode to, with the original;
- decoders, encoders and compiled schemas are made once and reused, as each library advises; the garbage collector runs as it does for
  a user;
- our engines run every check of the format: bounds, wire types, duplicates, mandatory attributes, UTF-8, lists within lists, rules.
  Of the peers, only msgspec, protobuf and asn1tools check types, and none checks the rules.

In every round each peer has one turn, in a new random order. "ratio" is the median of the rounds' own ratios, with its
quartiles; "of the shortest" compares the shortest time of each side, which varies less on a busy machine.

## Aims

The aims of the native engine and its results, compared with msgspec on the same path unless a row names another baseline. The median
decides.

"Decode and read every value" has three rows, because the loop that reads is Python's own and takes about as long for any
library: one without the loop (every list unpacked into Python objects), one with the loop on both sides, and one with the loop on our side
alone, which no decoder can reach if the loop by itself takes longer than the aim.

$aims
`tlib --version` took $command times as long as an empty Python process (of the shortest: $command_best).

## What people run

Whole paths, from a file to a file, in the same process and as a whole command with its start, beside other programs on the same
events. Speeds are megabytes of input a second of CPU time; "before" is the code before the native road, "reference" the same
command with `TLIB_ENGINE=reference`. Data without repetition has identifiers and user data of its own in each call, so no cache
helps. The peers read the events without `$$time` and `$$source`, which favours them.

```console no-run
$$ python -m benchmarks.road --docs docs
```

![Time to convert a file, relative to another program]($road_plot)

<!-- measured -->
$road<!-- measured so far -->

$sections## Versions

$versions
$absent
""")

_NOTES = {
    "decode": "Bytes to each library's own objects: a typed object, a message, a dict, a tree of containers. Fastest first.",
    "encode": "The same objects to bytes. Kaitai Struct and dissect.cstruct only read here.",
    "reading": "The entry points of our native engine. Reading is the same walk for both: every field, every pair of every list.",
    "looking up": "One look at the user data of a decoded event, decoding included, compared with msgspec's decode of the pairs alone.",
    "writing": "",
    "bulk": (
        "Many events at once: msgspec decodes one buffer into one list, its fastest way. Most of that time goes to the garbage\n"
        "collector, which walks the growing list; it does not track our events, and record batches are no Python objects."
    ),
    "import": "Timed inside the process that imports.",
}


def road_of(path: Path) -> str:
    """Return the tables of the road that the page at `path` has; "" where it has none."""
    found = _ROAD.search(path.read_text(encoding="utf-8")) if path.exists() else None
    return "" if found is None else found[1]


def with_road(path: Path, tables: str) -> None:
    """Replace the tables of the road in the page at `path`."""
    text = path.read_text(encoding="utf-8")
    path.write_text(_ROAD.sub(lambda _: f"<!-- measured -->\n{tables}<!-- measured so far -->", text), encoding="utf-8")


def _events() -> str:
    lines = []
    for name, event in EVENTS.items():
        found = present(event)
        labels = ", ".join(column.label for column in found)
        size = f"{len(found)} attributes, {len(FRAMES[name])} bytes as a frame"
        lines.append(f"- the **{name}** event, `{type(event).__name__}`: {size}  \n  {labels}")
    return "\n".join(lines)


def page(sections: Mapping[str, Times], command: tuple[str, str], road: str = "") -> str:
    """Return the whole page.

    `command` is the time of `tlib --version` relative to an empty process: median, and of the shortest. `road` are the tables
    that `benchmarks.road` has written into the page before.
    """
    parts = []
    seen = set()
    for title, times in sections.items():
        note = _NOTES[title.split(",")[0]]
        parts.append(f"## {title[0].upper()}{title[1:]}\n\n" + (f"{note}\n\n" if note and note not in seen else ""))
        parts.append(markdown(section_rows(times, absolute=False)) + "\n")
        seen.add(note)
    missing = ", ".join(module.package for module in absent())
    text = _PAGE.substitute(
        baseline=BASELINE,
        plot=PLOT,
        events=_events(),
        aims=markdown(aim_rows(dict(sections))),
        command=command[0],
        command_best=command[1],
        road=road,
        road_plot=ROAD_PLOT,
        sections="".join(parts),
        versions=", ".join(f"{package} {version}" for package, version in versions().items()) + ".",
        absent=f"\nNot installed, so not measured: {missing}." if missing else "",
    )
    return text.rstrip() + "\n"

"""The page docs/benchmarks.md: what is compared, by which rules, and the tables.

Strategy: everything on it is a ratio or a version, so the page says the same of every machine; a run
writes it anew as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from benchmarks.events import EVENTS, FRAMES, present
from benchmarks.paired import Times
from benchmarks.peers import BASELINE, absent, versions
from benchmarks.report import aim_rows, markdown, section_rows

PLOT = "benchmarks.svg"

_PAGE = Template("""# Benchmarks

How long it takes to read and write an event, against other libraries that carry the same one. All numbers are **time relative to
$baseline**, measured in the same run: 0.5 is half its time, 2 is twice. This page and its plot are written by the benchmark itself:

```console no-run
$$ make bench
```

![Time to decode an event, relative to $baseline]($plot)

## What is compared

$events

Every peer carries the same event:

- the same attributes under the specification's names; a peer with a schema has every field of the event's table in it, made from the
  registry, the optional ones optional;
- for msgspec that is a Struct with `omit_defaults`, whose enumerations are the same classes as ours; no tag says which event it is, which
  favours it;
- a key-value list is a list of pairs, since its order and its repeated keys matter, and lists nest;
- peers that read our own frame (construct, Kaitai Struct, dissect.cstruct, scapy) read the very bytes that our engines read;
- before anything is timed, what each peer decodes, and what its encoder's bytes decode to, is compared with the event;
- decoders, encoders and compiled schemas are made once and reused, as each library advises; the garbage collector runs as it would for
  a user;
- in our engines every check of the format is on: bounds, wire types, duplicates, mandatory attributes, UTF-8, lists within lists, rules.
  Among the others only msgspec, protobuf and asn1tools check types, and none the rules.

In every round each peer has one turn, in an order that is shuffled anew. "ratio" is the median of the rounds' own ratios with its
quartiles; "of the shortest" compares the shortest time of each side, which is steadier where the machine is busy.

## Aims

What the native engine is meant to reach, and what it did: against msgspec on the same path where nothing else is said. The median
decides.

"Decode and read every value" stands here three times, because the loop that reads is Python's own and takes about as long for any
library: once without it (every list unpacked into Python objects), once with it on both sides, and once with it on our side alone, which
no decoder can reach where the loop by itself takes longer than the aim.

$aims
`tlib --version` took $command times as long as an empty Python process (of the shortest: $command_best).

$sections## Versions

$versions
$absent
""")

_NOTES = {
    "decode": "Bytes to the form that each library gives: a typed object, a message, a dict, a tree of containers. Fastest first.",
    "encode": "The other way, from the same form. Kaitai Struct and dissect.cstruct only read here.",
    "reading": "The ways into our native engine. Reading is the same walk for both: every field, every pair of every list.",
    "writing": "",
    "bulk": (
        "Many events at once: msgspec's come from one buffer into one list, the fastest that it offers. Most of its time there is the\n"
        "garbage collector's, which walks the growing list; our events are invisible to it, and record batches are no Python objects."
    ),
    "import": "Timed inside the process that imports.",
}


def _events() -> str:
    lines = []
    for name, event in EVENTS.items():
        found = present(event)
        labels = ", ".join(column.label for column in found)
        size = f"{len(found)} attributes, {len(FRAMES[name])} bytes as a frame"
        lines.append(f"- the **{name}** event, `{type(event).__name__}`: {size}  \n  {labels}")
    return "\n".join(lines)


def page(sections: Mapping[str, Times], command: tuple[str, str]) -> str:
    """The whole page. `command` is how `tlib --version` compares with an empty process."""
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
        sections="".join(parts),
        versions=", ".join(f"{package} {version}" for package, version in versions().items()) + ".",
        absent=f"\nNot installed in this run, and so absent: {missing}." if missing else "",
    )
    return text.rstrip() + "\n"

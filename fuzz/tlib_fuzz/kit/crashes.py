"""Which crash it was: a few words out of what a dying program writes to its standard error.

Strategy: a table of what the usual sanitizers and languages print, each with the words that name
the fault and the places of its stack. Numbers, addresses and paths differ from run to run and from
machine to machine, so only names are kept. Where nothing is recognised, how the process ended is
all there is.
"""

from __future__ import annotations

import re
import signal
from itertools import groupby
from typing import Final, NamedTuple

_DEPTH = 3  # places of the stack that tell one crash from another


class _Dialect(NamedTuple):
    fault: re.Pattern[str]
    place: re.Pattern[str] | None = None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


_DIALECTS: Final = (
    _Dialect(_pattern(r"ERROR: (\w+Sanitizer: [\w-]+)"), _pattern(r"^ *#\d+ 0x[0-9a-f]+ in (\S+)")),
    _Dialect(_pattern(r":\d+: runtime error: ([^\n]+)"), _pattern(r"^ *#\d+ 0x[0-9a-f]+ in (\S+)")),
    _Dialect(_pattern(r"^Exception in thread \S+ ([\w.$]+)"), _pattern(r"^\s+at ([\w.$<>]+)\(")),
    _Dialect(_pattern(r"^(?:panic|fatal error): ([^\n]+)"), _pattern(r"^([\w./*()]+)\([^\n]*\)$")),
    _Dialect(_pattern(r"^thread '[^']*' (?:\(\d+\) )?panicked at ([^\n]+?):\d+")),
    _Dialect(_pattern(r"^(?:Uncaught )?(\w*Error\b[^\n]*)\n\s+at "), _pattern(r"^\s+at ([\w.<>]+) ")),
    _Dialect(_pattern(r"^Traceback [\s\S]*^([A-Za-z_][\w.]*)(?::[^\n]*)?\Z"), _pattern(r'^  File "[^"]*", line \d+, in (\S+)')),
    _Dialect(_pattern(r"(Assertion [^\n]+ failed)")),
    _Dialect(_pattern(r"^\*\*\* (.+?) \*\*\*")),  # glibc
)
_RUNTIME = re.compile(r"^(?:__|operator |std::|raise$|abort$|mem\w+$|malloc$|calloc$|realloc$|runtime\.|java\.|node:)")
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")


def ended(status: int) -> str:
    """How a process ended: its status as `subprocess` has it, in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def recognise(trace: str) -> str:
    """The fault that `trace` tells and where it was, or nothing where it tells none that we know."""
    trace = trace.strip()
    for fault, place in _DIALECTS:
        found = fault.search(trace)
        if found is None:
            continue
        names = [] if place is None else [name for name in place.findall(trace, found.start()) if not _RUNTIME.match(name)]
        if found[0].startswith("Traceback"):  # innermost last
            names.reverse()
        names = [name for name, _ in groupby(names)]  # however deep a recursion was
        words = _NUMBERS.sub("N", found[1][:120])
        return " ".join([words, *(["in", " < ".join(names[:_DEPTH])] if names else [])])
    return ""


def sign(trace: str, status: int | None) -> str:
    """The words by which this crash is told from others; `status` is None where nobody knows it."""
    return recognise(trace) or ("connection closed" if status is None else ended(status))


def last_line(trace: str) -> str:
    """The last line of a trace, behind a colon; nothing where there is none."""
    lines = trace.strip().splitlines()
    return f": {lines[-1]}" if lines else ""

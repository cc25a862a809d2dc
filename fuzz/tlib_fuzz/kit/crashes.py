"""Crash signatures: a few words from the standard error of a crashing program that identify the crash.

Strategy: a table of the traces of common sanitizers and languages, each with patterns for the fault and for the functions of its stack.
Numbers, addresses and paths differ between runs and machines, so only names are kept. Where no pattern matches,
the exit status is the signature.
"""

from __future__ import annotations

import re
import signal
from itertools import groupby
from typing import Final, NamedTuple

_DEPTH = 3  # functions of the stack in a signature


class _Dialect(NamedTuple):
    fault: re.Pattern[str]
    place: re.Pattern[str] | None = None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


_DIALECTS: Final = (
    _Dialect(_pattern(r"ERROR: (\w+Sanitizer: [\w-]+)"), _pattern(r"^ *#\d+ 0x[0-9a-f]+ in (\S+)")),
    _Dialect(_pattern(r":\d+: runtime error: ([^\n]+)"), _pattern(r"^ *#\d+ 0x[0-9a-f]+ in (\S+)")),
    _Dialect(_pattern(r"^Exception in thread \S+ ([\w.$]+)"), _pattern(r"^[ \t]+at ([\w.$<>]+)\(")),
    _Dialect(_pattern(r"^(?:panic|fatal error): ([^\n]+)"), _pattern(r"^([\w./*()]{1,200})\([^\n]*\)$")),
    _Dialect(_pattern(r"^thread '[^']*' (?:\(\d+\) )?panicked at ([^\n]+?):\d+")),
    _Dialect(_pattern(r"^(?:Uncaught )?(\w*Error\b[^\n]*)\n[ \t]+at "), _pattern(r"^[ \t]+at ([\w.<>]+) ")),
    _Dialect(
        _pattern(r"\A(?:(?!Traceback )[^\n]*\n)*+Traceback [\s\S]*^([A-Za-z_][\w.]*)(?::[^\n]*)?\Z"),
        _pattern(r'^  File "[^"]*", line \d+, in (\S+)'),
    ),
    _Dialect(_pattern(r"(Assertion [^\n]+ failed)")),
    _Dialect(_pattern(r"^\*\*\* (.+?) \*\*\*")),  # glibc
)
_RUNTIME = re.compile(r"^(?:__|operator |std::|raise$|abort$|mem\w+$|malloc$|calloc$|realloc$|runtime\.|java\.|node:)")
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")


def ended(status: int) -> str:
    """Return the exit status of a process, as `subprocess` gives it, in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def recognise(trace: str) -> str:
    """Return the fault and the innermost functions of a trace; an empty text where no pattern matches."""
    trace = trace.strip()
    for fault, place in _DIALECTS:
        match = fault.search(trace)
        if match is None:
            continue
        names = [] if place is None else [name for name in place.findall(trace, match.start()) if not _RUNTIME.match(name)]
        if "Traceback " in fault.pattern:  # innermost last
            names.reverse()
        names = [name for name, _ in groupby(names)]  # a recursion counts once
        words = _NUMBERS.sub("N", match[1][:120])
        return " ".join([words, *(["in", " < ".join(names[:_DEPTH])] if names else [])])
    return ""


def signature(trace: str, status: int | None) -> str:
    """Return the words that identify a crash; `status` is None where it is not known."""
    return recognise(trace) or ("connection closed" if status is None else ended(status))


def last_line(trace: str) -> str:
    """Return the last line of a trace after a colon; an empty text where there is none."""
    lines = trace.strip().splitlines()
    return f": {lines[-1]}" if lines else ""

"""Hold the reader of logs in C against the one in Python: ``python -m tlib_fuzz.selfcheck logs --count N``.

Strategy: a log is drawn: messages of a day of calls, random messages in both kinds of text, lines of other programs and pieces of logs
as other programs print them, in one of several line ends and encodings. Most logs are damaged. Both readers take it, the one in C in
random chunks; each record (with the time that follows from its event), and each diagnostic, must be equal and in the same place. Frames
must be the canonical encoding of their records.
"""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from tlib_codec import encode
from tlib_codec.clock import completer
from tlib_codec.formats.logs.lines import DEFAULT_LOG_LIMITS, LogLimits
from tlib_codec.formats.logs.parts import parts
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Diagnostic, Entry, Frames, Record
from tlib_codec.reference import Policy
from tlib_codec.stats import Units
from tlib_schemas.errors import TLibError
from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_simulator.flows import Day

from .inputs import Inputs
from .loop import FailureError, Tally

PIECES: Final = (
    "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n",
    "2015-05-29T16:45:24.594 Trc 04541 EventRinging received from [66] (x)\n",
    "[2015-05-29 23:59:59,123456] send_to_client: message EventEstablished(refid=12)\n",
    "message EventOnHook\n",
    ": message 87\n",
    "00:00:01.123 received from 65200(URS 10.0.0.1:5000): message EventReleased\n",
    '23:59:58.123 Int 04543 Interaction message "EventRinging" received from 65200 ("ORS")\n',
    '12:00:00.000 Trc 04541 Message EventAgentLogin received from 65200 ("ORS") \n',
    "@12:00:00.000 request to 7(ICON): message RequestMakeCall\n",
    "@12:00:01.000 [ISCC] message EventNotPublic\n",
    "Server: Switch 'S' -> 'EventRinging'\n\tThisDN 2001\n",
    "Local time: 2015-05-29T16:45:24\n",
    "UTC time:   2015-05-29T14:45:24\n",
    "Local time:2015-05-30 00:07:31.5\n",
    "UTC time: 2015-13-29T14:45:24\n",
    "\tAttributeTimeinSecs\t1432917924 (16:45:24)\n\tAttributeTimeinuSecs\t594000\n",
    "\tAttributeTimeinSecs\t1432857602\n",
    "\tAttributeThisDN\t'2001'\n",
    "\tAttributeThisDN\t'2001::'\r\n",
    "\tAttributeANI '030 1234'  \n",
    "\tattributeANI '1'\n",
    "\tAttributeani '1'\n",
    "\tAttributeDNIS\t'two\nlines\n\n and more'\n",
    "\tAttributeDNIS\t'\n'\n",
    "\tAttributeConnID\t006c02462a161006\n",
    "\tAttributeConnID\t6C02462A161006 [x]\n",
    "\tAttributeCallType\t2 [Inbound]\n",
    "\tAttributeCallType\tInbound\n",
    "\tAttributeCallType\tNone\n",
    "\tAttributeErrorCode\t4294967295\n",
    "\tAttributeNodeID\tseven\n",
    "\tAttributeNodeID\t00000000000000000007 (x)\n\tAttributeNodeID\t99999999999999999999\n",
    "\tAttributeMystery\t'x'\n",
    "\tAttributeMystery2\t[33] 00 01 ..\n\t\t'a'\t'b'\n\t\t'c'(list)\n",
    "\tAttributeMystery3\t'over\nlines'\n",
    "\tAttributeMystery4\n",
    "\tAttribute#4711\t[2] 00 ff\n",
    "\tAttribute#4712\t[20] 00 01 00 ..\n\t\t'k'\t'v'\n",
    "\tAttribute#4713\t00000000000000ff\n",
    "\tAttributeUserData\t[2] 00 00\n",
    "\tAttributeUserData\t[68] 00 02 00 ..\n\t\t'key'\t'value'\n\t\t'number'\t-5\n",
    "\tAttributeUserData\t[68] 00 01 00 ..\n\t\t'list'(list)\n\t\t\t'a'\t'1'\n\t\t\t'b'(list) 'c'(list)\n\t\t\t\t\t'd'\t[2] 00 01\n",
    "AttributeUserData [68] 00 02 00 .. \n'list'(list)\n'a' '1'\n'b' 2\n'c' 'x'\n",
    "\tAttributeExtensions\t[68] 00 01 .. 'k'\t'v'\n",
    "\tAttributeExtensions\t[68] 00 01 ..\n\t\t'k'\t'over\n\t\ttwo lines'\n",
    "\t(Invalid DN)\n",
    "\tAttributeErrorMessage\t'caf\u00e9'\n",
    "\tAttributeErrorMessage\t'x\u00a0'\u00a0\n",
    "\u00a0\n",
    "16:45:24.600 Std 12345 other text of another program\n",
    "16:45:24.600 an event of another program\n",
    "99:99:99.999 no time\n",
    "other text\n",
    "   \n",
    "\n",
    "\n",
    "\r\n",
)  # fmt: skip
ENCODINGS: Final = (None, None, None, None, "utf-8", "cp1252", "latin-1", "cp1251")
ZONES: Final = (None, None, dt.timezone(dt.timedelta(hours=2)), zoneinfo.ZoneInfo("Europe/Paris"))
NAMES: Final = ("", "server.log", "server.20150529_164524_123.log")
SMALL: Final = LogLimits(line=120, message=700, problems=3)


class Case:
    """A log and the settings with which both readers take it."""

    def __init__(self, data: bytes, cuts: Sequence[int] = (), **options: Any) -> None:
        self.data = data
        self.cuts = cuts
        self.options: dict[str, Any] = {"name": "", "server": None, "encoding": None, "zone": None, "limits": DEFAULT_LOG_LIMITS} | options

    @property
    def chunks(self) -> list[bytes]:
        """Return the log in pieces."""
        return [self.data[a:b] for a, b in zip((0, *self.cuts), (*self.cuts, len(self.data)), strict=True)]

    def __repr__(self) -> str:
        return f"Case({self.data!r}, {list(self.cuts)}, **{self.options!r})"


@cache
def _messages() -> tuple[str, ...]:
    day = Day(7, 40)
    return tuple(message for messages in day.logs.values() for message in messages)


class Cases:
    """A source of cases: the same seed gives the same ones."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self._inputs = Inputs(seed, registry=registry)
        self._rng = self._inputs.rng

    def make(self) -> Case:
        """Return a new case."""
        rng = self._rng
        text = "".join(self._piece() for _ in range(rng.choice((1, 3, 3, 8, 8, 20)))) if rng.random() < 0.85 else ""
        if rng.random() < 0.2:
            text = text.replace("\n", "\r\n")
        if rng.random() < 0.1:
            text = text.replace("\t", " ")
        encoding = rng.choice(ENCODINGS)
        data = text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "cp1252", "latin-1")), "replace" if rng.random() < 0.5 else "ignore")
        if not text or rng.random() < 0.2:
            self._inputs.make("frame")  # fills the pool
            data += self._inputs.log()
        if rng.random() < 0.6:
            data = self._inputs.vary("log", data)
        if rng.random() < 0.1:
            data = self._shuffled(data)
        return Case(
            data,
            sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 0, 1, 2, 10, 60)))),
            name=rng.choice(NAMES),
            server=rng.choice((None, 5, 0xFFFF_FFFF)),
            encoding=encoding,
            zone=rng.choice(ZONES),
            limits=SMALL if rng.random() < 0.05 else DEFAULT_LOG_LIMITS,
        )

    def _piece(self) -> str:
        rng = self._rng
        if rng.random() < 0.4:
            return rng.choice(_messages()) + rng.choice(("", "", "\n", "16:45:30.100 other text\n"))
        return rng.choice(PIECES)

    def _shuffled(self, data: bytes) -> bytes:
        """Return the log with a few lines in other places."""
        lines = data.splitlines(keepends=True)
        for _ in range(self._rng.randint(1, 3)):
            if lines:
                line = lines.pop(self._rng.randrange(len(lines)))
                if self._rng.random() < 0.7:
                    lines.insert(self._rng.randrange(len(lines) + 1), line)
        return b"".join(lines)


def expected(case: Case, registry: Registry = TLIBRARY) -> list[Entry]:
    """Return the entries of the reader in Python, with the times that follow from their events."""
    options = case.options
    complete = completer(registry, options["zone"])
    return [_completed(one, complete) for one in read_log([case.data], registry=registry, kind="tserver", **options)]


def _completed(entry: Entry, complete: Any) -> Entry:
    return complete(entry) if isinstance(entry, Record) else entry


def actual(case: Case, units: Units, registry: Registry = TLIBRARY) -> Iterator[Entry]:
    """Yield the entries of the reader in C. Raises AssertionError where a frame is not canonical."""
    complete = completer(registry, case.options["zone"])
    # The first line makes it a T-Server's log, whatever follows.
    for part in parts(case.chunks, registry=registry, kind="tserver", units=units, **case.options):
        if not isinstance(part, Frames):
            if part is not None:
                yield _completed(part, complete)
            continue
        bounds = memoryview(part.bounds).cast("Q")
        for place, record in enumerate(part.records(registry)):
            frame = part.data[bounds[place] : bounds[place + 1]]
            packed = encode(record.item, registry=registry, policy=Policy.LENIENT)  # type: ignore[arg-type]
            assert frame == packed, f"the frame {frame.hex()} is not canonical: {packed.hex()}"
            yield record


def difference(case: Case, units: Units | None = None, registry: Registry = TLIBRARY) -> str | None:
    """Return how the readers differ over a case, or None. `units` counts the messages."""
    units = Units() if units is None else units
    want = expected(case, registry)
    try:
        have = list(actual(case, units, registry))
    except (AssertionError, TLibError) as error:
        return f"{type(error).__name__}: {error}"
    for one, other in zip(want, have, strict=False):
        if one != other or _order(one) != _order(other):
            return f"Python {one}\n  C      {other}"
    return (
        None
        if len(want) == len(have)
        else f"Python has {len(want)} entries, C {len(have)}: {[*want, *have][min(len(want), len(have)) :][:1]}"
    )


def _order(entry: Entry) -> list[str]:
    return [] if isinstance(entry, Diagnostic) else list(entry.unnumbered)


class LogChecks:
    """Compares the readers over logs, as a self-check. `units` counts the messages."""

    def __init__(self, seed: int, registry: Registry = TLIBRARY) -> None:
        self.tally: Tally = Tally()
        self.units: Units = Units()
        self._seed = seed
        self._registry = registry

    def batch(self, number: int, size: int) -> None:
        """Check the logs of one batch. Raises FailureError."""
        cases = Cases(random.Random(f"{self._seed}:{number}").getrandbits(64), self._registry)  # noqa: S311
        for _ in range(size):
            case = cases.make()
            found = difference(case, self.units, self._registry)
            if found is not None:
                raise FailureError(f"batch {number}, {case}: {found}", case.data)
            self.tally.outcomes["log", "equal"] += 1

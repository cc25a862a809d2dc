"""Search redacted files for the secrets planted in them: ``python -m tlib_fuzz.selfcheck leak --count N --seeds K``.

Strategy: draw secrets in many scripts and encodings (`secrets`), and plant each one in a place of a file of frames, JSON lines, a log
or a capture (`frames`, `lines`, `logs`, `captures`). Redact the files as ``tlib redact`` does (`redacted`), and search the results for
every secret in many encodings (`search`). Pseudonyms have the shape of their values, so one is now and then another secret: a secret
leaks where it stands in the results under two keys.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from tlib_schemas.registry import Registry
from tlib_schemas.tlibrary import TLIBRARY

from . import captures, frames, lines, logs
from .redacted import REDACT
from .search import Search
from .secrets import Planted, Secret, draw

Make = Callable[[random.Random, Sequence[Secret], Registry], tuple[bytes, list[Planted]]]
"""Makes a file that holds secrets, and says where."""

FILES: Final[dict[str, Make]] = {
    "frames": frames.file,
    "jsonl": lines.file,
    "log": logs.tserver,
    "platform log": logs.platform,
    "capture": captures.file,
}
KEYS: Final = (b"one key", b"another key")
_SHOWN: Final = 20

Redact = Callable[[bytes, bytes, Registry], bytes]
"""From a file, the secret of the pseudonyms and a registry to the safe file."""


class Leak(NamedTuple):
    """A secret that stands in a redacted file, and the place where it was planted."""

    file: str
    planted: Planted

    def __str__(self) -> str:
        secret = self.planted.secret
        return f"{self.file}: {self.planted.place}: {secret.text!r} ({secret.script}, {secret.encoding})"


class Result(NamedTuple):
    """The outcome of a seed: secrets planted by file, secrets that a file does not show before it is redacted, leaks."""

    planted: Counter[str]
    hidden: list[Leak]
    leaks: list[Leak]


def check(count: int, seed: int, registry: Registry = TLIBRARY, redact: Mapping[str, Redact] = REDACT) -> Result:
    """Plant `count` secrets, redact the files and return the leaks."""
    rng = random.Random(seed)  # noqa: S311
    secrets = draw(rng, count)
    result = Result(Counter(), [], [])
    share = -(-count // len(FILES))
    for index, (name, make) in enumerate(FILES.items()):
        own = secrets[index * share : (index + 1) * share]
        data, planted = make(rng, own, registry)
        search = Search(own)
        result.planted[name] += len(planted)
        found = search.found(data)
        result.hidden.extend(Leak(name, one) for one in planted if one.secret not in found and not one.split)
        leaked = set(own)
        for key in KEYS:
            if leaked:
                leaked &= search.found(redact[name.split()[-1]](data, key, registry))
        result.leaks.extend(Leak(name, one) for one in planted if one.secret in leaked)
    return result


def report(count: int, seeds: Sequence[int]) -> tuple[list[str], bool]:
    """Return the lines of the report over some seeds, and whether nothing leaked."""
    began = time.process_time()
    total: Counter[str] = Counter()
    results = [check(count, seed) for seed in seeds]
    for result in results:
        total += result.planted
    leaks = [one for result in results for one in result.leaks]
    hidden = [one for result in results for one in result.hidden]
    seconds = time.process_time() - began
    shares = ", ".join(f"{number:,} {name}" for name, number in total.items())
    text = [
        f"{len(leaks):,} leaks of {total.total():,} secrets ({shares}), {len(seeds)} seeds, {seconds:.0f} s of CPU time",
        *_listed("leak", leaks),
        *_listed("not planted", hidden),
    ]
    return text, not leaks and not hidden


def _listed(title: str, leaks: Sequence[Leak]) -> Iterator[str]:
    places = Counter((one.file, one.planted.place) for one in leaks)
    examples = {(one.file, one.planted.place): one for one in leaks}
    for place, number in places.most_common(_SHOWN):
        yield f"{title}: {number} x {examples[place]}"
    if len(places) > _SHOWN:
        yield f"{title}: {len(places) - _SHOWN} more places"

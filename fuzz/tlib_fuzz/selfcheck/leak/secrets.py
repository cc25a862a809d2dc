"""Secrets in many scripts and encodings, each one unique.

Strategy: a script is an alphabet, the lengths of its secrets and the encodings in which a file may hold it. A secret is drawn letter by
letter; the shortest are long enough that no other text is equal to one by chance.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple


class Secret(NamedTuple):
    """A text that nobody may find, and the encoding in which it is planted."""

    text: str
    script: str
    encoding: str

    @property
    def data(self) -> bytes:
        """Return the bytes that are planted."""
        return self.text.encode(self.encoding)

    @property
    def loose(self) -> str:
        """Return the text of those bytes as a frame has it: bytes that are not UTF-8 are surrogates."""
        return self.data.decode("utf-8", "surrogateescape")

    @property
    def named(self) -> bool:
        """Return whether the secret, or a word of it, reads as a name that programs give to keys and attributes: those stay."""
        return self.script in {"names", "letters", "mixed"}

    @property
    def plain(self) -> bool:
        """Return whether the secret is of ASCII digits alone."""
        return self.script == "digits"


class Planted(NamedTuple):
    """A secret and the place where it was planted; `split` says that its bytes may stand apart there."""

    secret: Secret
    place: str
    split: bool = False


class _Script(NamedTuple):
    alphabet: str
    lengths: tuple[int, ...]
    encodings: tuple[str, ...] = ("utf-8",)


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


def _coded(encoding: str, leads: range) -> str:
    """Return the characters that two bytes stand for in an encoding, by their first bytes."""
    return "".join(bytes((lead, second)).decode(encoding) for lead in leads for second in range(0xA1, 0xFE))


_CYRILLIC: Final = _range(0x410, 0x44F)
_KANJI: Final = "日本東京大阪名古屋田中鈴木佐藤高橋渡辺伊山口林清水森池橋石川前後藤岡長谷村上近坂青西福太三原野竹金中小松井"
_SCRIPTS: Final = {
    "digits": _Script("0123456789", (9, 11, 13, 30)),
    "letters": _Script("abcdefghijklmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ", (8, 12, 40)),
    "mixed": _Script("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", (8, 14, 50)),
    "accents": _Script("äöüßéèêëàâçñÄÖÜÉÀÈÎÔÛ", (9, 14), ("utf-8", "cp1252", "latin-1")),
    "Cyrillic": _Script(_CYRILLIC, (8, 15, 44), ("utf-8", "koi8-r", "cp1251")),
    "Greek": _Script(_range(0x3B1, 0x3C9), (8, 15), ("utf-8", "cp1253", "iso8859-7")),
    "Han": _Script(_range(0x4E00, 0x9F00), (6, 12)),
    "Han of GB 2312": _Script(_coded("gb2312", range(0xB0, 0xD7)), (6, 12), ("gbk", "utf-8")),
    "kanji": _Script(_KANJI, (7, 12), ("utf-8", "shift_jis", "euc-jp")),
    "kana": _Script(_range(0x30A1, 0x30F0), (8, 12), ("utf-8", "shift_jis")),
    "Hangul": _Script(_coded("euc-kr", range(0xB0, 0xC8)), (6, 12), ("utf-8", "euc-kr")),
    "Arabic digits": _Script(_range(0x660, 0x669), (10, 15)),
    "Devanagari digits": _Script(_range(0x966, 0x96F), (10, 15)),
    "wide digits": _Script(_range(0xFF10, 0xFF19), (10, 15)),
    "circled digits": _Script(_range(0x2460, 0x2473), (8, 12)),
    "superscript digits": _Script("⁰¹²³⁴⁵⁶⁷⁸⁹", (10, 15)),
    "emoji": _Script(_range(0x1F600, 0x1F64F), (6, 10)),
    "mathematical digits": _Script(_range(0x1D7CE, 0x1D7FF), (8, 10)),
}
_NAMES: Final = "abcdefghijklmnopqrstuvwxyz"


def _drawn(rng: random.Random, script: str) -> Secret:
    if script == "names":
        words = ("".join(rng.choices(_NAMES, k=rng.randint(5, 9))).capitalize() for _ in range(2))
        return Secret(" ".join(words), script, "utf-8")
    one = _SCRIPTS[script]
    return Secret("".join(rng.choices(one.alphabet, k=rng.choice(one.lengths))), script, rng.choice(one.encodings))


def draw(rng: random.Random, count: int) -> list[Secret]:
    """Return `count` different secrets, of all scripts in turn."""
    scripts = ("names", "digits", *_SCRIPTS)
    found: dict[str, Secret] = {}
    while len(found) < count:
        secret = _drawn(rng, scripts[len(found) % len(scripts)])
        found.setdefault(secret.text, secret)
    return list(found.values())

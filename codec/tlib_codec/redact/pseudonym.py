"""Make pseudonyms of the same shape: digits stay digits, letters stay letters, the length stays.

Strategy: cut a text into parts at separators (`@`, `:` …), so that a number has the same pseudonym alone and in ``7001@Hill``. Order all
texts of the shape of a part in one keyed cycle; the pseudonym is the successor, so no part is its own. The cycle is a Feistel network
whose round function is BLAKE2b under a key made of the secret, then a step of one, then the network backwards; it works on the part
as a number in mixed radix, each digit being the index of a character in its alphabet. A part of more than `_SHORT` letters and digits
is shifted by a key stream that depends on the whole part: one digest for 32 characters.

A part that is a decimal number of 64 bits is a number, and its successors are taken until one has as many digits and lies on the same
side of 2^31 and 2^32: so a number has the same pseudonym in a text and in an integer of any width. A pseudonym in which four consecutive
digits survive gives way to the next in the cycle. A leading zero of a decimal number stays, so the others keep to themselves.

The alphabet of a character are the characters of its category that differ from it in the last byte of their UTF-8 only. A byte that is no
UTF-8 becomes another from 0x80 on.

`tlib_codec.native.batches.Cipher` makes the same pseudonyms in C, with the alphabets of this module.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from tlib_codec import native

if TYPE_CHECKING:
    from tlib_codec.native.batches import Cipher

_batches = native.extension("batches")

_ROUNDS: Final = 6  # before and after the step of one
_SHORT: Final = 20  # letters and digits that go through the cycle: half of them fit 64 bits
_SEEN: Final = 40  # characters of a longer part in which digits of the original are searched
_RUN: Final = 4
_CACHED: Final = 1 << 16
_ASCII: Final = 0x80
_TAGS: Final = 0xE0000  # invisible copies of ASCII
_BLOCK: Final = 64  # code points that differ in the last byte of their UTF-8 only
# Categories of Unicode that are replaced; of ASCII, the letters and digits only.
_KINDS: Final = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc", "Me", "Sc", "Sk", "Sm", "So", "Co", "Cn", "Cs", "Cf")
_DECIMAL: Final = _KINDS.index("Nd")
_SINGLE: Final = len(_KINDS)  # characters of which each is the only one of its kind in the block
_ROUND, _ONLY, _STREAM, _MORE, _BYTES, _ADDRESS = (bytes([purpose]) for purpose in range(1, 7))  # of a digest
_SEPARATORS: Final = re.compile(r"([@:;,/|=<>&?+*#\"\\\[\]{}\t\n\r]+)")
_NUMBER: Final = re.compile(r"-?[1-9][0-9]{0,19}|0")
_PADDED: Final = re.compile(r"(-?0)([0-9]+)")
_IDENTIFIER: Final = re.compile(r"(?=0|[0-9]*[a-fA-F])[0-9a-fA-F]{16}|(?=0|[0-9]*[A-V])[0-9A-V]{32}")
_BITS: Final = 1 << 64
_LOWEST: Final = -(1 << 31)
# A number stays between the same two of these.
_BOUNDS: Final = sorted([0, *(10**digits for digits in range(1, 20)), 1 << 31, 1 << 32, _BITS])


class Alphabet(msgspec.Struct, frozen=True):
    """Characters that may stand for one another; `id` names the alphabet in a digest."""

    id: int
    characters: str
    decimal: bool = False


_HEX: Final = Alphabet(0xFFFFFF, "0123456789abcdef")
_BASE32: Final = Alphabet(0xFFFFFE, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_IDENTIFIERS: Final = (_HEX, _BASE32)


@functools.lru_cache(maxsize=1024)
def code_block(number: int) -> tuple[Alphabet, ...]:
    """Return the alphabets of a block of 64 code points. A character that is in none of them stays."""
    groups: dict[int, str] = {}
    for character in map(chr, range(number * _BLOCK, (number + 1) * _BLOCK)):
        kind = unicodedata.category(character)
        code = ord(character)
        if kind not in _KINDS or (code < _ASCII and kind[0] == "S") or (kind == "Cf" and code < _TAGS):
            continue
        place = _KINDS.index(kind)
        groups[place] = groups.get(place, "") + character
    single = "".join(letters for letters in groups.values() if len(letters) == 1)
    groups = {place: letters for place, letters in groups.items() if len(letters) > 1}
    if len(single) == 1 and groups:
        largest = max(groups, key=lambda place: len(groups[place]))
        groups[largest] += single
    elif len(single) > 1:
        groups[_SINGLE] = single
    return tuple(Alphabet(number << 5 | place, letters, place == _DECIMAL) for place, letters in sorted(groups.items()))


@functools.lru_cache(maxsize=4096)
def alphabet(character: str) -> Alphabet | None:
    """Return the alphabet of a character, None where it stays."""
    return next((one for one in code_block(ord(character) // _BLOCK) if character in one.characters), None)


_DIGITS: Final = code_block(0)[0]


def _leading(low: int, high: int) -> Alphabet:
    """Return the alphabet of the first digit of numbers from `low` to `high`, which have as many digits."""
    least, most = int(str(low)[0]), int(str(high)[0])
    return Alphabet(0xFFFF00 | least << 4 | most, _DIGITS.characters[least : most + 1], decimal=True)


def _is_number(text: str) -> bool:
    """Return whether a text is a decimal number of 64 bits without a leading zero."""
    return _NUMBER.fullmatch(text) is not None and -_BITS < int(text) < _BITS


def is_identifier(text: str) -> bool:
    """Return whether a text has the shape of a ConnID or CallUUID and is no decimal number without a leading zero."""
    return len(text) in {16, 32} and _IDENTIFIER.fullmatch(text) is not None


class Pseudonyms:
    """Pseudonyms under one secret. Two of the same secret agree, across files and runs.

    `cipher` makes them in C; None where that is not built.
    """

    def __init__(self, secret: bytes) -> None:
        self.cipher: Cipher | None = None
        self.key: bytes = hashlib.sha256(b"tlib redact 3" + secret).digest()
        self._keyed = hashlib.blake2b(key=self.key)
        self._texts = functools.lru_cache(maxsize=_CACHED)(self._text)
        self._numbers = functools.lru_cache(maxsize=_CACHED)(self._number)
        self._addresses = functools.lru_cache(maxsize=_CACHED)(self._moved)

    def _digest(self, message: bytes) -> bytes:
        """Return 64 bytes that depend on the message and the secret."""
        state = self._keyed.copy()
        state.update(message)
        return state.digest()

    def _stream(self, length: int, message: bytes) -> bytes:
        """Return `length` bytes that depend on all of the message."""
        first = self._digest(message)
        more = (self._digest(_MORE + index.to_bytes(8) + first) for index in range(1, -(-length // len(first))))
        return b"".join((first, *more))[:length]

    def text(self, text: str) -> str:
        """Return the pseudonym of a text, of the same shape and length, in UTF-8 too."""
        return self._texts(text) if len(text) <= _SEEN else self._text(text)

    def data(self, data: bytes) -> bytes:
        """Return pseudonymous bytes of the same length."""
        return self._stream(len(data), _BYTES + data)

    def integer(self, number: int) -> int:
        """Return an integer of the same sign and number of digits that fits 32 or 64 bits where `number` does."""
        if number >= 0:
            return self._numbers(number)
        return -(self._numbers(-number - (number == _LOWEST)) or self._numbers(0))  # -2^31 has no neighbour of 32 bits, and 0 no sign

    def address(self, address: bytes) -> bytes:
        """Return an IP address of 4 or 16 bytes; addresses that share n leading bits have pseudonyms that share n leading bits."""
        return self._addresses(address)

    def _moved(self, address: bytes) -> bytes:
        bits, number = len(address) * 8, int.from_bytes(address)
        flips = 0
        for at in range(bits):
            prefix = (number >> (bits - at)).to_bytes(len(address))
            flips = flips << 1 | self._digest(_ADDRESS + bytes((bits, at)) + prefix)[0] & 1
        return (number ^ flips).to_bytes(len(address))

    # -- parts -----------------------------------------------------------------------------------

    def _text(self, text: str) -> str:
        pieces = _SEPARATORS.split(_whole(text))
        pieces[::2] = map(self._part, pieces[::2])
        return _whole("".join(pieces))

    def _part(self, part: str) -> str:
        if _is_number(part):
            return str(self.integer(int(part)))
        if (padded := _PADDED.fullmatch(part)) is not None:
            return padded[1] + self._replaced(padded[2], [_DIGITS] * len(padded[2]))
        if not is_identifier(part):
            return self._replaced(part, [alphabet(c) for c in part])
        if len(part) == len(_BASE32.characters):
            return self._replaced(part, [_BASE32] * len(part))
        replacement = self._replaced(part.lower(), [_HEX] * len(part))
        return replacement if part.lower() == part else replacement.upper()

    def _replaced(self, part: str, alphabets: list[Alphabet | None]) -> str:
        places = [(i, one) for i, one in enumerate(alphabets) if one is not None]
        if not places:
            return part
        if len(places) <= _SHORT:
            candidates = self._successors(part, places)
        else:
            candidates = (self._shifted(part, places, attempt % 256) for attempt in itertools.count())
        unseen = places[0][1] in _IDENTIFIERS or (len(places) > _SHORT and len(part) > _SEEN)
        return next(candidate for candidate in candidates if unseen or not survives(part, candidate))

    def _number(self, number: int) -> int:
        """Return the pseudonym of a number that is not negative."""
        digits = str(number)
        if number >= _BITS:
            return int("1" + self._text(digits)[1:])
        at = bisect_right(_BOUNDS, number)
        low, high = _BOUNDS[at - 1], _BOUNDS[at] - 1
        places = [(i, _DIGITS if i else _leading(low, high)) for i in range(len(digits))]
        found = map(int, filter(lambda text: not survives(digits, text), self._successors(digits, places)))
        return next(other for other in found if low <= other <= high)

    # -- the cycle -------------------------------------------------------------------------------

    def _successors(self, text: str, places: list[tuple[int, Alphabet]]) -> Iterator[str]:
        """Yield the texts that follow `text` in the cycle through all texts with these alphabets at these places."""
        count = len(places)
        shape = b"".join(one.id.to_bytes(3) for _, one in places)
        half = (count + 1) // 2
        sides = (places[:half], places[half:])
        sizes = [_product(side) for side in sides]
        numbers = [_index(text, side) for side in sides]
        if count == 1:  # a network of one side has no rounds
            step = 1 + int.from_bytes(self._digest(_ONLY + bytes((0, 1)) + bytes(8) + shape)[:8]) % (sizes[0] - 1)
            while True:
                numbers[0] = (numbers[0] + step) % sizes[0]
                yield _spelled(text, sides, numbers)
        for turn in range(_ROUNDS):
            this = turn % 2
            numbers[this] = (numbers[this] + self._round(turn, count, numbers[1 - this], shape)) % sizes[this]
        while True:
            numbers[0] = (numbers[0] + 1) % sizes[0]
            if numbers[0] == 0:
                numbers[1] = (numbers[1] + 1) % sizes[1]
            found = list(numbers)
            for turn in reversed(range(_ROUNDS)):
                this = turn % 2
                found[this] = (found[this] - self._round(turn, count, found[1 - this], shape)) % sizes[this]
            yield _spelled(text, sides, found)

    def _round(self, turn: int, count: int, other: int, shape: bytes) -> int:
        return int.from_bytes(self._digest(_ROUND + bytes((turn, count)) + other.to_bytes(8) + shape)[:8])

    def _shifted(self, text: str, places: list[tuple[int, Alphabet]], attempt: int) -> str:
        """Return the text with each letter and digit moved by a step of its own, none by nothing."""
        own = {_HEX.id: 1, _BASE32.id: 2}.get(places[0][1].id, 0)
        stream = self._stream(2 * len(places), _STREAM + bytes((own, attempt)) + _bytes(text))
        letters = list(text)
        for number, (i, one) in enumerate(places):
            choice = one.characters
            step = 1 + int.from_bytes(stream[2 * number : 2 * number + 2]) % (len(choice) - 1)
            letters[i] = choice[(choice.index(text[i]) + step) % len(choice)]
        return "".join(letters)


class _NativePseudonyms(Pseudonyms):
    """The same pseudonyms in C: all but those of lone surrogates and of integers of more than 64 bits."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        assert _batches is not None
        self._own: Cipher = _batches.Cipher(self.key, code_block)
        self.cipher = self._own

    def _text(self, text: str) -> str:
        with contextlib.suppress(UnicodeEncodeError):
            return self._own.text(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        return super()._text(text)

    def _number(self, number: int) -> int:
        return self._own.number(number) if number < _BITS else super()._number(number)


def pseudonyms(secret: bytes) -> Pseudonyms:
    """Return the pseudonyms under a secret, made in C where that is built."""
    return Pseudonyms(secret) if _batches is None else _NativePseudonyms(secret)


def _whole(text: str) -> str:
    """Return the text of the same bytes in which surrogates stand for bytes that are no UTF-8 only."""
    if not text.isascii():
        with contextlib.suppress(UnicodeEncodeError):
            return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return text


def _bytes(text: str) -> bytes:
    """Return the bytes of a text as a frame or a log has them; lone surrogates, which neither has, as they come."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _product(side: list[tuple[int, Alphabet]]) -> int:
    total = 1
    for _, one in side:
        total *= len(one.characters)
    return total


def _index(text: str, side: list[tuple[int, Alphabet]]) -> int:
    number = 0
    for i, one in side:
        number = number * len(one.characters) + one.characters.index(text[i])
    return number


def _spelled(text: str, sides: tuple[list[tuple[int, Alphabet]], ...], numbers: list[int]) -> str:
    """Return the text with the characters at the places that the numbers of both sides stand for."""
    letters = list(text)
    for side, number in zip(sides, numbers, strict=True):
        rest = number
        for i, one in reversed(side):
            rest, digit = divmod(rest, len(one.characters))
            letters[i] = one.characters[digit]
    return "".join(letters)


def survives(text: str, pseudonym: str) -> bool:
    """Return whether four consecutive digits of `text` occur in `pseudonym`."""
    runs = {text[i : i + _RUN] for i in range(len(text) - _RUN + 1) if text[i : i + _RUN].isdecimal()}
    return bool(runs) and any(pseudonym[i : i + _RUN] in runs for i in range(len(pseudonym) - _RUN + 1))

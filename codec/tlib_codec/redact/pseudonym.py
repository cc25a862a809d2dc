"""Make pseudonyms of the same shape: digits stay digits, letters stay letters, the length stays.

Strategy: read the letters and digits of a text as a number in mixed radix, each digit being the index of a character in
its alphabet, and encipher that number by a Feistel network whose round function is BLAKE2b under a key made of the secret.
So under one secret equal texts get equal pseudonyms, different texts of one shape get different ones, and only the secret leads
back. A text of more than `_SHORT` letters and digits is shifted by a key stream that depends on the whole text: one digest for
32 characters.

A pseudonym in which four consecutive digits survive is enciphered again until none do.

`tlib_codec.native.batches.Cipher` makes the same pseudonyms in C, with the alphabets of this module.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tlib_codec import native

if TYPE_CHECKING:
    from tlib_codec.native.batches import Cipher

_batches = native.extension("batches")

_ROUNDS = 8
_SHORT = 16  # letters and digits that go through the network: half of them fit 64 bits
_SEEN = 40  # characters of a longer text in which digits of the original are searched
_AGAIN = 64  # how often a pseudonym that shows digits of the original is enciphered once more
_RUN = 4
_CACHED = 1 << 16
_REPLACED = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")  # categories of Unicode
_BLOCK = 64  # code points that differ in the last byte of their UTF-8 only
_DIGITS, _HEX, _BASE32 = "0123456789", "0123456789abcdef", "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_OWN = {"": 0, _DIGITS: 0, _HEX: 1, _BASE32: 2}
_OWN_IDS = {_DIGITS: 5, _HEX: 0xFFFFFF, _BASE32: 0xFFFFFE}
_INT_DIGITS = 10
_ROUND, _ONLY, _STREAM, _MORE, _BYTES, _ADDRESS, _INTEGER = (bytes([purpose]) for purpose in range(1, 8))  # of a digest


@functools.lru_cache(maxsize=4096)
def alphabet(character: str) -> str:
    """Return the characters that may stand for this one: of its kind, and as long in UTF-8; itself where none may."""
    kind = unicodedata.category(character)
    if kind not in _REPLACED:
        return character
    first = ord(character) // _BLOCK * _BLOCK
    return "".join(c for c in map(chr, range(first, first + _BLOCK)) if unicodedata.category(c) == kind)


@functools.lru_cache(maxsize=4096)
def _alphabet_id(character: str) -> bytes:
    """Return three bytes that stand for the alphabet of a character."""
    return (ord(character) // _BLOCK << 3 | _REPLACED.index(unicodedata.category(character))).to_bytes(3)


def code_block(number: int) -> list[tuple[int, int]]:
    """Return for each of the 64 code points of a block its category among those replaced (-1: none) and its place in its alphabet."""
    characters = [chr(code) for code in range(number * _BLOCK, (number + 1) * _BLOCK)]
    kinds = [unicodedata.category(c) for c in characters]
    return [(_REPLACED.index(kind), kinds[:place].count(kind)) if kind in _REPLACED else (-1, 0) for place, kind in enumerate(kinds)]


class Pseudonyms:
    """Pseudonyms under one secret. Two of the same secret agree, across files and runs.

    `cipher` makes them in C; None where that is not built.
    """

    def __init__(self, secret: bytes) -> None:
        self.cipher: Cipher | None = None
        self.key: bytes = hashlib.sha256(b"tlib redact 2" + secret).digest()
        self._keyed = hashlib.blake2b(key=self.key)
        self._short = functools.lru_cache(maxsize=_CACHED)(self._enciphered)
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
        return self._short(text, "") if len(text) <= _SEEN else self._enciphered(text, "")

    def hex(self, text: str) -> str:
        """Return the pseudonym of hex digits, as of a ConnID, in their letter case."""
        replacement = self._short(text.lower(), _HEX)
        return replacement if text.lower() == text else replacement.upper()

    def base32(self, text: str) -> str:
        """Return the pseudonym of a CallUUID."""
        return self._short(text, _BASE32)

    def data(self, data: bytes) -> bytes:
        """Return pseudonymous bytes of the same length."""
        return self._stream(len(data), _BYTES + data)

    def integer(self, number: int) -> int:
        """Return an integer of the same sign and number of digits that fits signed 32 bits where `number` does."""
        digits = str(abs(number))
        low: int = 10 ** (len(digits) - 1) if len(digits) > 1 else 0
        high: int = 10 ** len(digits) - 1
        if len(digits) == _INT_DIGITS and -(1 << 31) <= number < 1 << 31:
            high = (1 << 31) - 1
        replacement = self._short(digits, _DIGITS)
        while replacement != digits:  # else it would go round for ever
            if low <= int(replacement) <= high and not survives(digits, replacement):
                return -int(replacement) if number < 0 else int(replacement)
            replacement = self._short(replacement, _DIGITS)
        step = 1 + int.from_bytes(self._digest(_INTEGER + digits.encode())[:8]) % (high - low)
        found: int = low + (int(digits) - low + step) % (high - low + 1)
        return -found if number < 0 else found

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

    # -- the cipher ------------------------------------------------------------------------------

    def _enciphered(self, text: str, own: str) -> str:
        alphabets = [own if own and c in own else alphabet(c) for c in text]
        places = [i for i, letters in enumerate(alphabets) if len(letters) > 1]
        if not places:
            return text
        replacement = text
        for attempt in range(_AGAIN):
            if len(places) <= _SHORT:
                replacement = self._network(replacement, alphabets, places, own)
            else:
                replacement = self._shifted(text, alphabets, places, _STREAM + bytes((_OWN[own], attempt)))
                if len(text) > _SEEN:
                    break
            if own or not survives(text, replacement):
                break
        return replacement

    def _network(self, text: str, alphabets: list[str], places: list[int], own: str) -> str:
        """Return the image of `text` under a permutation of all texts with these alphabets at these places."""
        known = _OWN_IDS[own].to_bytes(3) if own else b""
        shape = b"".join(known if own and text[i] in own else _alphabet_id(text[i]) for i in places)
        count = len(places)
        half = (count + 1) // 2
        sides = (places[:half], places[half:])
        sizes = [_product(len(alphabets[i]) for i in side) for side in sides]
        numbers = [_number(text, side, alphabets) for side in sides]
        if count == 1:  # the network would shift it by nothing now and then
            digest = self._digest(_ONLY + bytes((0, 1)) + bytes(8) + shape)
            numbers[0] = (numbers[0] + 1 + int.from_bytes(digest[:8]) % (sizes[0] - 1)) % sizes[0]
        else:
            for turn in range(_ROUNDS):
                this, other = turn % 2, 1 - turn % 2
                digest = self._digest(_ROUND + bytes((turn, count)) + numbers[other].to_bytes(8) + shape)
                numbers[this] = (numbers[this] + int.from_bytes(digest[:8])) % sizes[this]
        letters = list(text)
        for this, side in enumerate(sides):
            for i in reversed(side):
                numbers[this], digit = divmod(numbers[this], len(alphabets[i]))
                letters[i] = alphabets[i][digit]
        return "".join(letters)

    def _shifted(self, text: str, alphabets: list[str], places: list[int], purpose: bytes) -> str:
        """Return the text with each letter and digit moved by a step of its own, none by nothing."""
        stream = self._stream(2 * len(places), purpose + _bytes(text))
        letters = list(text)
        for number, i in enumerate(places):
            choice = alphabets[i]
            step = 1 + int.from_bytes(stream[2 * number : 2 * number + 2]) % (len(choice) - 1)
            letters[i] = choice[(choice.index(text[i]) + step) % len(choice)]
        return "".join(letters)


class _NativePseudonyms(Pseudonyms):
    """The same pseudonyms in C: all but those of lone surrogates and of integers of more than 32 bits."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        assert _batches is not None
        cipher: Cipher = _batches.Cipher(self.key, code_block)
        self.cipher = cipher
        self._by_alphabet: dict[str, Callable[[bytes], bytes]] = {"": cipher.text, _HEX: cipher.hex, _BASE32: cipher.base32}

    def _enciphered(self, text: str, own: str) -> str:
        make = self._by_alphabet.get(own)
        if make is not None:
            with contextlib.suppress(UnicodeEncodeError):
                return make(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        return super()._enciphered(text, own)

    def integer(self, number: int) -> int:
        """Return an integer of the same sign and number of digits that fits signed 32 bits where `number` does."""
        cipher: Cipher | None = self.cipher
        if cipher is not None and -(1 << 31) <= number < 1 << 31:
            return cipher.integer(number)
        return super().integer(number)


def pseudonyms(secret: bytes) -> Pseudonyms:
    """Return the pseudonyms under a secret, made in C where that is built."""
    return Pseudonyms(secret) if _batches is None else _NativePseudonyms(secret)


def _bytes(text: str) -> bytes:
    """Return the bytes of a text as a frame or a log has them; lone surrogates, which neither has, as they come."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _product(sizes: Iterator[int]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total


def _number(text: str, side: list[int], alphabets: list[str]) -> int:
    number = 0
    for i in side:
        number = number * len(alphabets[i]) + alphabets[i].index(text[i])
    return number


def survives(text: str, pseudonym: str) -> bool:
    """Return whether four consecutive digits of `text` occur in `pseudonym`, or a shorter text of digits equals it."""
    runs = {text[i : i + _RUN] for i in range(len(text) - _RUN + 1) if text[i : i + _RUN].isdecimal()}
    if not runs:
        return text == pseudonym and any(len(alphabet(c)) > 1 for c in text)
    return any(pseudonym[i : i + _RUN] in runs for i in range(len(pseudonym) - _RUN + 1))

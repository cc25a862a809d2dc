"""Make pseudonyms of the same shape: digits stay digits, letters stay letters, the length stays.

Strategy: read the characters that may change as a number in mixed radix, each digit being the index of a character in
its alphabet, and encipher that number by a Feistel network whose round function is HMAC-SHA256. So under one secret
equal texts get equal pseudonyms, different texts of one shape get different ones, and only the secret leads back. A
key stream that depends on the whole text shifts long texts.

A pseudonym in which four consecutive digits survive is enciphered again until none do.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import unicodedata
from collections.abc import Iterator

_ROUNDS = 8
_SHORT = 40  # characters that go through the network; longer texts take the key stream
_AGAIN = 64  # how often a pseudonym that shows digits of the original is enciphered once more
_RUN = 4
_CACHED = 1 << 16
_UPPER, _LOWER, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
_REPLACED = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")  # categories of Unicode
_INT_DIGITS = 10


@functools.lru_cache(maxsize=4096)
def alphabet(character: str) -> str:
    """Return the characters that may stand for this one: of its kind, and as long in UTF-8; itself where none may."""
    for plain in (_DIGITS, _LOWER, _UPPER):
        if character in plain:
            return plain
    kind = unicodedata.category(character)
    if character.isascii() or kind not in _REPLACED:
        return character
    # The last six bits of a code point are the last byte in UTF-8: its neighbours have the same length.
    first = ord(character) & ~63
    return "".join(c for c in map(chr, range(first, first + 64)) if unicodedata.category(c) == kind)


class Pseudonyms:
    """Pseudonyms under one secret. Two of the same secret agree, across files and runs."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(b"tlib redact 1" + secret).digest()
        self._short = functools.lru_cache(maxsize=_CACHED)(self._enciphered)
        self._addresses = functools.lru_cache(maxsize=_CACHED)(self._moved)

    def _digest(self, *parts: bytes) -> bytes:
        return hmac.digest(self._key, b"".join(len(part).to_bytes(8, "big") + part for part in parts), "sha256")

    def _stream(self, length: int, *parts: bytes) -> bytes:
        """Return `size` bytes that depend on all of `parts`."""
        seed = self._digest(b"stream", *parts)
        blocks = (hmac.digest(seed, index.to_bytes(8, "big"), "sha256") for index in range(-(-length // 32)))
        return b"".join(blocks)[:length]

    def text(self, text: str) -> str:
        """Return the pseudonym of a text, of the same shape and length, in UTF-8 too."""
        return self._short(text, "") if len(text) <= _SHORT else self._shifted(text)

    def hex(self, text: str) -> str:
        """Return the pseudonym of hex digits, as of a ConnID, in their letter case."""
        replacement = self._short(text.lower(), "0123456789abcdef")
        return replacement if text.lower() == text else replacement.upper()

    def base32(self, text: str) -> str:
        """Return the pseudonym of a CallUUID."""
        return self._short(text, "0123456789ABCDEFGHIJKLMNOPQRSTUV")

    def data(self, data: bytes) -> bytes:
        """Return pseudonymous bytes of the same length."""
        return self._stream(len(data), b"data", data)

    def integer(self, number: int) -> int:
        """Return an integer of the same sign and number of digits that fits signed 32 bits where `number` does."""
        digits = str(abs(number))
        low = 10 ** (len(digits) - 1) if len(digits) > 1 else 0
        high = 10 ** len(digits) - 1
        if len(digits) == _INT_DIGITS and -(1 << 31) <= number < 1 << 31:
            high = (1 << 31) - 1
        replacement = digits
        for _ in range(_AGAIN * 16):
            replacement = self._short(replacement, _DIGITS)
            if low <= int(replacement) <= high and not survives(digits, replacement):
                break
        else:
            step = 1 + int.from_bytes(self._digest(b"integer", digits.encode())) % (high - low)
            replacement = str(low + (int(digits) - low + step) % (high - low + 1))
        return -int(replacement) if number < 0 else int(replacement)

    def address(self, address: bytes) -> bytes:
        """Return an IP address of 4 or 16 bytes; addresses that share n leading bits have pseudonyms that share n leading bits."""
        return self._addresses(address)

    def _moved(self, address: bytes) -> bytes:
        bits, number = len(address) * 8, int.from_bytes(address)
        flips = 0
        for at in range(bits):
            prefix = (number >> (bits - at)).to_bytes(len(address))
            flips = flips << 1 | self._digest(b"address", bytes((bits, at)), prefix)[0] & 1
        return (number ^ flips).to_bytes(len(address))

    # -- the cipher ------------------------------------------------------------------------------

    def _enciphered(self, text: str, own: str) -> str:
        alphabets = [own if own and c in own else alphabet(c) for c in text]
        replacement = text
        for _ in range(_AGAIN):
            replacement = self._network(replacement, alphabets)
            if own or not survives(text, replacement):
                break
        return replacement

    def _network(self, text: str, alphabets: list[str]) -> str:
        """Return the image of `text` under a permutation of all texts of its shape."""
        places = [i for i, letters in enumerate(alphabets) if len(letters) > 1]
        if not places:
            return text
        kinds = (letters if len(letters) > 1 else c for letters, c in zip(alphabets, text, strict=True))
        shape = "\0".join(kinds).encode("utf-8", "surrogatepass")
        half = (len(places) + 1) // 2
        sides = (places[:half], places[half:])
        sizes = [_product(len(alphabets[i]) for i in side) for side in sides]
        numbers = [_number(text, side, alphabets) for side in sides]
        if len(places) == 1:  # the network would shift it by nothing now and then
            numbers[0] = (numbers[0] + 1 + int.from_bytes(self._digest(b"one", shape), "big") % (sizes[0] - 1)) % sizes[0]
        for turn in range(_ROUNDS):
            this, other = turn % 2, 1 - turn % 2
            if len(places) > 1:
                digest = self._digest(b"round", bytes([turn]), shape, numbers[other].to_bytes(80, "big"))
                wide = digest + self._digest(b"more", digest)
                numbers[this] = (numbers[this] + int.from_bytes(wide, "big")) % sizes[this]
        letters = list(text)
        for this, side in enumerate(sides):
            for i in reversed(side):
                numbers[this], digit = divmod(numbers[this], len(alphabets[i]))
                letters[i] = alphabets[i][digit]
        return "".join(letters)

    def _shifted(self, text: str) -> str:
        """Return a long text: each character by its own step, no digit by none."""
        stream = self._stream(4 * len(text), b"text", text.encode("utf-8", "surrogatepass"))
        letters = []
        for i, c in enumerate(text):
            choice = alphabet(c)
            step = int.from_bytes(stream[4 * i : 4 * i + 4], "big")
            letters.append(choice[(choice.index(c) + (1 + step % (len(choice) - 1))) % len(choice)] if len(choice) > 1 else c)
        return "".join(letters)


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
    runs = {text[i : i + _RUN] for i in range(len(text) - _RUN + 1) if text[i : i + _RUN].isdigit()}
    if not runs:
        return text == pseudonym and any(len(alphabet(c)) > 1 for c in text)
    return any(pseudonym[i : i + _RUN] in runs for i in range(len(pseudonym) - _RUN + 1))

"""Stretch a secret that a person chose, so that a list of likely secrets costs much time to try."""

from __future__ import annotations

import functools
import hashlib
from typing import Final

_SALT: Final = b"tlib-codec redaction"
_COST: Final = 2**14  # 16 MiB and about 50 ms for a try


@functools.lru_cache(maxsize=16)
def stretched(secret: bytes) -> bytes:
    """Return 32 bytes made of a secret by scrypt. The salt is fixed, so that equal secrets give equal pseudonyms everywhere."""
    return hashlib.scrypt(secret, salt=_SALT, n=_COST, r=8, p=1, dklen=32)

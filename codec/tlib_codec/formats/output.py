"""Open a file for writing, so that it is there whole or stays as it was."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def open_output(path: str, *, whole: bool) -> Iterator[BinaryIO]:
    """Open `path` for writing bytes.

    `whole` writes to a temporary file beside it, which takes its name when the block ends, and goes away where the block raises.
    Raises OSError.
    """
    target = Path(path)
    if not whole or (target.exists() and not target.is_file()):  # a pipe, /dev/null
        with target.open("wb") as file:
            yield file
        return
    made = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with made.open("wb") as file:
            yield file
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise

"""A member of a zip file as an input of bytes: ``bundle.zip!logs/server.log``.

Strategy: the directory of the zip file names the members; each is opened alone and unpacked while it is read, so a small member that
unpacks to a huge one costs no memory. Nothing is written to the disk. Only the methods that give no more than a reader asks for
are read: stored and deflate.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import zipfile

MARK: Final = "!"
"""Stands between the path of a zip file and the name of a member."""

MAGIC: Final = b"PK\x03\x04"

_ENCRYPTED: Final = 1


class ZipError(OSError):
    """A zip file or one of its members cannot be read."""


def split(path: str) -> tuple[str, str] | None:
    """Return the zip file and the member that `path` names; None where it names a file, or nothing."""
    if MARK not in path or Path(path).exists():
        return None
    parts = path.split(MARK)
    for count in range(1, len(parts)):
        file = MARK.join(parts[:count])
        if Path(file).is_file():
            return file, MARK.join(parts[count:])
    return None


def names(path: str) -> list[str]:
    """Return the names of the members of a zip file, without folders. Raise ZipError."""
    with _opened(path) as archive:
        return [info.filename for info in archive.infolist() if not info.is_dir()]


def _opened(path: str) -> zipfile.ZipFile:
    import zipfile  # noqa: PLC0415 most inputs are no zip files

    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ZipError(f"the zip file is damaged: {error}") from None


class Member(io.RawIOBase):
    """The bytes of a member, unpacked; `size` of them. Raises ZipError where there is no such member, or it cannot be read."""

    def __init__(self, path: str, name: str) -> None:
        import zipfile  # noqa: PLC0415

        super().__init__()
        self._archive = _opened(path)
        try:
            info = self._archive.getinfo(name)
            if info.flag_bits & _ENCRYPTED:
                raise ZipError("encrypted: unpack the zip file")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ZipError(f"compressed by method {info.compress_type} of zip: unpack the zip file")
            self.size: int = info.file_size
            self._file = self._archive.open(info)
        except KeyError:
            self._archive.close()
            raise ZipError("the zip file has no such member") from None
        except zipfile.BadZipFile as error:
            self._archive.close()
            raise ZipError(f"the zip file is damaged: {error}") from None
        except ZipError:
            self._archive.close()
            raise

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes at most, and one at least before the end."""
        import zipfile  # noqa: PLC0415

        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ZipError(f"the zip data are damaged or cut: {error}") from None

    def close(self) -> None:
        """Close the member and its zip file."""
        if not self.closed:
            self._file.close()
            self._archive.close()
        super().close()

"""gzip, bzip2, xz and zstd as they come: several members, cut and damaged data, and a bomb in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import sys
import tracemalloc
import zlib

import pytest

from tlib_codec.formats.compression import CompressionError, compressed, kind_of, open_compressed

zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}
KINDS = pytest.mark.parametrize("kind", sorted(PACK))
DATA = bytes(range(256)) * 400


def unpacked(kind, data, size=1 << 16):
    reader = open_compressed(kind, io.BytesIO(data))
    assert reader.readable()
    return b"".join(iter(lambda: reader.read(size), b""))


@KINDS
def test_the_first_bytes_tell_the_kind(kind):
    assert kind_of(PACK[kind](DATA)) == kind


def test_other_bytes_are_no_kind():
    assert kind_of(DATA) is None


@KINDS
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_the_bytes_come_back_in_pieces_of_any_size(kind, size):
    assert unpacked(kind, PACK[kind](DATA[:5000]), size) == DATA[:5000]


@KINDS
def test_members_follow_each_other(kind):
    assert unpacked(kind, PACK[kind](DATA) + PACK[kind](b"") + PACK[kind](DATA)) == DATA * 2


@KINDS
def test_zeros_behind_the_last_member_are_padding(kind):
    assert unpacked(kind, PACK[kind](DATA) + bytes(1000)) == DATA


@KINDS
def test_data_that_end_too_early_raise_after_the_bytes_before(kind):
    data = random.Random(0).randbytes(3_000_000)  # of several blocks
    reader = open_compressed(kind, io.BytesIO(PACK[kind](data)[:-5]))
    assert reader.read(100) == data[:100]
    with pytest.raises(CompressionError, match=f"the {kind} data end too early"):
        reader.readall()


@KINDS
def test_damaged_data_raise(kind):
    with pytest.raises(CompressionError, match=f"the {kind} data are damaged"):
        unpacked(kind, PACK[kind](DATA)[:12] + b"\xff" * 5000)


@KINDS
def test_nothing_comes_after_an_error(kind):
    reader = open_compressed(kind, io.BytesIO(PACK[kind](DATA)[:12] + b"\xff" * 5000))
    with pytest.raises(CompressionError):
        reader.readall()
    assert reader.read(1) == b""


@KINDS
def test_a_bomb_takes_bounded_memory(kind):
    bomb = PACK[kind](bytes(100 << 20))
    tracemalloc.start()
    try:
        reader = open_compressed(kind, io.BytesIO(bomb))
        assert sum(len(piece) for piece in iter(lambda: reader.read(1 << 16), b"")) == 100 << 20
        assert tracemalloc.get_traced_memory()[1] < 12 << 20  # the window of xz is 8 MiB
    finally:
        tracemalloc.stop()


def test_an_xz_file_with_a_huge_window_is_refused():
    packed = lzma.compress(DATA, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}])
    with pytest.raises(CompressionError, match="the xz data are damaged: Memory usage limit exceeded"):
        unpacked("xz", packed)


def test_without_the_package_zstd_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, zstd.__name__, None)
    with pytest.raises(CompressionError, match=r"pip install 'tlib-codec\[zstd\]'"):
        open_compressed("zstd", io.BytesIO())


@pytest.mark.parametrize(("suffix", "kind"), [(".gz", "gzip"), (".zst", "zstd"), (".bz2", "bzip2"), (".xz", "xz"), (".XZ", "xz")])
def test_a_file_is_compressed_as_its_suffix_says(suffix, kind):
    file = io.BytesIO()
    with compressed(f"a.log{suffix}", file) as target:
        target.write(DATA)
    assert kind_of(file.getvalue()) == kind
    assert unpacked(kind, file.getvalue()) == DATA


def test_a_file_without_such_a_suffix_is_not_compressed():
    file = io.BytesIO()
    with compressed("a.log", file) as target:
        target.write(DATA)
    assert file.getvalue() == DATA


class Counting(io.BytesIO):
    """A file that counts its reads."""

    reads = 0

    def read(self, size=-1, /):
        self.reads += 1
        return super().read(size)


@KINDS
def test_one_read_gives_the_members_at_hand(kind):
    file = Counting(PACK[kind](b"x") * 1000)
    assert open_compressed(kind, file).read(1 << 16) == b"x" * 1000
    assert file.reads == 1


@KINDS
def test_a_member_behind_padding_is_damaged(kind):
    reader = open_compressed(kind, io.BytesIO(PACK[kind](b"x") + bytes(12) + b"y" * 100))
    assert reader.read(10) == b"x"
    with pytest.raises(CompressionError, match="damaged"):
        reader.read(10)


def test_small_members_copy_little(monkeypatch):
    """The bytes behind a member are copied by its decompressor: they are few."""
    copied = []

    class Member:
        def __init__(self, wbits):
            self._member = decompressobj(wbits)
            self.unconsumed_tail = b""

        eof = property(lambda self: self._member.eof)

        @property
        def unused_data(self):
            copied.append(len(self._member.unused_data))
            return self._member.unused_data

        def decompress(self, data, size):
            return self._member.decompress(data, size)

    decompressobj = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Member)
    data = gzip.compress(b"x") * 2000
    assert unpacked("gzip", data) == b"x" * 2000
    assert sum(copied) < 15 * len(data)

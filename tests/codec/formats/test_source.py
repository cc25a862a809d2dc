"""One input of bytes: what is there is given at once, compression and format are detected, an error is one line."""

from __future__ import annotations

import gzip
import io
import threading

import pytest

from tlib_codec.formats.source import InputError, Source

FRAME = bytes.fromhex("544c 01 00 003c 00000000")


class Pipe(io.RawIOBase):
    """Gives one of its pieces a read."""

    def __init__(self, *pieces):
        self._pieces = list(pieces)

    def read(self, size=-1):
        return self._pieces.pop(0) if self._pieces else b""


class Broken(io.RawIOBase):
    def read(self, size=-1):
        raise OSError(5, "Input/output error")


def test_a_read_gives_what_is_there():
    source = Source(Pipe(b"ab", b"c"))
    assert [source.read(10), source.read(10), source.read(10)] == [b"ab", b"c", b""]


def test_a_read_without_a_size_gives_everything():
    assert Source(Pipe(b"ab", b"c")).read() == b"abc"


def test_a_read_that_would_block_gives_nothing():
    assert Source(Pipe(None)).read(10) == b""


def test_chunks_are_everything():
    assert b"".join(Source(Pipe(b"ab", b"c")).chunks()) == b"abc"


def test_bytes_seen_by_detection_are_given_again():
    source = Source(Pipe(FRAME + b"x"))
    assert source.detect().name == "frames"
    assert [source.read(4), source.read(100)] == [FRAME[:4], FRAME[4:] + b"x"]


def test_detection_reads_until_a_format_is_recognised():
    assert Source(Pipe(b"T", b"L", b"\1\0" + FRAME[4:])).detect().name == "frames"


def test_an_empty_input_has_no_format():
    assert Source(io.BytesIO()).detect() is None


def test_compressed_bytes_are_read_unpacked():
    source = Source(io.BytesIO(gzip.compress(FRAME)))
    assert source.detect().name == "frames"
    assert source.read() == FRAME


def test_a_compressed_file_of_nothing_is_empty():
    assert Source(io.BytesIO(gzip.compress(b""))).detect() is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"hello", "x: no known format (capture, frames, hex, jsonl, log); use --format to force one"),
        (b"BZh91AY", "x: compressed (bzip2); pipe it in decompressed"),
        (b"PK\x03\x04..", "x: compressed (zip); pipe it in decompressed"),
        (gzip.compress(gzip.compress(FRAME)), "x: compressed (gzip); pipe it in decompressed"),
        (gzip.compress(FRAME)[:12], "x: the gzip data end too early: the file is cut"),
    ],
    ids=["text", "bzip2", "zip", "gzip in gzip", "cut gzip"],
)
def test_an_input_of_no_known_format_is_refused(data, told):
    with pytest.raises(InputError) as refused:
        Source(io.BytesIO(data), name="x").detect()
    assert str(refused.value) == told


def test_compressed_data_that_are_cut_are_an_error_of_the_input():
    source = Source(io.BytesIO(gzip.compress(FRAME * 99)[:-4]), name="x")
    source.unpack("gzip")
    with pytest.raises(InputError, match="x: the gzip data end too early"):
        list(source.chunks())


def test_a_file_that_cannot_be_read_is_an_error_of_the_input():
    with pytest.raises(InputError, match="x: Input/output error"):
        Source(Broken(), name="x").read(1)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="none: No such file or directory"):
        Source(tmp_path / "none")


def test_a_folder_is_refused_with_a_hint(tmp_path):
    with pytest.raises(InputError, match=r"Is a directory: give the files in it, as in FOLDER/\*"):
        Source(tmp_path)


def test_a_path_with_a_nul_is_refused():
    with pytest.raises(InputError, match="embedded null byte"):
        Source("a\0b")


def test_a_file_knows_its_size(tmp_path):
    (tmp_path / "x").write_bytes(FRAME)
    with Source(tmp_path / "x") as source:
        assert (source.size, source.name) == (len(FRAME), str(tmp_path / "x"))


def test_closing_closes_a_file_that_the_source_opened(tmp_path):
    (tmp_path / "x").write_bytes(FRAME)
    source = Source(tmp_path / "x")
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed file"):
        source.read(1)


def test_closing_leaves_the_file_of_another_open():
    file = io.BytesIO(FRAME)
    Source(file).close()
    assert not file.closed


def test_a_dash_is_the_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FRAME)))
    source = Source("-")
    assert (source.name, source.size, source.read()) == ("(standard input)", None, FRAME)


def test_moved_gets_the_bytes_of_the_last_read():
    steps = []
    list(Source(Pipe(b"ab", b"c"), moved=steps.append).chunks())
    assert steps == [0, 2, 1]


def test_a_followed_file_is_read_as_it_grows(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"a")
    with Source(path, follow=True) as source:
        assert source.read(9) == b"a"
        with path.open("ab") as file:
            writing = threading.Timer(0.05, lambda: (file.write(b"b"), file.flush()))
            writing.start()
            assert source.read(9) == b"b"
            writing.join()


def test_the_end_of_a_pipe_is_an_end_although_followed():
    assert Source(Pipe(b"a"), follow=True).read() == b"a"


def test_a_source_is_readable():
    assert Source(Pipe()).readable()

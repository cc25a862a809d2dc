"""One input of bytes: what is there is given at once, compression and format are detected, an error is one line."""

from __future__ import annotations

import gzip
import io
import threading
import zipfile
from itertools import chain

import pytest

from tlib_codec.formats import ReadOptions
from tlib_codec.formats.source import InputError, Source, batches_of

LINES = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n\tAttributeThisDN\t'Ren\u00e9e'\n"
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
        (b"BZh91AY", "x: the bzip2 data end too early: the file is cut"),
        (b"PK\x03\x04..", "x: a zip file: name a member, as in bundle.zip!server.log, or unpack it"),
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


def appended(path, data):
    """Append to a file in a moment, as another program does."""
    with path.open("ab") as file:
        file.write(data)


def test_a_followed_file_that_is_renamed_ends_where_the_new_one_begins(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with Source(path, follow=True) as source:
        path.rename(tmp_path / "x.1")
        path.write_bytes(b"new")
        assert [source.read(9), source.read(9)] == [b"old", b""]


def test_the_file_that_takes_the_place_of_a_renamed_one_is_the_next(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with Source(path, follow=True) as source:
        path.rename(tmp_path / "x.1")
        path.write_bytes(b"new")
        source.read(9)
        source.read(9)
        assert source.next_file()
        assert source.read(9) == b"new"


def test_bytes_written_to_a_renamed_file_before_its_end_was_read_are_read(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with Source(path, follow=True) as source:
        assert source.read(9) == b"old"
        path.rename(tmp_path / "x.1")
        appended(tmp_path / "x.1", b"late")
        path.write_bytes(b"new")
        assert [source.read(9), source.read(9)] == [b"late", b""]


def test_between_the_renaming_and_the_new_file_the_source_waits(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with Source(path, follow=True) as source:
        source.read(9)
        path.rename(tmp_path / "x.1")
        writing = threading.Timer(0.3, lambda: path.write_bytes(b"new"))
        writing.start()
        assert source.read(9) == b""
        writing.join()
        assert source.next_file()


def test_a_followed_file_that_is_cut_to_nothing_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"a long text")
    with Source(path, follow=True) as source:
        source.read(99)
        path.write_bytes(b"new")
        assert source.read(99) == b""
        assert source.next_file()
        assert source.read(99) == b"new"


def test_an_input_that_ends_has_no_next_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(FRAME)
    with Source(path) as source:
        source.read()
        assert not source.next_file()


def test_the_next_file_is_unpacked_as_the_first_one_was(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(FRAME)
    with Source(path, follow=True) as source:
        source.detect()
        path.rename(tmp_path / "x.1")
        path.write_bytes(gzip.compress(FRAME * 2))
        while source.read(99):
            pass
        assert source.next_file()
        assert source.read(99) == FRAME * 2


def test_batches_go_on_in_the_next_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(FRAME)
    with Source(path, follow=True) as source:
        records = chain.from_iterable(batches_of(source, source.detect(), ReadOptions()))
        assert next(records).origin.offset == 0
        path.rename(tmp_path / "x.1")
        path.write_bytes(FRAME * 2)
        assert [next(records).origin.offset for _ in range(2)] == [0, len(FRAME)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_utf_16_with_a_byte_order_mark_is_read_as_utf_8(encoding, pack):
    source = Source(io.BytesIO(pack(f"\ufeff{LINES}".encode(encoding))))
    assert source.detect().name == "log"
    assert source.read() == LINES.encode()


def test_utf_16_is_given_in_pieces_of_the_size_asked_for():
    source = Source(io.BytesIO(f"\ufeff{LINES}".encode("utf-16-le")))
    source.detect()
    assert b"".join(iter(lambda: source.read(7), b"")) == LINES.encode()


def test_a_byte_order_mark_behind_a_byte_order_mark_is_no_utf_16():
    with pytest.raises(InputError, match="no known format"):
        Source(io.BytesIO("\ufeff\ufffe".encode("utf-16-le"))).detect()


def test_a_member_of_a_zip_file_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("logs/a.tlb", FRAME)
    with Source(f"{tmp_path}/b.zip!logs/a.tlb") as source:
        assert (source.size, source.detect().name, source.read()) == (len(FRAME), "frames", FRAME)


def test_a_member_of_a_zip_file_is_not_followed(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a", FRAME)
    with Source(f"{tmp_path}/b.zip!a", follow=True) as source:
        assert source.read() == FRAME


def test_a_member_that_is_not_there_is_refused(tmp_path):
    zipfile.ZipFile(tmp_path / "b.zip", "w").close()
    with pytest.raises(InputError, match=r"b\.zip!a: the zip file has no such member"):
        Source(f"{tmp_path}/b.zip!a")


def test_the_end_of_a_pipe_is_an_end_although_followed():
    assert Source(Pipe(b"a"), follow=True).read() == b"a"


def test_a_source_is_readable():
    assert Source(Pipe()).readable()


def test_peeling_unpacks_without_a_known_format():
    source = Source(io.BytesIO(gzip.compress(b"hello")))
    source.peel()
    assert source.read() == b"hello"


def test_peeling_keeps_what_is_not_wrapped():
    source = Source(Pipe(b"h", b"ello"))
    source.peel()
    assert source.read() == b"hello"


def test_peeling_waits_for_the_whole_magic_number():
    packed = gzip.compress(b"hello")
    source = Source(Pipe(packed[:1], packed[1:]))
    source.peel()
    assert source.read() == b"hello"


def test_peeling_takes_the_beginning_of_a_magic_number_for_text_at_the_end():
    source = Source(Pipe(b"BZ"))
    source.peel()
    assert source.read() == b"BZ"


def test_detection_does_not_look_at_the_head_again_for_each_piece(monkeypatch):
    looked = []

    def detect(head, *, end):
        looked.append(len(head))

    monkeypatch.setattr("tlib_codec.formats.source.detect", detect)
    data = b"\1" * 200_000
    pieces = (data[at : at + 20] for at in range(0, len(data), 20))
    with pytest.raises(InputError):
        Source(Pipe(*pieces)).detect()
    assert sum(looked) < 50 * len(data)


def test_bytes_seen_by_detection_come_back_in_small_pieces():
    data = gzip.compress(b"TL\x01\0\0\x3c\0\0\0\0" * 100)
    source = Source(io.BytesIO(data))
    source.detect()
    assert b"".join(iter(lambda: source.read(7), b"")) == gzip.decompress(data)

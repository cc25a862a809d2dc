"""`open_output`: a file is there whole, or stays as it was."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from tlib_codec.formats.output import open_output, write_whole


class BrokenOff(BaseException):
    """Stands for whatever ends a block."""


def broken_off(path):
    """Write to a file, and raise."""
    with open_output(path) as file:
        file.write(b"after")
        raise BrokenOff


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "calls.tlb"
    path.write_bytes(b"before")
    return path


def names(target):
    return [path.name for path in target.parent.iterdir()]


def test_a_file_takes_its_contents_at_the_end_of_the_block(target):
    with open_output(target) as file:
        file.write(b"after")
        file.flush()
        assert target.read_bytes() == b"before"
    assert target.read_bytes() == b"after"
    assert names(target) == ["calls.tlb"]


def test_a_file_stays_as_it_was_if_the_block_raises(target):
    with pytest.raises(BrokenOff):
        broken_off(target)
    assert target.read_bytes() == b"before"
    assert names(target) == ["calls.tlb"]


def test_a_new_file_is_not_there_if_the_block_raises(tmp_path):
    with pytest.raises(BrokenOff):
        broken_off(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_file_that_grows_is_read_before_its_end(target):
    with open_output(target, grows=True) as file:
        file.write(b"so far")
        file.flush()
        assert target.read_bytes() == b"so far"


def test_a_replaced_file_keeps_its_permissions(target):
    target.chmod(0o640)
    write_whole(target, b"after")
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_to_the_file_that_is_replaced(target, tmp_path):
    (tmp_path / "link").symlink_to("calls.tlb")
    write_whole(tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink()
    assert target.read_bytes() == b"after"


def test_a_link_to_no_file_makes_the_file(tmp_path):
    (tmp_path / "link").symlink_to("new")
    write_whole(tmp_path / "link", b"after")
    assert (tmp_path / "new").read_bytes() == b"after"


def test_a_name_as_long_as_names_may_be_is_no_error(tmp_path):
    write_whole(tmp_path / ("ж" * 127), b"after")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"after"]


def test_a_pipe_is_written_in_place(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_whole(tmp_path / "pipe", b"through")
    reader.join(60)
    assert read == [b"through"]
    assert names(tmp_path / "pipe") == ["pipe"]


def test_the_name_of_a_descriptor_is_written_in_place(target):
    with target.open("r+b") as file:
        write_whole(f"/dev/fd/{file.fileno()}", b"after")
        assert file.read() == b"after"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error_with_the_name_of_the_file():
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole("/dev/full", b"after")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


def test_the_error_of_the_block_comes_before_that_of_a_full_disk():
    with pytest.raises(BrokenOff):
        broken_off("/dev/full")


def test_a_folder_is_an_error_with_its_name(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(tmp_path, b"after")
    assert caught.value.filename == str(tmp_path)


def test_a_missing_folder_is_an_error_with_the_name_of_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "no" / "calls.tlb", b"after")
    assert caught.value.filename == str(tmp_path / "no" / "calls.tlb")


def test_an_error_of_removing_the_temporary_file_does_not_hide_the_first(target, monkeypatch):
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(BrokenOff):
        broken_off(target)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes every file")
def test_a_file_that_cannot_be_written_is_not_replaced(target):
    target.chmod(0o440)
    with pytest.raises(PermissionError):
        write_whole(target, b"after")
    assert target.read_bytes() == b"before"

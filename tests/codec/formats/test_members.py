"""Folders and zip files: the inputs in them, by name and in order, and the files that are none."""

from __future__ import annotations

import gzip
import os
import zipfile

import pytest

from tlib_codec.formats.members import Members, file_of, members, order
from tlib_codec.formats.source import InputError

FRAME = bytes.fromhex("544c 01 00 003c 00000000")


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes files in a folder, by name and contents, and returns the folder."""

    def make(files):
        for name, data in files.items():
            path = tmp_path / "logs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / "logs"

    return make


def inside(path):
    """Return the names of the inputs in a folder or zip file, without its own name."""
    return [name.removeprefix(str(path))[1:] for name in members(str(path)).names]


@pytest.mark.parametrize("path", ["-", "nowhere", "a\0b", __file__])
def test_another_path_stands_for_itself(path):
    assert members(path) == Members((path,))


def test_a_folder_stands_for_the_files_below_it(folder):
    assert inside(folder({"b.tlb": FRAME, "a.tlb.gz": gzip.compress(FRAME), "sub/c.tlb": FRAME})) == ["a.tlb.gz", "b.tlb", "sub/c.tlb"]


def test_files_of_no_known_format_are_counted(folder):
    assert members(str(folder({"a.tlb": FRAME, "b.txt": b"hello", "empty": b""}))).skipped == 2


def test_a_damaged_file_is_an_input_so_that_its_reader_says_so(folder):
    assert inside(folder({"a.gz": gzip.compress(FRAME)[:12]})) == ["a.gz"]


def test_a_pipe_in_a_folder_is_no_input(folder):
    path = folder({"a.tlb": FRAME})
    os.mkfifo(path / "pipe")
    assert inside(path) == ["a.tlb"]


def bundle(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_zip_file_stands_for_its_members(tmp_path):
    assert inside(bundle(tmp_path / "b.zip", {"z.tlb": FRAME, "logs/a.tlb": FRAME, "readme": b"hi"})) == ["z.tlb", "logs/a.tlb"]


def test_a_zip_file_is_recognised_by_its_first_bytes(tmp_path):
    assert inside(bundle(tmp_path / "bundle", {"a": FRAME})) == ["a"]


def test_a_zip_file_in_a_folder_stands_for_its_members(folder):
    path = folder({"a.tlb": FRAME})
    bundle(path / "b.zip", {"c.tlb": FRAME})
    assert inside(path) == ["a.tlb", "b.zip!c.tlb"]


def test_a_zip_file_in_a_zip_file_is_an_input_so_that_its_reader_refuses_it(tmp_path):
    inner = bundle(tmp_path / "inner.zip", {"a": FRAME}).read_bytes()
    assert inside(bundle(tmp_path / "outer.zip", {"inner.zip": inner})) == ["inner.zip"]


def test_a_damaged_zip_file_is_refused(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(InputError, match=r"b\.zip: the zip file is damaged"):
        members(str(tmp_path / "b.zip"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows read every file")
def test_a_file_that_may_not_be_read_stands_for_itself(tmp_path):
    (tmp_path / "x").touch(mode=0o000)
    assert members(str(tmp_path / "x")).names == (str(tmp_path / "x"),)


def test_a_member_is_in_the_file_of_its_zip_file(tmp_path):
    path = bundle(tmp_path / "b.zip", {"a": FRAME})
    assert file_of(f"{path}!a") == path


def test_another_input_is_in_its_own_file(tmp_path):
    assert file_of(str(tmp_path)) == tmp_path


@pytest.mark.parametrize(
    "names",
    [
        ["app.20260314_120000_001.log", "app.20260314_120000_002.log", "app.20260315_000000_001.log.gz", "app.log"],
        ["a.log.10.gz", "a.log.2.gz", "a.log.1", "a.log"],
        ["a.log-20260314.xz", "a.log-20260315", "a.log"],
        ["a.log", "b.log", "sub/a.log"],
        ["app_20260314.log", "app_20260315.log", "bpp_20260301.log"],
    ],
    ids=["time", "number", "date at the end", "folders", "two programs"],
)
def test_the_parts_of_a_log_stand_from_the_oldest_to_the_newest(names):
    found = list(reversed(names))
    found.sort(key=order)
    assert found == names

"""Members of zip files: which are read, which are refused, and a bomb in bounded memory."""

from __future__ import annotations

import tracemalloc
import zipfile

import pytest

from tlib_codec.formats.zipped import Member, ZipError, names, split


def packed(path, *, method=zipfile.ZIP_DEFLATED, **members):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


@pytest.fixture
def bundle(tmp_path):
    return packed(tmp_path / "b.zip", a=b"one", b=b"two")


def test_a_path_with_a_mark_names_a_member(bundle):
    assert split(f"{bundle}!logs/a.log") == (bundle, "logs/a.log")


def test_a_member_may_have_the_mark_in_its_name(bundle):
    assert split(f"{bundle}!a!b") == (bundle, "a!b")


@pytest.mark.parametrize("name", ["plain", "there!is", "none.zip!a"])
def test_another_path_names_none(tmp_path, name):
    (tmp_path / "there!is").touch()
    assert split(str(tmp_path / name)) is None


def test_names_are_those_of_the_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("logs/", b"")
        archive.writestr("logs/a.log", b"")
    assert names(str(tmp_path / "b.zip")) == ["logs/a.log"]


def test_a_damaged_zip_file_is_refused(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ZipError, match="the zip file is damaged"):
        names(str(tmp_path / "b.zip"))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_is_read_unpacked(tmp_path, method):
    with Member(packed(tmp_path / "b.zip", method=method, a=b"text" * 999), "a") as member:
        assert member.readable()
        assert (member.size, b"".join(iter(lambda: member.read(100), b""))) == (3996, b"text" * 999)


def test_a_member_that_is_not_there_is_refused(bundle):
    with pytest.raises(ZipError, match="the zip file has no such member"):
        Member(bundle, "c")


def test_another_method_is_refused(tmp_path):
    with pytest.raises(ZipError, match="compressed by method 12 of zip"):
        Member(packed(tmp_path / "b.zip", method=zipfile.ZIP_BZIP2, a=b"x"), "a")


def changed(path, place, byte):
    """Change a byte of both headers of the first member: `place` is counted in the central one."""
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + place] = byte
    path.write_bytes(data)


def test_an_encrypted_member_is_refused(tmp_path):
    packed(tmp_path / "b.zip", a=b"x")
    changed(tmp_path / "b.zip", 8, 1)
    with pytest.raises(ZipError, match="encrypted"):
        Member(str(tmp_path / "b.zip"), "a")


def test_headers_that_disagree_are_refused(tmp_path):
    packed(tmp_path / "b.zip", a=b"x")
    changed(tmp_path / "b.zip", 46, ord("z"))
    with pytest.raises(ZipError, match="the zip file is damaged: File name"):
        Member(str(tmp_path / "b.zip"), "z")


def test_damaged_data_raise(tmp_path):
    path = tmp_path / "b.zip"
    packed(path, method=zipfile.ZIP_STORED, a=b"text")
    path.write_bytes(path.read_bytes().replace(b"text", b"tent", 1))
    with Member(str(path), "a") as member, pytest.raises(ZipError, match="the zip data are damaged or cut: Bad CRC"):
        member.read(100)


def test_closing_twice_is_closing_once(bundle):
    member = Member(bundle, "a")
    member.close()
    member.close()
    assert member.closed


def test_a_bomb_takes_bounded_memory(tmp_path):
    path = packed(tmp_path / "b.zip", a=bytes(100 << 20))
    tracemalloc.start()
    try:
        with Member(path, "a") as member:
            assert sum(len(piece) for piece in iter(lambda: member.read(1 << 16), b"")) == 100 << 20
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()

"""Formats: found by name, suffix and first bytes; a module with `FORMATS` adds one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tlib_codec import EventCallDeleted, encode
from tlib_codec.formats import by_suffix, detect, formats, readable, writable
from tlib_fuzz.packets import pcap, pcapng

EXAMPLES = Path(__file__).parents[3] / "examples"
FRAME = encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))


def name_of(head, *, end=True):
    found = detect(head, end=end)
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (FRAME, "frames"),
        (b"junk" + FRAME, "frames"),
        (b"TL\0\0", "frames"),
        (pcap([]), "capture"),
        (pcap([], order=">", nano=True), "capture"),
        (pcapng([]), "capture"),
        (FRAME.hex().encode(), "hex"),
        (b"0000  54 4c 01 00 00 a2  TL....\n*\n", "hex"),
        (b'{"Event":60}', "jsonl"),
        (b"\xef\xbb\xbf {}", "jsonl"),
        ((EXAMPLES / "tserver.log").read_bytes()[:5000], "log"),
        ((EXAMPLES / "platform_sdk.log").read_bytes()[:5000], "log"),
        (b"hello", None),
        (b"", None),
        (b"12", None),
        (b'{"Event": \0', None),
        (b"54 4c 01\0", None),
        (b"PK\x03\x04", None),
    ],
)
def test_a_format_is_detected_by_the_first_bytes(head, name):
    assert name_of(head) == name


def test_a_line_of_hex_that_may_be_cut_is_not_judged():
    assert name_of(b"544c0100\nhel", end=False) == "hex"


def test_a_compressed_file_is_no_format():
    assert name_of(gzip.compress(FRAME)) is None


@pytest.mark.parametrize("name", sorted(writable()))
def test_the_suffixes_of_a_format_name_it(name):
    assert {by_suffix(f"calls{suffix.upper()}").name for suffix in formats()[name].suffixes} == {name}


@pytest.mark.parametrize("path", ["calls", "calls.xyz", "calls.hex", ""])
def test_another_suffix_names_no_format_that_can_be_written(path):
    assert by_suffix(path) is None


def test_a_suffix_is_looked_up_among_the_given_formats():
    assert by_suffix("calls.hex", readable()).name == "hex"


def test_every_format_can_be_read_or_written():
    assert set(readable()) | set(writable()) == set(formats())


def test_no_suffix_names_two_formats():
    suffixes = [suffix for one in formats().values() for suffix in one.suffixes]
    assert len(suffixes) == len(set(suffixes))


NEW = """
from tlib_codec.formats import Format
FORMATS = (Format(name={name!r}, title="shouts", suffixes=(".shout",), magic=(b"HEY",), read=lambda source, options: iter(())),)
"""


@pytest.fixture
def package(tmp_path):
    """The folder of a package of modules that `formats()` looks into."""
    import tlib_codec.formats as home

    home.__path__.append(str(tmp_path))
    formats.cache_clear()
    yield tmp_path
    home.__path__.remove(str(tmp_path))
    formats.cache_clear()
    for name in ("shout", "shout_again"):
        import sys

        sys.modules.pop(f"tlib_codec.formats.{name}", None)


def test_a_module_adds_a_format(package):
    (package / "shout.py").write_text(NEW.format(name="shout"))
    assert name_of(b"HEY you") == "shout"
    assert by_suffix("a.shout", readable()).name == "shout"


def test_two_formats_of_one_name_are_refused(package):
    (package / "shout_again.py").write_text(NEW.format(name="frames"))
    with pytest.raises(ValueError, match="two formats are named frames"):
        formats()

"""Encodings: which names are taken, and UTF-16 in pieces that end anywhere."""

from __future__ import annotations

import pytest

from tlib_codec.formats.encodings import checked, has_decoded, is_wide, transcoded


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("latin-1", "iso8859-1"), ("Windows-1252", "cp1252"), ("UTF8", "utf-8"), ("utf-16-le", "utf-16-le"), ("gbk", "gbk")],
)
def test_an_encoding_has_pythons_name(name, encoding):
    assert checked(name) == encoding


@pytest.mark.parametrize("name", ["rot13", "base64", "klingon", "cp037", "a\0b", "punycode"])
def test_a_name_that_is_no_encoding_of_a_log_is_refused(name):
    with pytest.raises(ValueError, match="expected the encoding of a text, such as utf-8"):
        checked(name)


@pytest.mark.parametrize(("encoding", "wide"), [("utf-16", True), ("utf-32-be", True), ("utf-8", False), ("cp1252", False)])
def test_a_line_feed_of_more_than_one_byte_is_wide(encoding, wide):
    assert is_wide(encoding) is wide


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_wide_text_in_pieces_of_any_size_becomes_utf_8(encoding, size):
    data = "René \U0001f600\n".encode(encoding)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert b"".join(transcoded(pieces, encoding)).decode() == "René \U0001f600\n"


def test_half_a_character_becomes_the_replacement_character():
    assert b"".join(transcoded([b"a\0b"], "utf-16-le")).decode() == "a\ufffd"


@pytest.mark.parametrize(("text", "decoded"), [("abc", False), ("a\udce9", False), ("é", True), ("é\udce9", True)])
def test_a_character_beyond_ascii_is_decoded_and_an_escaped_byte_is_not(text, decoded):
    assert has_decoded(text) is decoded

"""The encoding of a log: UTF-8, Windows-1252 where a line is not, and others by name."""

from __future__ import annotations

import pytest
from logtext import codes, records

from tlib_codec.formats.logs.reader import read_log
from tlib_schemas.errors import Severity

HEAD = b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"


def read(data, **options):
    return list(read_log([data], **options))


def this_dn(value, **options):
    """Return the text of ThisDN that a log prints as these bytes."""
    (record,) = records(read(HEAD + b"\tAttributeThisDN\t'" + value + b"'\n", **options))
    return record.item.attributes["ThisDN"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"7001", "7001"),
        ("Renée €".encode(), "Renée €"),
        ("Renée €".encode("cp1252"), "Renée €"),
        (b"\x81", "\udc81"),
        ("é".encode() + b"\xe9", "é\udce9"),
    ],
    ids=["ascii", "utf-8", "windows-1252", "no character of windows-1252", "damaged utf-8"],
)
def test_text_is_utf_8_and_windows_1252_where_it_is_not(value, text):
    assert this_dn(value) == text


@pytest.mark.parametrize(
    ("encoding", "value", "text"),
    [
        ("latin-1", b"Ren\xe9e \x80", "Renée \x80"),
        ("utf-8", b"Ren\xe9e", "Ren\udce9e"),
        ("cp1251", "Анна".encode("cp1251"), "Анна"),
        ("ascii", b"\xe9", "\udce9"),
        ("shift-jis", "山".encode("shift-jis"), "山"),
    ],
)
def test_a_named_encoding_is_taken(encoding, value, text):
    assert this_dn(value, encoding=encoding) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("kind", [None, "tserver"])
def test_wide_text_is_read_by_the_name_of_its_encoding(encoding, kind):
    text = HEAD.decode() + "\tAttributeThisDN\t'René'\n"
    (record,) = read(text.encode(encoding), encoding=encoding, kind=kind)
    assert record.item.attributes["ThisDN"] == "René"


OTHER = HEAD + b"\tAttributeThisDN\t'\xe9'\n\tAttributeOtherDN\t'\xe8'\n"


def test_windows_1252_is_announced_once():
    assert codes(read(OTHER * 2)) == ["log-encoding"]


def test_the_announcement_names_the_first_line():
    assert read(OTHER)[0].origin.line == 2


def test_the_announcement_is_a_warning():
    assert read(OTHER)[0].severity is Severity.WARNING


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_named_encoding_is_not_announced(encoding):
    assert codes(read(OTHER, encoding=encoding)) == []


def test_a_name_that_is_no_encoding_is_refused():
    with pytest.raises(ValueError, match="expected the encoding of a text"):
        read_log([], encoding="klingon")

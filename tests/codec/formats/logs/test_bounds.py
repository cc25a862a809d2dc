"""Hostile and endless logs: memory has a bound, any chunking gives the same, nothing is raised."""

import io
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logtext import codes, read, records

from tlib_codec.formats.logs.lines import LogLimits
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Diagnostic, Record

HEAD = b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"
SMALL = LogLimits(line=40, message=200, problems=3)


def endless(piece, size):
    return itertools.repeat(piece, size // len(piece))


def peak(file, **options):
    """The most memory that reading takes, and the types of what it yields."""
    tracemalloc.start()
    try:
        kinds = [type(entry) for entry in read_log(file, **options)]
        return tracemalloc.get_traced_memory()[1], kinds
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["tserver", "platform-sdk"])
@pytest.mark.parametrize(
    "before",
    [b"", HEAD, HEAD + b"\tAttributeThisDN\t'", b"'EventDNDOn' ('77')\nmessage attributes:\nAttributeThisDN [str] = \""],
)
@pytest.mark.parametrize("piece", [b"x" * 65536, b"'" * 65536, b" " * 65536, b"' " * 32768, b"\t\t'k'(list) " * 5000])
def test_an_endless_line(kind, before, piece):
    chunks = itertools.chain([before], endless(piece, 6_000_000), [b"\n\n" + HEAD])
    memory, kinds = peak(chunks, kind=kind)
    assert memory < 12_000_000
    assert kinds


@pytest.mark.parametrize(
    "piece",
    [
        b"\t\t'k'\t'v'\n",
        b"\t\t'k'\t1\n",
        b"\t\t'k'(list) \n",
        b"\t\t'k'(list) 'a'(list) 'b'(list) 'v'\t1\n",
        b"'k'(list)\n",
        b"\t\t'k'\t'open\n",
        b"\tnoise\n",
        b"\tAttributeNovel\t1\n",
        b"\tAttributeThisDN\t'1'\n",
        b"\tAttributeThisDN\t'open\n",
    ],
)
def test_an_endless_message(piece):
    chunks = itertools.chain([HEAD + b"\tAttributeUserData\t[9]\n"], endless(piece * 100, 150_000), [b"\n", HEAD])
    memory, kinds = peak(chunks, limits=LogLimits(message=16384))
    assert memory < 2_000_000
    assert kinds.count(Record) == 2


def test_an_endless_value():
    chunks = itertools.chain([HEAD + b"\tAttributeThisDN\t'"], endless(b"text\n\n" * 100, 150_000), [HEAD])
    memory, kinds = peak(chunks, limits=LogLimits(message=16384))
    assert memory < 2_000_000
    assert kinds.count(Record) == 2


def test_many_new_names():
    chunks = (HEAD + f"\tAttributeNovel{i}\t1\n\n".encode() for i in range(3000))
    memory, kinds = peak(chunks)
    assert memory < 1_500_000  # the list of kinds itself
    assert len(kinds) == 3000


def test_a_line_beyond_its_limit_is_a_diagnostic_at_its_place():
    (found,) = read(b"x" * 41 + b"\n", limits=SMALL)
    assert (found.code, found.origin.line, found.origin.offset) == ("log-line-too-long", 1, 0)


def test_a_line_beyond_its_limit_does_not_end_the_message_it_stands_in():
    text = b"message EventDNDOn\n\tAttributeCallID\t7\n" + b"\t" + b"y" * 40 + b"\n\tAttributeANI\t'5'\n" + b"z" * 41
    record, *found = read(text, limits=SMALL, kind="tserver")
    assert record.item.attributes == {"CallID": 7, "ANI": "5"}
    assert [one.origin.line for one in found] == [3, 5]


REPEATED = b"message EventDNDOn\n" + b"\tAttributeCallID\t7\n" * 30 + b"\nmessage EventACK\n\tAttributeCallID\t7\n"


def test_a_message_gives_a_bounded_number_of_diagnostics():
    found = read(REPEATED, limits=SMALL)
    assert codes(found) == ["log-duplicate-attribute"] * 3 + ["log-more-problems"]
    assert found[4].actual == "7 more"


def test_the_rest_of_a_message_beyond_its_limit_is_skipped():
    _, after = records(read(REPEATED, limits=SMALL))
    assert after.item.attributes == {"CallID": 7}


def test_a_value_beyond_the_limit_of_a_message_is_cut():
    found = read(b"message EventDNDOn\n\tAttributeANI\t'\n" + b"more\n" * 100, limits=SMALL)
    assert codes(found) == ["log-message-too-long", "log-unclosed-quote"]


SAMPLE = (
    b"\xef\xbb\xbf"
    + HEAD
    + b"\tAttributeThisDN\t'caf\xe9\nb'\n\tAttributeUserData\t[9] 00 02 00 00..\n\t\t'n'(list) \n\t\t\t'k'\t'v'\n\t\t'b'\t2\n\tnoise\n\n"
    + b"x" * 60
    + b"\n\tAttributeANI\t'5'\n"
    + HEAD
    + b"\tAttributeANI\t'5'"
)


@given(st.lists(st.integers(0, len(SAMPLE)), max_size=12))
def test_any_chunking_gives_the_same(cuts):
    edges = [0, *sorted(cuts), len(SAMPLE)]
    chunks = [SAMPLE[a:b] for a, b in itertools.pairwise(edges)]
    limits = LogLimits(line=80)
    assert list(read_log(chunks, limits=limits)) == list(read_log(io.BytesIO(SAMPLE), limits=limits))


def test_a_file_is_read_in_pieces_and_a_mark_at_its_beginning_dropped():
    places = [(one.origin.line, one.origin.offset) for one in records(read_log(io.BytesIO(SAMPLE)))]
    assert places == [(1, 0), (12, SAMPLE.rfind(HEAD))]


def test_an_attribute_without_a_header_is_a_diagnostic_at_its_place():
    (orphan,) = (one for one in read(SAMPLE) if isinstance(one, Diagnostic) and one.code == "log-orphan")
    assert (orphan.origin.line, orphan.origin.offset) == (11, SAMPLE.find(b"\tAttributeANI"))


LINES = st.sampled_from(
    [
        HEAD.decode(),
        "message EventRegistered\n",
        "'EventDNDOn' ('77')\n",
        "message attributes:\n",
        "\n",
        "\tAttributeThisDN\t'",
        "\tAttributeUserData\t[9] 00 01",
        "AttributeUserData [bstr] = KVList: ",
        "\t\t'k'\t'v'\n",
        "\t\t'k'(list) ",
        "\t\t'k' [str] = \"v",
        "\tAttributePartyID\t",
        "12",
        "'",
        '"',
        "\r\n",
        "@23:59:59.999 ",
        "2015-02-30T00:00:00.000 ",
        "(text)",
        "\tAttributeConnID ",
    ]
)


@given(st.lists(LINES | st.text(max_size=8), max_size=30).map("".join), st.sampled_from(["tserver", "platform-sdk"]))
def test_any_text_is_read(text, kind):
    data = text.encode("utf-8", "surrogatepass")
    for entry in read(data, kind=kind):
        assert isinstance(entry, Record | Diagnostic)
        assert 1 <= entry.origin.line <= data.count(b"\n") + 1
        if isinstance(entry, Diagnostic):
            assert "\n" not in str(entry)
            assert entry.advice


def test_long_headers_are_not_kept():
    chunks = (f"@16:45:24.5942 [0] {i:06d}{'x' * 50_000}: message EventDNDOn\n\n".encode() for i in range(300))
    memory, kinds = peak(chunks)
    assert memory < 3_000_000
    assert len(kinds) == 300

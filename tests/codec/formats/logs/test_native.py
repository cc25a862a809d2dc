"""Logs as frames by the C: what the frames hold, which units it asks Python for, and its limits."""

import zoneinfo

import pytest
from logtext import agree
from own import OWN

from tlib_codec import encode, native
from tlib_codec.formats import logs
from tlib_codec.formats.logs.lines import LogLimits
from tlib_codec.formats.logs.native import characters_of
from tlib_codec.formats.logs.parts import parts
from tlib_codec.records import Diagnostic, Flow, Frames, Record
from tlib_codec.stats import Units
from tlib_fuzz.selfcheck.logs import Case, difference
from tlib_schemas.tlibrary import TLIBRARY

pytestmark = pytest.mark.skipif(native.extension("text") is None, reason="the native engine is not built, or does not run")

HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n"
HOOK = f"{HEAD}\tAttributeThisDN\t'2001'\n\n"


def read(text, *, size=None, registry=TLIBRARY, **options):
    """Return the parts of a log that comes in pieces of `size` bytes, and the units."""
    data = text.encode("utf-8", "surrogateescape")
    units = Units()
    size = size or max(1, len(data))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    found = list(parts(pieces, registry=registry, name="x.log", kind="tserver", units=units, **options))
    return [one for one in found if one is not None], units


def the_frames(text, **options):
    (frames,), _ = read(text, **options)
    assert isinstance(frames, Frames)
    return frames


def asked(text, **options):
    """Return why Python is asked, and check that it gives the same as without the C."""
    agree(text.encode("utf-8", "surrogateescape"), **options)
    return read(text, **options)[1].asked


def test_the_frame_is_the_canonical_encoding():
    frames = the_frames(HOOK)
    (record,) = frames.records(TLIBRARY)
    assert frames.data == encode(record.item)


def test_frames_of_a_log_are_printed():
    assert the_frames(HOOK).printed


def test_a_frame_has_its_line_and_offset():
    (origin,) = the_frames("text\n" + HOOK).origins()
    assert (origin.line, origin.offset) == (2, 5)


def test_a_flow_is_known_by_direction_peer_and_version():
    frames = the_frames(HOOK + HOOK + "@16:45:24.5942 [0] 8.1.101.25 received from 65200(URS): message EventOnHook\n\n")
    assert frames.flow_table == [
        Flow(direction="sent", version="8.1.101.25"),
        Flow(direction="received", peer="65200(URS)", version="8.1.101.25"),
    ]


def test_more_flows_than_a_run_holds():
    text = "".join(f"@16:45:24.5942 [0] 8.1.1 received from {n}(A): message EventOnHook\n\tAttributeThisDN\t'1'\n\n" for n in range(3000))
    found, _ = read(text, size=1 << 16)
    peers = [origin.peer for frames in found for origin in frames.origins()]
    assert peers == [f"{n}(A)" for n in range(3000)]


def test_more_messages_than_a_run_holds():
    found, _ = read(HOOK * 9000)
    assert sum(map(len, found)) == 9000


def test_a_message_over_two_pieces_is_one_frame():
    found, _ = read(HOOK + HOOK, size=len(HOOK) - 10)
    assert sum(map(len, found)) == 2


def test_a_frame_comes_out_before_the_reader_waits():
    gives = parts(iter([HOOK.encode(), b"\n"]), registry=TLIBRARY, name="x.log", kind="tserver")
    assert isinstance(next(gives), Frames)
    assert next(gives) is None


def test_an_attribute_without_a_number_is_a_note():
    (record,) = the_frames(f"{HEAD}\tAttributeMystery\t'x'\n").records(TLIBRARY)
    assert record.unnumbered == {"AttributeMystery": "'x'"}


def test_bytes_that_are_not_utf_8_stay_in_a_note():
    frames = the_frames(f"{HEAD}\tAttributeMystery\t'\udcff'\n", encoding="utf-8")
    assert b"\xff" in frames.notes


def test_the_explanation_is_a_note():
    (record,) = the_frames(f"{HEAD}\t(Invalid DN)\n").records(TLIBRARY)
    assert record.origin.text == "Invalid DN"


@pytest.mark.parametrize(
    "attribute",
    [
        "DNIS\t'two\nlines'",
        "ThisDN '2001'  \r",
        "ConnID\t6C02462A161006 [x]",
        "CallType\tInbound",
        "CallType\t2 [Inbound]",
        "#4711\t[2] 00 ff",
        "#4712\t00000000000000ff",
        "Mystery\t[33] 00 01 ..\n\t\t'a'\t'b'",
        "UserData\t[2] 00 00",
        "UserData\t[68] 00 01 ..\n\t\t'l'(list) 'm'(list)\n\t\t\t\t'd'\t[2] 00 01\n\t\t\t\t'n'\t-5",
        "Extensions\t[68] 00 01 .. 'k'\t'v'",
        "UserData\t[68] 00 02 ..\n'l'(list)\n'a' '1'\n'b' 2",
        "ThisDN\t'1'\n\tAttributeThisDN\t'2'",
        "UserData\t[68] 00 01 ..\n\t\t'a'\t'1'\n\tAttributeUserData\t[68] 00 01 ..\n\t\t'b'\t'2'",
        "NodeID\tseven",
        "NodeID\t99999999999\n\tAttributeNodeID\t7",
        "ThisDN\t'1'\n@16:45:24.600 another thread\n\tAttributeANI\t'2'",
        "UserData\t[68] 00 02 ..\n\t\t'a'\t'1'\n16:45:24.600 another thread\n\t\t'b'\t'2'",
        "Mystery\t[68] 00 02 ..\nanother thread\nand one more\n\t\t'b'\t'2'",
        "ThisDN\t'1'\nanother thread\nthat says more",
    ],
)
def test_the_c_reads_it(attribute):
    assert asked(f"{HEAD}\tAttribute{attribute}\n") == {}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("value", f"{HEAD}\tAttributeThisDN\t2001\n\n"),
        ("value", f"{HEAD}\tAttributeThisDN\t'2001\n\tAttributeANI\t'1'\n\n"),
        ("list", f"{HEAD}\tAttributeUserData\t[68] 00 03 ..\n\t\t'a'\t'1'\n\n"),
        ("line", f"{HEAD}\tAttributeThisDN\t'1'\n\tno attribute\n\n"),
        ("line", f"{HEAD}\tAttributeThisDN\t'1'\nanother thread\n\tAttributeMystery\n\tAttributeMystery\n\n"),
        ("header", "Server: Switch 'S' -> 'EventOnHook'\n    ThisDN 2001\n\n"),
        ("message without a number", "@16:45:24.5942 [0] 8.1.1 distribute_event: message EventPrivate\n\tAttributeThisDN\t'1'\n\n"),
        ("clock", f"9999-12-31T{HEAD[1:]}\n"),
        ("attribute without a message", "\tAttributeThisDN\t'1'\n"),
    ],
)
def test_the_c_asks(reason, text):
    assert asked(text) == {reason: 1}


def test_a_diagnostic_stands_behind_its_message():
    again = HOOK.replace("\n\n", "\n\tAttributeThisDN\t'2002'\n\n")
    found, _ = read(HOOK + again + HOOK)
    assert [len(one) if isinstance(one, Frames) else one.code for one in found] == [2, "log-duplicate-attribute", 1]


def test_an_attribute_of_a_message_whose_header_is_lost_is_asked_for():
    text = f"{HEAD}\tAttributeThisDN\t'1'\nanother thread\n\tAttributeThisDN\t'2'\n\n"
    assert asked(text) == {"line": 1}


def test_more_wrong_lines_than_the_limit_are_asked_for():
    again = "\tAttributeThisDN\t'2002'\n"
    assert asked(HOOK[:-1] + again + again + "\n", limits=LogLimits(problems=1)) == {"size": 1}


def test_more_stray_lines_than_the_limit_are_asked_for():
    text = HOOK[:-1] + "another thread\nanother thread\n\tAttributeANI\t'1'\n\n"
    assert asked(text, limits=LogLimits(problems=1)) == {"size": 1}


def test_the_first_line_that_is_not_utf_8_is_asked_for():
    assert asked(f"\n\udcfc\n\udcfc\n{HOOK}") == {"encoding": 1}


def test_after_the_first_line_the_c_reads_windows_1252():
    found, _ = read(f"\n\udcfc\n{HEAD}\tAttributeANI\t'\udc80'\n")
    assert "€".encode() in found[1].data


def test_the_c_goes_on_at_the_header_that_ends_an_asked_message():
    text = f"{HEAD}\tAttributeThisDN\t2001\n" + HOOK.rstrip("\n") + "\n" + HOOK
    units = read(text)[1]
    assert (units.native, units.asked) == (2, {"value": 1})


def test_a_date_that_an_event_gives_while_the_next_header_is_read():
    event = f"{HEAD}\tAttributeTimeinSecs\t1432917924\n"
    assert asked(event + event + "\n") == {"clock": 1}


@pytest.mark.parametrize(
    "header",
    [
        "Local time:      2015-05-29T16:45:24\nUTC time:        2015-05-29T14:45:24\n",
        "Local time: 2015-05-29 16:45:24.123 and more\nUTC time:2015-05-29T17:01:24\n",
        "UTC time: 2015-05-29T14:45:24\n",
        "Local time: 2015-05-29T16:45:24\nUTC time: 2015-06-29T14:45:24\n",
        "Local time: 2015-05-29T16:45:24\nLocal time: 2015-02-29T16:45:24\nUTC time: 2015-05-29T14:45:60\n",
        "Local time: today\n",
        "Local time: 2015-05-29T16:45\n",
    ],
)
def test_the_c_reads_the_times_of_a_header(header):
    assert asked(f"text\n{header}text\n{HOOK}") == {}


def test_python_knows_the_header_that_the_c_has_read():
    text = f"Local time: 2015-05-29T16:45:24\n{HEAD}\tAttributeThisDN\t2001\n\nUTC time: 2015-05-29T14:45:24\n{HEAD}\tAttributeThisDN\t2001\n\n"
    assert asked(text) == {"value": 2}


def test_times_follow_from_the_zone_that_the_caller_names():
    frames = the_frames(f"2015-05-29T{HOOK[1:]}", zone=zoneinfo.ZoneInfo("Europe/Paris"))
    (origin,) = frames.origins()
    assert origin.local_time - origin.time == 7200 * 1_000_000_000


def test_a_line_beyond_the_limit_is_a_diagnostic():
    found, _ = read("x" * 300 + "\n" + HOOK, size=50, limits=LogLimits(line=100))
    assert [one.code for one in found if isinstance(one, Diagnostic)] == ["log-line-too-long"]


def test_a_message_behind_a_long_line_has_its_offset():
    found, _ = read("x" * 300 + "\n" + HOOK, size=50, limits=LogLimits(line=100))
    (origin,) = found[1].origins()
    assert origin.offset == 301


def test_a_message_beyond_the_limit_is_asked_for():
    assert asked(HOOK, limits=LogLimits(message=10)) == {"size": 1}


def test_text_of_the_platform_sdk_is_read_in_python():
    data = b"'EventOnHook' ('87')\nmessage attributes:\nAttributeThisDN [str] = \"2001\"\n"
    assert isinstance(list(parts([data], registry=TLIBRARY, name="x.log"))[1], Record)


def test_an_encoding_that_the_c_does_not_know_is_read_in_python():
    assert isinstance(next(parts([HOOK.encode()], registry=TLIBRARY, name="x.log", encoding="shift_jis")), Record)


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-7", "hz", "iso2022_jp", "unicode_escape", "cp932"])
def test_only_encodings_of_one_byte_a_character_are_read_in_c(encoding):
    assert characters_of(encoding) is None


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-1", "cp1251", "koi8-r"])
def test_encodings_of_one_byte_a_character_are_read_in_c(encoding):
    _, characters = characters_of(encoding)
    assert b"".join(characters) == bytes(range(0x80, 0x100)).decode(encoding, "surrogateescape").encode("utf-8", "surrogateescape")


def test_utf_16_is_transcoded():
    data = HOOK.encode("utf-16-le")
    (frames,) = (one for one in parts([data], registry=TLIBRARY, name="x.log", encoding="utf-16-le") if one is not None)
    assert len(frames) == 1


def test_without_the_extension_the_python_reader_serves(monkeypatch):
    monkeypatch.setattr(logs.parts.native, "extension", lambda _: None)
    assert isinstance(next(parts([HOOK.encode()], registry=TLIBRARY, name="x.log")), Record)


def test_a_wrong_server_is_refused():
    with pytest.raises(ValueError, match="unsigned 32-bit integer, not -1"):
        parts([b""], registry=TLIBRARY, name="x.log", server=-1)


def test_an_encoding_with_bytes_that_stand_for_nothing_is_read_in_python():
    assert characters_of("iso8859-7") is None  # its byte FF would begin a character of UTF-8


def test_values_of_a_callers_own_construct_are_asked_for():
    number = next(number for number, attribute in OWN.dictionary.items() if attribute.value is not None and not attribute.value.standard)
    text = f"@16:45:24.594 [0] 8.1.1 distribute_event: message Ping\n\tAttribute#{number}\t1\n"
    assert asked(text, registry=OWN) == {"value": 1}


def test_only_times_that_need_the_zone_are_converted():
    stamped = f"2015-05-29T{HOOK[1:]}"
    learned = stamped.replace("\n\n", "\n\tAttributeTimeinSecs\t1432910724\n\n")
    frames = the_frames(stamped + learned + stamped, zone=zoneinfo.ZoneInfo("Asia/Tokyo"))
    assert [(origin.local_time - origin.time) // 3_600_000_000_000 for origin in frames.origins()] == [9, 2, 2]


def odd_peers(count):
    return "".join(f"@16:45:24.5942 received from 7(host{n}): message EventFoo\n\tAttributeThisDN\t'1'\n\n" for n in range(count))


def test_more_peers_than_a_run_has_place_for_do_not_stop_the_reader():
    agree(odd_peers(1_200).encode())


def test_a_peer_after_many_keeps_its_name():
    good = "@16:45:24.5942 received from 7({}): message EventRinging\n\tAttributeThisDN\t'1'\n\n".format
    found, _ = read(good("first") + odd_peers(1_100) + good("last"))
    peers = [one.flow_table[memoryview(one.flows).cast("I")[0]].peer for one in found if isinstance(one, Frames)]
    assert peers == ["7(first)", "7(last)"]


@pytest.mark.parametrize("head", [HEAD, HEAD + "\tAttributeConnID\tx\n"], ids=["C", "Python"])
def test_a_long_line_in_pieces_of_a_byte_is_read_once(head):
    text = f"{head}\tAttributeThisQueue\t'{'x' * 2_000}'\n\n{HOOK}"
    assert difference(Case(text.encode(), range(1, len(text)))) is None

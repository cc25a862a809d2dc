"""T-Server text: every form of header and line, and what is reported where a line is wrong."""

import logtext
import pytest
from logtext import codes, records

from tlib_codec import (
    AttributeID,
    EventCallCreated,
    EventRegistered,
    InvalidEvent,
    KVList,
    MessageType,
    RawValue,
    TCallType,
    UnknownEvent,
    decode,
    encode,
)
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.records import Record

HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"


def read(text, **options):
    return logtext.read(text, kind="tserver", **options)


def message(text, **options):
    return logtext.message(text, kind="tserver", **options)


def one(text, **options):
    return logtext.one(text, kind="tserver", **options)


def attributes(body, **options):
    return dict(one(HEAD + body, **options).item.attributes)


CREATED = (
    "@16:45:24.5942 [0] 8.1.101.25 distribute call/party event: message EventCallCreated\n"
    "\tAttributeEventSequenceNumber\t00000000000000a1\n"
    "\tAttributeTimeinuSecs\t594200\n"
    "\tAttributeTimeinSecs\t1432917924 (16:45:24)\n"
    "\tAttributeCallType\t2\n"
    "\tAttributeConnID\t006c02462a161006\n"
    "\tAttributeCallUUID\t'01FES9JKSOFQLEKK3CSH5B5AES00JV1U'\n"
    "\tAttributeUserData\t[34] 00 01 00 00..\n"
    "\t\t'RTargetAgentGroup'\t'VAG_Skill1'\n"
    "\tAttributeANI\t'5551000'\n\n"
)


def test_a_message_becomes_the_event_of_its_frame():
    event = one(CREATED).item
    assert isinstance(event, EventCallCreated)
    assert decode(encode(event)) == event


def test_values_become_those_of_the_event():
    event = one(CREATED).item
    assert event.call_type is TCallType.Inbound
    assert event.user_data == KVList({"RTargetAgentGroup": "VAG_Skill1"})
    assert event.extra["EventSequenceNumber"] == 0xA1


def test_a_header_tells_the_origin():
    origin = one(CREATED).origin
    assert (origin.line, origin.offset, origin.version, origin.direction) == (1, 0, "8.1.101.25", "sent")


def test_a_record_of_a_log_has_no_frame():
    assert one(CREATED).frame is None


@pytest.mark.parametrize(
    ("header", "direction", "peer"),
    [
        ("@16:45:24.5942 [0] 8.1.101.25 distribute_event: message {}\n", "sent", ""),
        ("@16:45:24.5942 [0] 8.1.101.25 distribute call/party event: message {}\n", "sent", ""),
        ("@16:45:24.5942 [0] 8.1.101.25 send_to_client: message {}\n", "sent", ""),
        (
            "2015-05-29T12:21:16.438 Trc 04541 {0} received from [66] (0e85 C 10.1.1.1:4)\nmessage {0}\n",
            "received",
            "[66] (0e85 C 10.1.1.1:4)",
        ),
        ("@12:21:16.4386 [BSYNC] Trace: Send to backup (SIPS_B) [20]:\nmessage {}\n", "sent", "backup (SIPS_B) [20]"),
        ("@12:21:16.4386 [ISCC] Received from server hill: message {}\n", "received", "server hill"),
        ("received from 65200(NAME)host:3000(fd=512) message {}\n", "received", "65200(NAME)host:3000(fd=512)"),
        ("12:21:16.438_T_I_ [14:32] received from 65200(NAME)host:3000 message {}\n", "received", "65200(NAME)host:3000"),
        ("request to 65200(NAME) message {}\n", "sent", "65200(NAME)"),
        ("message {}\n", "", ""),
    ],
)
def test_headers(header, direction, peer):
    record = one(header.format("RequestQueryCall") + "\tAttributeThisDN\t'123'\n")
    assert record.item == UnknownEvent(MessageType.RequestQueryCall, {"ThisDN": "123"})
    assert (record.origin.direction, record.origin.peer) == (direction, peer)
    assert record.origin.line == header.count("\n")


def test_trailers_and_talk_are_skipped():
    record = one(
        "Local time: 2015-05-29T12:00:00.000\n"
        + HEAD
        + "\tAttributeThisDN\t'1'\n"
        + '2015-05-29T12:21:16.438 Int 04545 Interaction message "EventDNDOn" sent to 65200 ("ICON")\n'
        "2015-05-29T12:21:16.438 Trc 04542 EventDNDOn sent to [24] (0e85 C 10.1.1.1:4)\n"
        "We then sent him a message saying hello\nthe message EventRinging\nA note: message EventRinging\n"
        "@12:00:00.1234 SIPTR: sends message INVITE\n@12:00:00.1234 SIPTR: message INVITE\n\nmessage of the day:\n"
    )
    assert record.item.attributes == {"ThisDN": "1"}


def test_a_message_without_attributes_counts_where_a_log_line_says_so():
    assert one("@16:45:24.5942 [0] 8.1.101.25 send_to_client: message EventDNDOff\n").item == UnknownEvent(MessageType.EventDNDOff)
    assert read("message EventDNDOff\n") == []


@pytest.mark.parametrize("end", ["\n", "@16:45:24.5942 [0] talk\n", "unindented talk\n", "  " + HEAD])
def test_where_a_message_ends(end):
    first = read(HEAD + "\tAttributeThisDN\t'1'\n" + end)[0]
    assert first.item.attributes == {"ThisDN": "1"}


def test_two_messages_without_an_empty_line():
    assert [record.origin.line for record in read((HEAD + "\tAttributeThisDN\t'1'\n") * 2)] == [1, 3]


@pytest.mark.parametrize("space", ["\t{}\t{}", "{} {}", "    {}    {}", " {}\xa0{}"])
def test_any_white_space(space):
    body = "".join(space.format(name, value) + "\n" for name, value in [("AttributeThisDN", "'1'"), ("AttributeCallID", "7")])
    assert attributes(body) == {"ThisDN": "1", "CallID": 7}


def test_carriage_returns():
    text = HEAD + "\tAttributeThisDN\t'a\n b'\n\tAttributeCallID\t7\n\tAttributeUserData\t[9] 00 01 00 00..\n\t\t'k'\t'v'\n\n"
    record = one(text.replace("\n", "\r\n"))
    assert record.item == one(text).item
    assert record.item.attributes["ThisDN"] == "a\n b"
    assert attributes("\tAttributeThisDN\t'a\r\nb'\n") == {"ThisDN": "a\r\nb"}


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("AttributeThisDN\t''", "ThisDN", ""),
        ("AttributeThisDN\t'it's'", "ThisDN", "it's"),
        ("AttributeThisDN\t''quoted''", "ThisDN", "'quoted'"),
        ("AttributeThisDN\t'trail'  ", "ThisDN", "trail"),
        ("AttributeThisDN\t'a\nb\n\n c'", "ThisDN", "a\nb\n\n c"),
        ("AttributeThisDN\t'\n'", "ThisDN", "\n"),
        ("AttributeReferenceID\t4294967295", "ReferenceID", -1),
        ("AttributeReferenceID\t-1", "ReferenceID", -1),
        ("AttributeCallID\t-1", "CallID", 4294967295),
        ("AttributeCallID\t3000000000", "CallID", 3000000000),
        ("AttributeTimeinSecs\t1432917924 (16:45:24)", "TimeinSecs", 1432917924),
        ("AttributeConnID\t006C02462A161006", "ConnID", "006c02462a161006"),
        ("AttributeConnID\t890", "ConnID", "0000000000000890"),
        ("AttributeEventSequenceNumber\t0000000000000010", "EventSequenceNumber", 16),
        ("AttributeEventSequenceNumber\tf000000000000010", "EventSequenceNumber", 0xF000000000000010),
        ("AttributeNetworkCallID\t12345", "NetworkCallID", 12345),
        ("AttributeNetworkCallID\t1234567890123456", "NetworkCallID", 1234567890123456),
        ("AttributeCallType\tOutbound", "CallType", TCallType.Outbound),
        ("AttributeCallType\t77", "CallType", 77),
        ("AttributeUserEvent\tEventQueued", "UserEvent", MessageType.EventQueued),
        ("AttributeXRouteType\t4294967295", "XRouteType", -1),
        ("AttributeCallUuid\t'x'", "CallUUID", "x"),
        ("Attributecalluuid\t'x'", None, None),
        ("AttributeTHISDN\t'x'", "ThisDN", "x"),
        ("ISCCAttributeThisDN\t'x'", "ThisDN", "x"),
        ("AttributeAddressInfoType\t17", "InfoType", 17),
        ("AttributeReason\t[2] 00 00..", "Reasons", KVList()),
        ("AttributeInputMask\t[2] 0a ff", "InputMask", b"\x0a\xff"),
        ("Attribute#9\t890", "ConnID", "0000000000000890"),
        ("Attribute#700\t'x'", "#700", RawValue(0, b"x")),
        ("AttributePartyID\t'\udcff'", "PartyID", RawValue(0, b"\xff")),
        ("AttributePartyID\t5", "PartyID", RawValue(1, b"\0\0\0\5")),
        ("AttributePartyID\t-1", "PartyID", RawValue(1, b"\xff" * 4)),
        ("AttributePartyID\t4294967296", "PartyID", RawValue(6, b"\0\0\0\1\0\0\0\0")),
        ("AttributePartyID\t006c02462a161006", "PartyID", RawValue(6, bytes.fromhex("006c02462a161006"))),
        ("AttributePartyID\t[1] 07", "PartyID", RawValue(2, b"\x07")),
        ("AttributePartyID\t[9] 00 01 00 00..\n\t\t'k'\t'v'", "PartyID", RawValue(3, bytes.fromhex("0001 00 0001 0001 6b 76"))),
    ],
)
def test_values(line, name, value):
    if name is None:  # a word that only begins like an attribute's name
        assert one(HEAD + "\tAttributeANI\t'1'\n" + line + "\n").item.attributes == {"ANI": "1"}
    else:
        assert attributes(f"\t{line}\n") == {name: value}


def test_names_without_a_number_are_kept_aside():
    record = one(
        HEAD + "\tAttributePropagatedCallType\t2\n\tAttributeNovel\t'a\nb'\n"
        "\tAttributeNovelList\t[9] 00 01 00 00..\n\t\t'k'\t'v'\n\tAttributePropagatedCallType\t3\n\tAttributeThisDN\t'1'\n\n"
    )
    assert record.item.attributes == {"ThisDN": "1"}
    assert record.unnumbered == {
        "AttributePropagatedCallType": "2",
        "AttributeNovel": "'a\nb'",
        "AttributeNovelList": "[9] 00 01 00 00..\n'k'\t'v'",
    }


def test_unknown_messages():
    text = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message {}\n\tAttributeThisDN\t'1'\n\tAttributeCallID\t7\n"
    assert one(text.format("EventFromTheFuture")).item == UnknownEvent("EventFromTheFuture", {"CallID": 7, "ThisDN": "1"})
    assert list(one(text.format("EventFromTheFuture")).item.attributes) == ["CallID", "ThisDN"]
    assert one(text.format("200")).item == UnknownEvent(200, {"CallID": 7, "ThisDN": "1"})
    assert one(text.format("70000")).item.message == "70000"


def test_an_event_that_its_table_refuses():
    record = one(HEAD.replace("EventDNDOn", "EventCallCreated") + "\tAttributeConnID\t006c02462a161006\n")
    assert isinstance(record.item, InvalidEvent)
    assert [violation.attribute for violation in record.item.violations] == ["CallUUID"]


REGISTERED = "message EventRegistered\n\tAttributeThisDN\t'S::'\n\tAttributeTimeinSecs\t1\n\tAttributeReferenceID\t2\n\tAttributeExtensions\t[2] 00 00..\n\tAttributeAddressInfoType\t8\n"


@pytest.mark.parametrize(
    ("before", "options", "server"),
    [
        ("@16:45:24.5942 [0] 8.1.101.25 distribute_event: ", {}, None),
        ("@16:45:24.5942 [0] 8.1.101.25 distribute_event: ", {"server": 7}, 7),
        ("received from 65200(NAME)host:1(fd=) ", {"server": 7}, 65200),
        ("received from 65200(NAME)host:1(fd=) ", {}, 65200),
    ],
)
def test_server_is_that_of_the_header_or_of_the_option_or_absent(before, options, server):
    item = one(before + REGISTERED, **options).item
    assert isinstance(item, EventRegistered)
    assert item.server == server


def test_server_is_supplied_nowhere_else():
    assert "Server" not in one(HEAD + "\tAttributeThisDN\t'1'\n", server=7).item.attributes
    assert one("received from 65200(NAME)h:1(fd=) message EventDNDOn\n\tAttributeServer\t5\n").item.attributes == {"Server": 5}
    assert AttributeID.Server == 0x8001


def test_the_words_of_an_error_are_the_text_of_the_origin():
    record, _ = message(HEAD.replace("EventDNDOn", "EventError") + "\t(Invalid Called (DN))\n\tAttributeErrorCode\t61\n\t(no)\n")
    assert record.origin.text == "Invalid Called (DN)"


def test_words_behind_the_attributes_of_an_error_are_a_wrong_line():
    _, diagnostics = message(HEAD.replace("EventDNDOn", "EventError") + "\t(Invalid Called (DN))\n\tAttributeErrorCode\t61\n\t(no)\n")
    assert codes(diagnostics) == ["log-line"]


@pytest.mark.parametrize(
    ("body", "code", "kept"),
    [
        ("\tAttributeThisDN\n", "log-value", {}),
        ("\tAttributeThisDN\t2001\n", "log-value", {}),
        ("\tAttributeCallID\tmany\n", "log-value", {}),
        ("\tAttributeCallID\t4294967296\n", "log-value", {}),
        ("\tAttributeCallID\t[output suppressed]\n", "log-value", {}),
        ("\tAttributeConnID\t'x'\n", "log-value", {}),
        ("\tAttributeNetworkCallID\t99999999999999999999\n", "log-value", {}),
        ("\tAttributeCallType\tSideways\n", "log-value", {}),
        ("\tAttributeCallType\t(2)\n", "log-value", {}),
        ("\tAttributeInputMask\t[9] 00 01 02 03..\n", "log-value", {}),
        ("\tAttributeUserData\t'x'\n", "log-value", {}),
        ("\tAttributePartyID\t?\n", "log-value", {}),
        ("\tAttributePartyID\t[9] 00\n", "log-filtered", {}),
        ("\tAttributeUserData\t[149] \n", "log-filtered", {}),
        ("\tAttributeUserData\t[149] 00 01 00 00..\n", "log-filtered", {}),
        ("\tnoise\n", "log-line", {}),
        ("\t'noise\n", "log-line", {}),
        ("\t\t'k'\t'v'\n", "log-pair", {}),
        ("\tAttributeThisDN\t'1'\n\tAttributeThisDN\t'2'\n", "log-duplicate-attribute", {"ThisDN": "1"}),
        (
            "\tAttributeUserData\t[2] 00 00..\n\tAttributeUserData\t[9] 00 01 00 00..\n\t\t'k'\t'v'\n",
            "log-duplicate-attribute",
            {"UserData": KVList()},
        ),
        ("\tAttributeThisDN\t'cut\n", "log-unclosed-quote", {"ThisDN": "cut"}),
        ("\tAttributeThisDN\t'\n", "log-unclosed-quote", {"ThisDN": ""}),
        ("\tAttributeNovel\t'cut\n", "log-unclosed-quote", {}),
    ],
)
def test_a_wrong_line_is_reported_and_skipped(body, code, kept):
    record, found, after = read(HEAD + body + "\tAttributeANI\t'5'\n\n" + HEAD)
    assert record.item.attributes == {**kept, "ANI": "5"}
    assert found.code == code
    assert found.origin.line in (2, 3)
    assert str(found).startswith(f"line {found.origin.line}: ")
    assert found.advice
    assert isinstance(after, Record)


@pytest.mark.parametrize(
    "stop", [HEAD, "@16:45:24.5942 talk\n", "message EventDNDOff\n", "\tAttributeCallID\t7\n", "\t\t'k'\t'v'\n", "\t\t'k'(list) \n"]
)
def test_a_value_never_closed_does_not_swallow_what_follows(stop):
    found = read(HEAD + "\tAttributeThisDN\t'cut \nmore\n\n" + stop)
    assert records(found)[0].item.attributes["ThisDN"] == "cut"
    assert codes(found)[0] == "log-unclosed-quote"


ORPHANS = "\tAttributeThisDN\t'1'\n\tAttributeANI\t'2'\n\n" + HEAD + "\n\tAttributeANI\t'2'\n"


def test_attributes_without_a_header_are_one_diagnostic_a_block():
    first, _, other = read(ORPHANS)
    assert [(one.code, one.origin.line) for one in (first, other)] == [("log-orphan", 1), ("log-orphan", 6)]


def test_attributes_without_a_header_belong_to_no_message():
    assert [record.item for record in records(read(ORPHANS))] == [UnknownEvent(MessageType.EventDNDOn)]


def test_a_registry_of_ones_own(invented):
    text = "@16:45:24.5942 [0] 1.2.3 distribute_event: message Ping\n\tAttributemark\t'x'\n\tAttributeNode\t-2\n\n"
    assert one(text, registry=invented).item == invented.event("Ping")(mark="x", node=-2)


def test_bytes_that_are_no_text_are_kept():
    record = one(HEAD.encode() + b"\tAttributeThisDN\t'caf\xe9'\n")
    assert record.item.attributes["ThisDN"].encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_an_unknown_kind_of_log_is_refused_before_reading():
    with pytest.raises(ValueError, match="tserver or platform-sdk"):
        read_log([], kind="csv")


def test_a_server_that_does_not_fit_is_refused_before_reading():
    with pytest.raises(ValueError, match="unsigned"):
        read_log([], server=-1)

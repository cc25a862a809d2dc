"""Platform SDK text: headers within application logs, typed values, lists."""

import logtext
import pytest
from logtext import codes

from tlib_codec import EventRegistered, KVList, MessageType, RawValue, TAddressInfoType, UnknownEvent
from tlib_codec.records import Diagnostic, parse_time
from tlib_schemas import wire

HEAD = "'EventDNDOn' ('77')\nmessage attributes:\n"


def read(text, **options):
    return logtext.read(text, kind="platform-sdk", **options)


def message(text, **options):
    return logtext.message(text, kind="platform-sdk", **options)


def one(text, **options):
    return logtext.one(text, kind="platform-sdk", **options)


SAMPLE = """2015-01-07 13:20:31,665 TEST DEBUG [THREAD : SelectorThread] - Proxy got message 'EventDNDOn' ('77')
message attributes:
AttributeEventSequenceNumber [long] = 4899493
Time            = ComplexClass(TimeStamp):
\tAttributeTimeinuSecs [int] = 573000
\tAttributeTimeinSecs [int] = 1420644031
AttributeThisDN [str] = "2214"
AttributeCallUuid [str] = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
AttributeConnID [long] = 6c02462a161006
AttributeUserData [bstr] = KVList:\x20
\t\t'ActivityID' [str] = "1-"X""
\t\t'n' [bstr] = KVList:\x20
\t\t\t'k' [int] = -5
\t\t'raw' [bstr] = [2] 0a 0b
AttributeExtensions [bstr] = KVList:\x20
. Processing with  state .StatePrimary proxy: proxy1
2015-01-07 13:20:31,666 TEST DEBUG - sending RequestAttachUserData to Connection
"""


def test_a_message():
    record = one(SAMPLE)
    assert record.item == UnknownEvent(
        MessageType.EventDNDOn,
        {
            "EventSequenceNumber": 4899493,
            "TimeinuSecs": 573000,
            "TimeinSecs": 1420644031,
            "ThisDN": "2214",
            "CallUUID": "01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
            "ConnID": "006c02462a161006",
            "UserData": KVList([("ActivityID", '1-"X"'), ("n", KVList([("k", -5)])), ("raw", b"\x0a\x0b")]),
            "Extensions": KVList(),
        },
    )


def test_the_line_before_the_header_tells_the_direction_and_the_local_time():
    origin = one(SAMPLE).origin
    assert origin.direction == "received"
    assert ("local_time", origin.local_time) == parse_time("2015-01-07T13:20:31.665")


@pytest.mark.parametrize(
    ("header", "direction"),
    [
        ("'EventDNDOn' ('77')\nmessage attributes:\n", ""),
        ("'EventDNDOn' (77) attributes:\n", ""),
        ("'EventDNDOn' ('77')\n", ""),
        ("2015-01-07 13:14:26,572 - Sending message to TServer - tcp://10.1.1.1:1\n'EventDNDOn' ('77')\nmessage attributes:\n", "sent"),
        ("2015-01-07 13:14:26,572 - Received 'x' ('y') then message 'EventDNDOn' ('77')\nmessage attributes:\n", "received"),
    ],
)
def test_headers(header, direction):
    record = one(header + 'AttributeThisDN [str] = "1"\n')
    assert record.item.attributes == {"ThisDN": "1"}
    assert record.origin.direction == direction


def test_what_is_no_header():
    assert read("he said 'hello' ('77')\nand left\n'EventDNDOn' (eightyseven)\nattributes:\n('77')\n") == []
    assert one(HEAD).item == UnknownEvent(MessageType.EventDNDOn)


def test_the_number_serves_where_the_name_is_unknown():
    assert one("'EventFuture' ('201')\nmessage attributes:\n").item.message == 201
    assert one("'EventFuture' ('70201')\nmessage attributes:\n").item.message == "EventFuture"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ('AttributeThisDN [str] = "a\nb\n\n c"', "ThisDN", "a\nb\n\n c"),
        ("AttributeAddressInfoType [int] = 17 [DNStatus]", "InfoType", TAddressInfoType.DNStatus),
        ("AttributeAddressInfoType [int] = DNStatus", "InfoType", TAddressInfoType.DNStatus),
        ("AttributeReferenceID [int] = -1", "ReferenceID", -1),
        ("AttributeReferenceID = 5", "ReferenceID", 5),
        ('AttributePartyID [str] = "x"', "PartyID", RawValue(0, b"x")),
        ("AttributePartyID [int] = 5", "PartyID", RawValue(1, b"\0\0\0\5")),
        ("AttributePartyID [bstr] = KVList: ", "PartyID", RawValue(3, b"\0\0")),
        ("AttributeUserData [bstr] = KVList: 'k' [str] = \"v\"", "UserData", KVList({"k": "v"})),
        ("AttributeUserData [bstr] = KVList: 'n' [bstr] = KVList: 'k' [str] = \"v\"", "UserData", KVList({"n": KVList({"k": "v"})})),
        ("AttributeUserData [bstr] = KVList: \n\t\t'o'k' [str] = \"a\nb\"", "UserData", KVList({"o'k": "a\nb"})),
    ],
)
def test_values(line, name, value):
    assert one(HEAD + line + "\n\n").item.attributes == {name: value}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("AttributeThisDN [str] = null\n", "log-value"),
        ('AttributeThisDN [str] = "cut\n', "log-unclosed-quote"),
        ("\tnoise\n", "log-line"),
        ("\t'noise'\n", "log-line"),
        ("AttributeUserData [bstr] = KVList: \n\t\t'k' [str] = hidden\n", "log-filtered"),
        ("AttributeUserData [bstr] = KVList: \n\t\tnoise\n", "log-line"),
        ("AttributeUserData [bstr] = (hidden)\n", "log-value"),
    ],
)
def test_wrong_lines(body, code):
    record, diagnostics = message(HEAD + body + 'AttributeANI [str] = "5"\n')
    assert codes(diagnostics) == [code]
    assert record.item.attributes["ANI"] == "5"


def test_attributes_without_a_public_number_are_kept_as_printed():
    record = one(
        HEAD + "AttributeNovel [int] = 5\nAttributeNovelText [str] = \"x\"\nAttributeNovelList [bstr] = KVList: \n\t\t'k' [int] = 1\n"
    )
    assert record.unnumbered == {"AttributeNovel": "5", "AttributeNovelText": '"x"', "AttributeNovelList": "KVList:\n'k' [int] = 1"}


def test_an_attribute_without_a_header_is_a_diagnostic():
    (found,) = read('AttributeThisDN [str] = "1"\n')
    assert isinstance(found, Diagnostic)


def test_a_name_of_no_usual_form_is_kept_aside_too():
    assert one(HEAD + "Attributenovel [int] = 5\n").unnumbered == {"Attributenovel": "5"}


def test_server_is_supplied():
    body = "'EventRegistered' ('74')\nmessage attributes:\nAttributeThisDN [str] = \"S::\"\nAttributeTimeinSecs [int] = 1\n"
    body += "AttributeReferenceID [int] = 2\nAttributeExtensions [bstr] = KVList: \nAttributeAddressInfoType [int] = 8\n"
    number = MessageType.EventRegistered
    item = one(body.replace("74", str(int(number))), server=9).item
    assert isinstance(item, EventRegistered)
    assert item.server == 9


def test_the_bytes_of_a_list_that_is_printed_whole_are_the_list():
    packed = KVList({"Tier": "Gold"})
    data = wire.KVList.pack(packed)
    text = f"'EventDNDOn' ('60')\nmessage attributes:\nAttributeUserData [bstr] = [{len(data)}] {data.hex(' ')}\n"
    (record,) = read(text)
    assert record.item.attributes["UserData"] == packed


def test_bytes_that_are_no_list_are_no_value_of_a_list():
    _, problem = read("'EventDNDOn' ('60')\nmessage attributes:\nAttributeUserData [bstr] = [3] 45 e2 8b\n")
    assert problem.code == "log-value"

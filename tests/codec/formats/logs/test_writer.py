"""What is written reads back as the same item, in both forms; and what no log can hold is refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logtext import one

from tlib_codec import (
    TLIBRARY,
    AttributeID,
    Attributes,
    EncodeError,
    EventCallDeleted,
    EventRegistered,
    InvalidEvent,
    KVList,
    MessageType,
    RawValue,
    TCallType,
    Timestamp,
    UnknownEvent,
)
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_schemas import wire

TIME = dt.datetime.fromisoformat("2015-05-29T16:45:24.5942")
# Quotes stand everywhere in it; what a log cannot tell from its own marks (a tab after a quote, the end of a line) does not.
TEXT = st.text(st.sampled_from("ab 'é\"(list)[]0=\udcff李"), max_size=12).filter(
    lambda text: not any(m in text for m in ("'(list)", "' [", "'  "))
)
TEXT = TEXT | st.just("two\nlines") | st.just("an\n\nempty one")


def plain_key(text):
    return "' " not in text and "\n" not in text


PAIRS = st.recursive(
    st.lists(st.tuples(TEXT.filter(plain_key), TEXT | st.integers(-(2**31), 2**31 - 1) | st.binary(max_size=3)), max_size=4),
    lambda inner: st.lists(st.tuples(TEXT.filter(plain_key), inner | TEXT), max_size=4),
    max_leaves=8,
)


def values_of(attribute):
    value = attribute.value
    if value is None:
        return st.one_of(
            TEXT.map(lambda text: RawValue(0, text.encode("utf-8", "surrogateescape"))),
            st.binary(min_size=4, max_size=4).map(lambda data: RawValue(1, data)),
            st.binary(max_size=5).map(lambda data: RawValue(2, data)),
            PAIRS.map(lambda pairs: RawValue(3, wire.KVList.pack(KVList(pairs)))),
            st.binary(min_size=8, max_size=8).map(lambda data: RawValue(6, data)),
        )
    if isinstance(value, wire.Enum):
        low, high = (-(2**31), 2**31 - 1) if value.signed else (0, 2**32 - 1)
        return st.one_of(
            st.sampled_from(list(value.enumeration)).filter(lambda m: low <= m <= high), st.integers(low, high).map(value.enumeration)
        )
    return {
        wire.String: TEXT,
        wire.Int: st.integers(0, 2**32 - 1),
        wire.SignedInt: st.integers(-(2**31), 2**31 - 1),
        wire.Long: st.integers(0, 2**64 - 1),
        wire.ConnID: st.binary(min_size=8, max_size=8).map(bytes.hex),
        wire.Binary: st.binary(max_size=5),
        wire.KVList: PAIRS.map(KVList),
    }[value]


ATTRIBUTES = st.lists(st.sampled_from(list(TLIBRARY.dictionary.values())), max_size=6, unique_by=lambda a: a.id)
VALUES = ATTRIBUTES.flatmap(lambda found: st.fixed_dictionaries({a.id: values_of(a) for a in found if a.id != AttributeID.Server}))
MESSAGES = st.sampled_from([int(m) for m in MessageType]) | st.integers(200, 0xFFFF)


@st.composite
def items(draw):
    message, values, server = draw(MESSAGES), draw(VALUES), draw(st.integers(0, 2**32 - 1))
    item = TLIBRARY.assemble(message, values)
    if any(violation.attribute == "Server" for violation in getattr(item, "violations", ())):
        item = TLIBRARY.assemble(message, {**values, AttributeID.Server: server})
    return item, server


@given(items())
def test_tserver_text_reads_back(pair):
    item, server = pair
    assert one(tserver_text(item, TIME), kind="tserver", server=server).item == item


@given(items())
def test_platform_sdk_text_reads_back(pair):
    item, server = pair
    assert one(platform_sdk_text(item), kind="platform-sdk", server=server).item == item


def test_tserver_text_looks_like_a_servers():
    event = EventCallDeleted(
        call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
        conn_id="006c02462a161006",
        extra=Attributes({"TimeinSecs": 1432917924, "EventSequenceNumber": 161}),
    )
    assert tserver_text(event, TIME, how="distribute call/party event") == (
        "@16:45:24.5942 [0] 8.1.101.25 distribute call/party event: message EventCallDeleted\n"
        "\tAttributeEventSequenceNumber\t00000000000000a1\n"
        "\tAttributeTimeinSecs\t1432917924 (16:45:24)\n"
        "\tAttributeCallUUID\t'01FES9JKSOFQLEKK3CSH5B5AES00JV1U'\n"
        "\tAttributeConnID\t006c02462a161006\n"
        "\n"
    )


LISTS = UnknownEvent(
    MessageType.EventDNDOn, {"UserData": KVList({"a": 1, "n": {"k": "v", "b": b"\1"}}), "UserEvent": MessageType.EventQueued}
)


def test_tserver_text_indents_nested_lists():
    assert tserver_text(LISTS, TIME).splitlines()[1:] == [
        "\tAttributeUserData\t[36] 00 02 01 00..",
        "\t\t'a'\t1",
        "\t\t'n'(list) ",
        "\t\t\t'k'\t'v'",
        "\t\t\t'b'\t[1] 01",
        "\tAttributeUserEvent\tEventQueued",
        "",
    ]


def test_platform_sdk_text_names_the_types():
    assert platform_sdk_text(LISTS).splitlines()[:4] == [
        "'EventDNDOn' ('77')",
        "message attributes:",
        "AttributeUserData [bstr] = KVList: ",
        "\t\t'a' [int] = 1",
    ]


def test_server_is_not_written_where_a_table_has_it():
    event = EventRegistered(extensions=KVList(), info_type=8, reference_id=1, server=5, this_dn="S::", time=Timestamp(seconds=1))
    assert "Server" not in tserver_text(event, TIME)


def test_a_message_without_a_number_reads_back_by_its_name():
    item = UnknownEvent("EventFromTheFuture", Attributes({"CallType": TCallType.Inbound}))
    assert one(tserver_text(item, TIME)).item == item


def test_platform_sdk_text_names_a_message_without_a_name_by_its_number():
    assert "'200' ('200')" in platform_sdk_text(UnknownEvent(200))


def test_platform_sdk_text_has_no_form_for_a_message_without_a_number():
    with pytest.raises(EncodeError, match="EventFromTheFuture"):
        platform_sdk_text(UnknownEvent("EventFromTheFuture"))


@pytest.mark.parametrize(
    ("attributes", "code", "path"),
    [
        ({"ThisDN": 5}, "value-type", "ThisDN"),
        ({"CallID": -1}, "value-range", "CallID"),
        ({"PartyID": "x"}, "value-type", "PartyID"),
        ({"#700": "x"}, "value-type", "#700"),
        ({"PartyID": RawValue(9, b"")}, "value-type", "PartyID"),
        ({"PartyID": RawValue(1, b"")}, "value-range", "PartyID"),
        ({"Nobody": 1}, "unknown-name", "Nobody"),
    ],
)
@pytest.mark.parametrize(
    ("form", "message"),
    [("tserver", MessageType.EventDNDOn), ("tserver", "EventFromTheFuture"), ("platform-sdk", MessageType.EventDNDOn)],
)
def test_what_no_log_can_hold(attributes, code, path, form, message):
    item = UnknownEvent(message, Attributes(attributes))
    with pytest.raises(EncodeError) as caught:
        tserver_text(item, TIME) if form == "tserver" else platform_sdk_text(item)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_an_event_that_breaks_its_table_is_written_all_the_same():
    item = InvalidEvent(MessageType.EventCallDeleted, Attributes({"ConnID": "006c02462a161006"}))
    assert one(tserver_text(item, TIME)).item.attributes == item.attributes

"""Events without the people in them."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tlib_codec import (
    TLIBRARY,
    AbstractDNCall,
    Attributes,
    EncodeError,
    EventCallCreated,
    EventCallDeleted,
    EventRegistered,
    Gap,
    InvalidEvent,
    KVList,
    Policy,
    RawValue,
    StreamDecoder,
    TAddressInfoType,
    TCallType,
    TCause,
    Timestamp,
    Unicode,
    UnknownEvent,
    decode,
    encode,
    extensions_of,
)
from tlib_codec.calls import follow
from tlib_codec.redact import Redactor, Rules
from tlib_fuzz import strategies
from tlib_schemas import Attribute, Malformed, WireType, wire
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.wire import KVList as PackedList

EXAMPLES = Path(__file__).parents[3] / "examples"
UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"


# -- events ----------------------------------------------------------------------------------------


def values_in(item):
    """Every text of an event that is to be replaced, by attribute and path."""
    if isinstance(item, InvalidEvent | UnknownEvent):
        return dict(item.attributes)
    return {field.label: getattr(item, field.name) for field in item.__schema__.fields if getattr(item, field.name) is not None} | dict(
        item.extra
    )


EVENT = EventCallCreated(
    call_uuid=UUID,
    conn_id=CONN,
    call_type=TCallType.Inbound,
    call_id=7654321,
    ani="5551000",
    user_data=KVList([("Name", "Zoë"), ("Id", 12345), ("Deep", KVList([("Pin", Unicode("0042"))])), ("Bin", b"abc")]),
    extra=Attributes(
        {
            "OtherDN": "5551000",
            "ThisQueue": "5551000",
            "ThisDN": "Hill::",
            "AgentID": "a77",
            "Location": "Hill",
            "ErrorMessage": "Ana is busy",
            "OtherTrunk": 5551000,
            "TimeinSecs": 5,
            "ErrorCode": 50,
            "#200": RawValue(0, b"5551000"),
            "#201": RawValue(1, (5551000).to_bytes(4)),
        }
    ),
)


def safe(event=EVENT, **rules):
    """Return the event with pseudonyms."""
    return Redactor(b"s", rules=Rules(**rules)).item(event)


def with_data(data):
    """Return the event with other user data."""
    return msgspec.structs.replace(EVENT, user_data=KVList(data))


@pytest.mark.parametrize("name", ["OtherDN", "ThisQueue", "ThisDN", "AgentID", "Location", "ErrorMessage", "OtherTrunk", "#200", "#201"])
def test_a_value_of_somebody_is_replaced_by_default(name):
    assert safe().extra[name] != EVENT.extra[name]


@pytest.mark.parametrize("name", ["TimeinSecs", "ErrorCode"])
def test_a_harmless_number_stays(name):
    assert safe().extra[name] == EVENT.extra[name]


def test_identifiers_and_enumerations_stay():
    assert (safe().call_uuid, safe().conn_id, safe().call_id, safe().call_type) == (UUID, CONN, 7654321, TCallType.Inbound)


@pytest.mark.parametrize("name", ["OtherDN", "ThisQueue", "OtherTrunk"])
def test_an_equal_number_is_equal_in_every_attribute(name):
    assert str(safe().extra[name]) == safe().ani


def test_an_equal_number_is_equal_in_an_undeclared_text():
    assert safe().extra["#200"].value.decode() == safe().ani


def test_an_equal_number_is_equal_in_an_undeclared_integer():
    assert str(int.from_bytes(safe().extra["#201"].value)) == safe().ani


@pytest.mark.parametrize("value", ["5551000", 5551000, Unicode("5551000")], ids=["text", "integer", "unicode"])
def test_an_equal_number_is_equal_in_a_list(value):
    assert str(safe(with_data({"a": value})).user_data["a"]) == safe().ani


@pytest.mark.parametrize("text", ["{}@hill", "sip:{};x", "+{}", "a/{}", "[{}]"])
def test_an_equal_number_is_equal_between_separators(text):
    assert safe().ani in safe(with_data({"a": text.format("5551000")})).user_data["a"]


def test_a_location_is_equal_in_an_abstract_dn():
    assert safe().extra["ThisDN"] == safe().extra["Location"] + "::"


def test_the_keys_of_a_list_stay():
    assert [key for key, _ in safe().user_data] == ["Name", "Id", "Deep", "Bin"]


def test_every_value_of_a_list_is_replaced():
    assert all(old != new for (_, old), (_, new) in zip(EVENT.user_data, safe().user_data, strict=True))


def test_a_text_of_a_list_keeps_its_type():
    assert type(safe().user_data["Deep"]["Pin"]) is Unicode


def test_the_frame_keeps_its_length():
    assert len(encode(safe())) == len(encode(EVENT))


def test_replaced_values_are_counted_by_attribute():
    redactor = Redactor(b"s")
    redactor.item(EVENT)
    assert (redactor.counts["UserData"], redactor.counts["#200"], redactor.counts["ANI"]) == (4, 1, 1)


@pytest.mark.parametrize(
    ("word", "name"), [("agents", "AgentID"), ("queues", "ThisQueue"), ("locations", "Location"), ("OtherDN", "OtherDN"), ("#200", "#200")]
)
def test_a_category_or_an_attribute_that_is_kept_stays(word, name):
    assert safe(keep=(word,)).extra[name] == EVENT.extra[name]


def test_a_category_that_is_kept_keeps_no_other():
    assert safe(keep=("agents", "queues")).extra["OtherDN"] != "5551000"


def test_a_harmless_attribute_is_replaced_on_request():
    assert safe(replace=("CallID",)).call_id != EVENT.call_id


def test_keep_wins_over_replace():
    assert safe(keep=("CallID",), replace=("ids",)).call_id == EVENT.call_id


def test_an_enumeration_stays_where_it_is_named():
    assert safe(replace=("CallType",)).call_type is TCallType.Inbound


def test_an_unknown_name_is_an_error():
    with pytest.raises(EncodeError, match="nobody"):
        Redactor(b"s", rules=Rules(keep=("nobody",)))


@pytest.mark.parametrize("key", ["5551000", "Ana Souza", "Zoë", "call_5551000", "-a", "a\udce9", "a\n"])
def test_a_key_that_is_no_name_of_a_program_is_replaced(key):
    assert Redactor(b"s").key(key) != key


@pytest.mark.parametrize("key", ["CustomerName", "conn-0", "RTargetTypeSelected", "_a.b-c", "Skill1"])
def test_a_key_that_is_a_name_of_a_program_stays(key):
    assert Redactor(b"s").key(key) == key


def test_a_key_stays_with_its_value():
    assert list(safe(with_data({"a b": "c"}), only_keys=("x",)).user_data) == [("a b", "c")]


TREE = with_data({"CustomerName": "Ana", "Segment": {"Tier": "Gold", "Name": "Ana"}, "Group": "VAG"})


def test_a_list_stays_whole_under_a_kept_key():
    assert safe(TREE, keep_keys=("Seg*",)).user_data["Segment"] == TREE.user_data["Segment"]


def test_other_values_are_replaced_beside_a_kept_key():
    assert safe(TREE, keep_keys=("Seg*",)).user_data["Group"] != "VAG"


def test_a_value_stays_under_a_kept_path():
    assert safe(TREE, keep_keys=("Segment.Tier",)).user_data["Segment"]["Tier"] == "Gold"


def test_only_the_values_of_chosen_keys_are_replaced():
    chosen = safe(TREE, only_keys=("Customer*", "Segment.Name")).user_data
    assert (chosen["Group"], chosen["Segment"]["Tier"]) == ("VAG", "Gold")
    assert chosen["CustomerName"] != "Ana" != chosen["Segment"]["Name"]


def test_a_chosen_key_chooses_its_list():
    assert safe(TREE, only_keys=("Segment",)).user_data["Segment"]["Tier"] != "Gold"


def test_a_text_that_is_no_identifier_is_replaced_where_one_stands():
    assert Redactor(b"s").value(AttributeID.CallUUID, "Ana Souza") != "Ana Souza"


def test_a_decimal_number_is_replaced_where_an_identifier_stands():
    assert Redactor(b"s").value(AttributeID.CallUUID, "4" * 16) != "4" * 16


def test_a_large_number_that_is_no_member_of_its_enumeration_is_replaced():
    assert Redactor(b"s").value(AttributeID.CallType, TCallType(5551000)) != 5551000


@pytest.mark.parametrize("number", [2, 200])
def test_a_member_or_a_small_number_stays_in_an_enumeration(number):
    assert Redactor(b"s").value(AttributeID.CallType, TCallType(number)) == number


def test_a_list_of_calls_at_other_sites_keeps_their_identifiers_only():
    links = KVList({"hill": {"conn-id": CONN, "location": "Hill", "n": 5551000}})
    site = safe(EventCallCreated(call_uuid=UUID, conn_id=CONN, is_link_list=links)).is_link_list["hill"]
    assert (site["conn-id"], site["location"] == "Hill", site["n"] == 5551000) == (CONN, False, False)


def test_the_name_of_a_message_that_the_registry_has_not_is_replaced():
    named = Redactor(b"s").item(UnknownEvent("EventAnaSouza", Attributes({})))
    assert named.message.startswith("Event")
    assert "Ana" not in named.message


def test_the_name_of_a_message_of_the_registry_stays():
    assert Redactor(b"s").message("EventRinging") == "EventRinging"


@pytest.mark.parametrize(("name", "suffixes"), [("ana.log.gz", ".log.gz"), ("ana.log.12", ".log.12"), ("ana", ""), ("ana.souza", "")])
def test_the_name_of_a_file_keeps_its_suffixes(name, suffixes):
    made = Redactor(b"s").file_name(name)
    assert made.endswith(suffixes)
    assert "ana" not in made


NAMES = {"koi8-r": "Иванова", "cp1251": "Иванова", "gbk": "王小明", "shift-jis": "山田太郎", "euc-kr": "김철수"}


@pytest.mark.parametrize("encoding", NAMES)
def test_bytes_of_any_encoding_are_replaced(encoding):
    name = NAMES[encoding].encode(encoding)
    made = Redactor(b"s").text(b"a " + name)
    assert name not in made
    assert len(made) == len(name) + 2


class Birthday(wire.Value):
    """A date that only its own construct reads."""

    wire_type = WireType.String
    python = dt.date

    def unpack(self, data, limits=DEFAULT_LIMITS):
        try:
            return dt.date.fromisoformat(data.decode())
        except ValueError:
            raise Malformed("value-type", offset=0, expected="a date", actual=repr(data)) from None

    def pack(self, value, limits=DEFAULT_LIMITS):
        return value.isoformat().encode()


class Word(wire.Value):
    """A word that only its own construct reads."""

    wire_type = WireType.String
    python = tuple

    def unpack(self, data, limits=DEFAULT_LIMITS):
        return (data.decode(),)

    def pack(self, value, limits=DEFAULT_LIMITS):
        return value[0].encode()


OWN = TLIBRARY.extend("Own", attributes=[Attribute(0x8201, Birthday(), "Birthday"), Attribute(0x8202, Word(), "Word")])


def test_a_value_of_a_construct_of_ones_own_is_replaced():
    assert Redactor(b"s", registry=OWN).value(0x8202, ("Ana",)) != ("Ana",)


def test_a_value_that_does_not_stay_one_is_an_error():
    with pytest.raises(EncodeError, match="stays one when it is replaced"):
        Redactor(b"s", registry=OWN).value(0x8201, dt.date(1999, 12, 31))


def test_the_calls_on_an_abstract_dn_stay_linked():
    calls = [AbstractDNCall(index=0, conn_id=CONN, call_type=TCallType.Inbound, call_uuid=UUID)]
    extensions = extensions_of(calls, KVList({"conn-x": "5551000", "Note": "5551000"}))
    extensions = KVList([*extensions, ("conn-1", "5551000")])  # a number where an identifier should stand
    event = EventRegistered(
        extensions=extensions, info_type=TAddressInfoType.AddressType, reference_id=1, server=0, this_dn="S::", time=Timestamp(seconds=1)
    )
    safe = Redactor(b"s").item(event).extensions
    assert (safe["conn-0"], safe["ct-0"], safe["call-uuid-0"]) == (CONN, 2, UUID)
    assert "5551000" not in {safe["conn-x"], safe["Note"], safe["conn-1"]}
    hidden = Redactor(b"s", rules=Rules(replace=("ids",)))
    changed = hidden.item(event).extensions
    assert changed["conn-0"] == hidden.text(CONN) != CONN
    assert changed["call-uuid-0"] == hidden.text(UUID) != UUID
    created = EventCallCreated(call_uuid=UUID, conn_id=CONN, is_link_list=KVList({"a": {"conn": CONN, "where": "Hill", "n": 1}}))
    linked = hidden.item(created)
    assert (linked.call_uuid, linked.conn_id) == (changed["call-uuid-0"], changed["conn-0"])
    assert linked.is_link_list["a"]["conn"] == changed["conn-0"]
    assert hidden.text("short id") != "short id"


def test_values_of_attributes_nobody_declared():
    packed = PackedList.pack(KVList({"Name": "Ana"}))
    raw = {
        "#200": RawValue(0, b"Ana 5551\xff"),
        "#201": RawValue(1, (5551000).to_bytes(4, "big")),
        "#202": RawValue(2, b"bytes"),
        "#203": RawValue(3, packed),
        "#204": RawValue(6, bytes.fromhex(CONN)),
        "#205": RawValue(6, (5551000555100012).to_bytes(8, "big")),
        "#206": RawValue(9, b"what?"),
    }
    event = UnknownEvent(77, Attributes(raw))
    safe = Redactor(b"s").item(event)
    assert all(safe.attributes[name] != value and safe.attributes[name].type == value.type for name, value in raw.items())
    assert len(encode(safe)) == len(encode(event))
    assert decode(encode(safe)) == safe
    named = UnknownEvent("EventPrivate", Attributes(raw))
    assert Redactor(b"s").item(named).attributes == safe.attributes


def test_an_invalid_event_stays_the_same_kind_of_invalid():
    broken = decode(
        encode(
            EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Busy, ref_conn_id=CONN, ctrl_party="7001"), policy=Policy.LENIENT
        ),
        policy=Policy.LENIENT,
    )
    safe = Redactor(b"s").item(broken)
    assert isinstance(safe, InvalidEvent)
    assert [v.code for v in safe.violations] == [v.code for v in broken.violations]
    assert safe.attributes["CtrlParty"] != "7001"


def test_a_gap_is_refused():
    with pytest.raises(TypeError, match="leave it out"):
        Redactor(b"x").item(Gap(0, b"5551000"))


@given(strategies.items(), st.booleans(), st.booleans())
def test_any_event_stays_an_event_of_its_kind(item, agents, ids):
    rules = Rules(keep=("agents",) * agents, replace=("ids",) * ids)
    before = encode(item, policy=Policy.LENIENT)
    assume(len(before) < 1 << 16)
    safe = Redactor(b"s", rules=rules).item(item)
    data = encode(safe, policy=Policy.LENIENT)
    assert type(safe) is type(item)
    assert len(data) == len(before)
    again = decode(data, policy=Policy.LENIENT)
    assert TLIBRARY.lay_out(again) == TLIBRARY.lay_out(safe)
    assert encode(again, policy=Policy.LENIENT) == data
    assert Redactor(b"s", rules=rules).item(item) == safe


def structure(calls):
    """Calls without what redaction replaces: who is linked to whom, when, and how it ended."""
    numbers = {}
    return [
        (
            [numbers.setdefault(name, len(numbers)) for name in (call.call_uuid, call.conn_id)],
            call.begin,
            call.end,
            call.ending,
            call.events,
            [
                (link.kind, numbers.setdefault(link.call_uuid, len(numbers)), numbers.setdefault(link.conn_id, len(numbers)), link.cause)
                for link in call.links
            ],
            len(call.parties),
            [(change.event, list(change.changes)) for change in call.history],
            [anomaly.code for anomaly in call.anomalies],
        )
        for call in calls
    ]


@pytest.mark.parametrize("ids", [False, True])
def test_calls_stay_linked(ids):
    decoder = StreamDecoder()
    decoder.feed((EXAMPLES / "calls.tlb").read_bytes())
    decoder.close()
    items = list(decoder)
    redactor = Redactor(b"s", rules=Rules(replace=("ids",) * ids))
    assert structure(follow(map(redactor.item, items))) == structure(follow(items))


# -- values that are rare


def test_bytes_of_an_attribute_are_replaced():
    redactor = Redactor(b"s")
    assert redactor.value(AttributeID.InputMask, b"abc") == redactor.pseudonyms.data(b"abc")


def test_a_packed_list_that_does_not_unpack_becomes_empty():
    assert Redactor(b"s").value(200, RawValue(3, b"\x00\x05")) == RawValue(3, b"\0\0")


def test_64_bits_that_print_as_a_decimal_number_keep_their_digits():
    number = 0x1234_5678_1234_5678
    safe = Redactor(b"s").value(200, RawValue(6, number.to_bytes(8)))
    assert len(str(int.from_bytes(safe.value))) == len(str(number))


def test_64_bits_that_print_as_a_decimal_number_are_replaced():
    raw = RawValue(6, (0x1234_5678_1234_5678).to_bytes(8))
    assert Redactor(b"s").value(200, raw) != raw


def test_a_number_that_is_not_chosen_is_printed_as_it_is():
    assert Redactor(b"s").printed(AttributeID.CallID, "5551000") == "5551000"


def test_a_declared_number_of_64_bits_is_replaced_on_request():
    redactor = Redactor(b"s", rules=Rules(replace=("ids",)))
    assert redactor.value(AttributeID.NetworkCallID, 5551000) != 5551000


def test_an_unnumbered_attribute_is_printed_as_its_pseudonym():
    assert Redactor(b"s").printed(None, "'Ana'") != "'Ana'"

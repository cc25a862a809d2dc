"""Pseudonyms of the same shape, and events without the people in them."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tlib_codec import (
    TLIBRARY,
    AbstractDNCall,
    Attributes,
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
from tlib_codec.records import Origin
from tlib_codec.redact import Pseudonyms, Redactor, Rules
from tlib_codec.redact.items import safe_origin
from tlib_codec.redact.pseudonym import survives
from tlib_fuzz import strategies
from tlib_schemas.enumerations import AttributeID
from tlib_schemas.wire import KVList as PackedList

EXAMPLES = Path(__file__).parents[3] / "examples"
UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"
ONE, OTHER = Pseudonyms(b"one"), Pseudonyms(b"other")
SHORT = st.text(st.sampled_from("0123456789+-() ABcdéÉß李伟\udcff٣"), max_size=40)


def shape(text):
    """What has to stay: the kind of each character, and every one that is neither letter nor digit."""
    kinds = [unicodedata.category(c) for c in text]
    return [kind if kind in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"} else c for kind, c in zip(kinds, text, strict=True)]


# -- pseudonyms ------------------------------------------------------------------------------------


@given(SHORT | st.text(max_size=100))
def test_a_pseudonym_has_the_shape_and_length_of_the_original(text):
    found = ONE.text(text)
    assert shape(found) == shape(text)
    assert len(found.encode("utf-8", "surrogatepass")) == len(text.encode("utf-8", "surrogatepass"))
    assert found == Pseudonyms(b"one").text(text)


@given(SHORT)
def test_no_four_digits_survive(text):
    found = ONE.text(text)
    for i in range(len(text) - 3):
        run = text[i : i + 4]
        assert not (run.isdigit() and run in found)


@given(st.text(st.sampled_from("0123456789"), min_size=12, max_size=40))
def test_another_secret_another_pseudonym(digits):
    assert ONE.text(digits) != OTHER.text(digits)
    assert ONE.text(digits) != digits


@given(st.lists(st.text(st.sampled_from("0123456789"), min_size=7, max_size=7), unique=True, min_size=2, max_size=50))
def test_different_numbers_stay_different(numbers):
    # but for those that were enciphered once more: four digits had survived, by one chance in a thousand
    once = [n for n in numbers if not survives(n, ONE._network(n, ["0123456789"] * 7, list(range(7)), ""))]
    assert len({ONE.text(n) for n in once}) == len(once)


def test_every_three_digit_number_has_its_own():
    all_of_them = [f"{i:03d}" for i in range(1_000)]
    network = {ONE._network(n, ["0123456789"] * 3, list(range(3)), "") for n in all_of_them}
    assert network == set(all_of_them)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_is_never_itself(digit):
    assert all(Pseudonyms(bytes([i])).text(digit) != digit for i in range(50))


@given(st.integers(-(2**31), 2**31 - 1))
def test_an_integer_keeps_sign_and_digits(number):
    found = ONE.integer(number)
    assert -(2**31) <= found < 2**31
    assert len(str(abs(found))) == len(str(abs(number)))
    assert found <= 0 if number < 0 else found >= 0
    assert not survives(str(abs(number)), str(abs(found))) or abs(number) < 10


@given(st.text(st.sampled_from("0123456789abcdef"), min_size=16, max_size=16))
def test_identifiers_stay_identifiers(conn):
    found = ONE.hex(conn)
    assert set(found) <= set("0123456789abcdef")
    assert ONE.hex(conn.upper()) == (found.upper() if conn.upper() != conn else found)
    assert set(ONE.base32(UUID)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUV")
    assert len(ONE.base32(UUID)) == 32


def test_a_long_text_keeps_no_character_in_its_place():
    text = "Call 5551000 and Zoë, " * 400
    found = ONE.text(text)
    assert shape(found) == shape(text)
    assert not any(a == b for a, b in zip(text, found, strict=True) if a.isalnum())
    assert ONE.data(b"abc") == ONE.data(b"abc") != OTHER.data(b"abc")
    assert len(ONE.data(bytes(100))) == 100


# -- events ----------------------------------------------------------------------------------------


def values_in(item):
    """Every text of an event that is to be replaced, by attribute and path."""
    if isinstance(item, InvalidEvent | UnknownEvent):
        return dict(item.attributes)
    return {field.label: getattr(item, field.name) for field in item.__schema__.fields if getattr(item, field.name) is not None} | dict(
        item.extra
    )


def test_what_is_replaced_and_what_stays():
    event = EventCallCreated(
        call_uuid=UUID,
        conn_id=CONN,
        call_type=TCallType.Inbound,
        call_id=7,
        ani="5551000",
        dnis="8005550100",
        user_data=KVList([("Name", "Zoë"), ("Id", 12345), ("Deep", KVList([("Pin", Unicode("0042"))])), ("Bin", b"abc")]),
        extra=Attributes(
            {
                "OtherDN": "5551000",
                "ThisDN": "Switch::",
                "AgentID": "a77",
                "Location": "Hill",
                "TimeinSecs": 5,
                "#200": RawValue(0, b"5551000"),
            }
        ),
    )
    redactor = Redactor(b"s")
    safe = redactor.item(event)
    assert (safe.call_uuid, safe.conn_id, safe.call_type, safe.call_id) == (UUID, CONN, TCallType.Inbound, 7)
    assert safe.extra["ThisDN"] == "Switch::"
    assert (safe.extra["AgentID"], safe.extra["Location"], safe.extra["TimeinSecs"]) == ("a77", "Hill", 5)
    assert safe.ani == safe.extra["OtherDN"] == safe.extra["#200"].value.decode() != "5551000"
    assert safe.dnis != event.dnis
    assert [key for key, _ in safe.user_data] == ["Name", "Id", "Deep", "Bin"]
    assert all(old != new for (_, old), (_, new) in zip(event.user_data, safe.user_data, strict=True))
    assert type(safe.user_data["Deep"]["Pin"]) is Unicode
    assert len(encode(safe)) == len(encode(event))
    assert redactor.counts == {"ANI": 1, "DNIS": 1, "UserData": 4, "OtherDN": 1, "#200": 1}


def test_keys_keep_agents_and_attributes():
    event = EventCallCreated(
        call_uuid=UUID,
        conn_id=CONN,
        ani="5551000",
        call_id=1234567,
        user_data=KVList({"CustomerName": "Ana", "Segment": {"Tier": "Gold", "Name": "Ana"}, "Group": "VAG"}),
        extra=Attributes({"AgentID": "a77"}),
    )

    def data(**rules):
        return Redactor(b"s", rules=Rules(**rules)).item(event)

    kept = data(keep_keys=("Seg*",)).user_data
    assert kept["Segment"] == event.user_data["Segment"]
    assert kept["Group"] != "VAG"
    assert data(keep_keys=("Segment.Tier",)).user_data["Segment"]["Tier"] == "Gold"
    chosen = data(only_keys=("Customer*", "Segment.Name")).user_data
    assert (chosen["Group"], chosen["Segment"]["Tier"]) == ("VAG", "Gold")
    assert chosen["CustomerName"] != "Ana" != chosen["Segment"]["Name"]
    assert data(only_keys=("Segment",)).user_data["Segment"]["Tier"] != "Gold"
    assert data(agents=True).extra["AgentID"] != "a77"
    named = data(attributes=frozenset({AttributeID.CallID}), kept=frozenset({AttributeID.ANI}))
    assert (len(str(named.call_id)), named.ani) == (7, "5551000")
    assert named.call_id != event.call_id


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
    assert changed["conn-0"] == hidden.identifier(CONN) != CONN
    assert changed["call-uuid-0"] == hidden.identifier(UUID) != UUID
    created = EventCallCreated(call_uuid=UUID, conn_id=CONN, is_link_list=KVList({"a": {"conn": CONN, "where": "Hill", "n": 1}}))
    linked = hidden.item(created)
    assert (linked.call_uuid, linked.conn_id) == (changed["call-uuid-0"], changed["conn-0"])
    assert linked.is_link_list == KVList({"a": {"conn": changed["conn-0"], "where": "Hill", "n": 1}})
    assert hidden.identifier("short id") != "short id"


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
    assert Redactor(b"s").item(named) == UnknownEvent("EventPrivate", safe.attributes)


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


def test_an_origin_keeps_places_and_times():
    kept = Origin(line=7, packet=8, offset=9, time=1, local_time=2, direction="sent", version="8.1", connection=3)
    assert safe_origin(kept) == kept


def test_an_origin_loses_names_and_words():
    origin = Origin(file="/home/ana/5551000.log", src="ana:1", dst="bob:2", peer="ana-pc", text="5551000 is busy", other={"host": "ana-pc"})
    assert safe_origin(origin) == Origin(file="input")


@given(strategies.items(), st.booleans(), st.booleans())
def test_any_event_stays_an_event_of_its_kind(item, agents, ids):
    rules = Rules(agents=agents, ids=ids)
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
    redactor = Redactor(b"s", rules=Rules(ids=ids))
    assert structure(follow(map(redactor.item, items))) == structure(follow(items))


# -- values that are rare


def test_bytes_of_a_chosen_attribute_are_replaced():
    redactor = Redactor(b"s", rules=Rules(attributes=frozenset({AttributeID.InputMask})))
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


SECRETS = [bytes([i]) for i in range(40)]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_integer_of_two_digits_is_its_own_pseudonym(secret):
    pseudonyms = Pseudonyms(secret)
    assert [number for number in range(10, 100) if pseudonyms.integer(number) == number] == []


@pytest.mark.parametrize("secret", SECRETS)
def test_every_integer_of_two_digits_stays_one(secret):
    pseudonyms = Pseudonyms(secret)
    assert {len(str(pseudonyms.integer(number))) for number in range(10, 100)} == {2}


@pytest.mark.parametrize("secret", SECRETS)
def test_every_text_of_two_digits_has_its_own_pseudonym(secret):
    pseudonyms = Pseudonyms(secret)
    assert len({pseudonyms.text(f"{number:02}") for number in range(100)}) == 100

"""The calls on an abstract DN, read out of Extensions and written into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_fuzz import strategies as some
from tlib_schemas import AbstractDNCall, KVList, TCallType, TPartyState, Unicode, calls_of, extensions_of

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"


@pytest.mark.parametrize("first", [0, 1])
def test_the_first_index_is_0_or_1(first):
    extensions = KVList({f"conn-{first}": "006c02462a161006", f"ct-{first}": 2, f"conn-{first + 1}": "006c02462a161007"})
    assert calls_of(extensions) == [
        AbstractDNCall(index=first, conn_id="006c02462a161006", call_type=TCallType.Inbound),
        AbstractDNCall(index=first + 1, conn_id="006c02462a161007"),
    ]


def test_calls_come_by_index_whatever_the_order_and_the_gaps():
    extensions = KVList([("ct-12", 4), ("call-uuid-2", UUID), ("conn-12", "b"), ("ps-2", 33), ("conn-2", "a"), ("conn-999999999", "c")])
    assert calls_of(extensions) == [
        AbstractDNCall(index=2, conn_id="a", party_state=TPartyState(33), call_uuid=UUID),
        AbstractDNCall(index=12, conn_id="b", call_type=TCallType.Consult),
        AbstractDNCall(index=999_999_999, conn_id="c"),
    ]


@pytest.mark.parametrize(
    "pair",
    [
        ("conn-1", 5),
        ("ct-1", "2"),
        ("ps-1", b"\x01"),
        ("call-uuid-1", {}),
        ("conn-01", "a"),
        ("conn--1", "a"),
        ("conn-", "a"),
        ("conn-1 ", "a"),
        ("conn-١", "a"),
        ("conn-1234567890", "a"),
        ("CONN-1", "a"),
        ("xconn-1", "a"),
        ("NumberOfCalls", 1),
    ],
)
def test_pairs_of_another_key_or_type_are_no_calls_and_are_kept(pair):
    extensions = KVList([pair])
    assert calls_of(extensions) == []
    assert extensions_of([], extensions) == extensions
    assert extensions_of([AbstractDNCall(index=7, conn_id="a")], extensions) == KVList([("conn-7", "a"), *extensions])


def test_of_a_pair_that_stands_twice_the_first_counts():
    assert calls_of(KVList([("conn-1", "a"), ("conn-1", "b")])) == [AbstractDNCall(index=1, conn_id="a")]


def test_a_unicode_text_is_a_text():
    (call,) = calls_of(KVList([("conn-1", Unicode("a"))]))
    assert call.conn_id == "a"
    assert type(call.conn_id) is str


def test_no_extensions_are_no_calls():
    assert calls_of(None) == calls_of(KVList()) == []
    assert extensions_of([]) == KVList()


CALLS = st.lists(
    st.builds(
        AbstractDNCall,
        index=st.integers(0, 999_999_999),
        conn_id=some.texts(),
        call_type=st.none() | st.integers(-(2**31), 2**31 - 1).map(TCallType),
        party_state=st.none() | st.integers(-(2**31), 2**31 - 1).map(TPartyState),
        call_uuid=st.none() | some.texts(),
    ),
    max_size=4,
    unique_by=lambda call: call.index,
).map(lambda calls: sorted(calls, key=lambda call: call.index))


@given(calls=CALLS, others=some.kv_lists())
def test_calls_come_back(calls, others):
    written = extensions_of(calls, others)
    assert calls_of(written) == calls
    assert extensions_of(calls_of(written), written) == written
    assert [pair for pair in written if pair in list(others)] == [pair for pair in others if pair in list(written)]

"""The enumerations: their numbers by samples, and that they are open."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_schemas import AttributeID, MessageType, TAddressInfoType, TCallState, TCallType, TCause, TPartyState, TReliability, enumerations
from tlib_schemas.enumerations import OpenEnum, TKVType, TXRouteType, XKVType

OURS = [cls for cls in vars(enumerations).values() if isinstance(cls, type) and issubclass(cls, OpenEnum) and cls is not OpenEnum]


@pytest.mark.parametrize(
    ("enumeration", "number", "label"),
    [
        (MessageType, 0, "RequestRegisterClient"),
        (MessageType, 60, "EventRinging"),
        (MessageType, 160, "EventCallCreated"),
        (MessageType, 182, "EventResourceInfo"),
        (AttributeID, 17, "Reason"),
        (AttributeID, 141, "CallUUID"),
        (AttributeID, 148, "EventSequenceNumber"),
        (AttributeID, 0x8001, "Server"),
        (TCallType, 0, "Unknown"),
        (TCallType, 4, "Consult"),
        (TCallState, 1, "Transferred"),
        (TCallState, 2, "Conferenced"),
        (TCallState, 5, "RemoteRelease"),
        (TCause, 10, "Transfer"),
        (TCause, 11, "SingleStepTransfer"),
        (TCause, 12, "Conference"),
        (TAddressInfoType, 8, "AddressType"),
        (TAddressInfoType, 9, "CallsQuery"),
        (TAddressInfoType, 17, "DNStatus"),
        (TReliability, 3, "External"),
        (TXRouteType, -1, "Default"),
        (TKVType, 4, "Unicode"),
        (XKVType, 4, "Empty"),
    ],
)
def test_number_and_name(enumeration, number, label):
    member = enumeration(number)
    assert member == number
    assert member.label == label
    assert enumeration.from_label(label) is member


@pytest.mark.parametrize(("name", "number"), [("Empty", 0), ("AMDetected", 13), ("SITDetected", 15), ("EMPTY", 0)])
def test_aliases_name_the_same_member(name, number):
    assert TCause.from_label(name) is TCause(number)


@pytest.mark.parametrize("enumeration", OURS, ids=lambda cls: cls.__name__)
@given(number=st.integers(-(2**40), 2**40))
def test_any_number_is_a_member_equal_to_it(enumeration, number):
    known = len(enumeration)
    member = enumeration(number)
    assert type(member) is enumeration
    assert member == number
    assert hash(member) == hash(number)
    assert {number: 1}[member] == 1
    if member not in list(enumeration):
        assert member.label is None
    for twin in (pickle.loads(pickle.dumps(member)), copy.copy(member), copy.deepcopy(member), eval(f"{member!r}"[1:-1].split(": ")[1])):
        assert twin == member
    assert len(enumeration) == known  # hostile numbers do not make the class grow


@pytest.mark.parametrize("enumeration", OURS, ids=lambda cls: cls.__name__)
def test_every_name_leads_back_to_its_member(enumeration):
    assert enumeration.__doc__
    for member in enumeration:
        assert enumeration.from_label(member.label) is member


def test_names_that_python_reserves_lose_their_underscore():
    reserved = [member for cls in OURS for member in cls if member.name.endswith("_")]
    assert all(not member.label.endswith("_") and type(member).from_label(member.label) is member for member in reserved)


@pytest.mark.parametrize("value", ["Inbound", 1.5, None, [], b"1"])
def test_what_is_no_number_is_no_member(value):
    with pytest.raises((ValueError, TypeError)):
        TCallType(value)
    assert TCallType.from_label("Nothing") is None


def test_party_states_are_bits():
    assert TPartyState(2**20 + 1) == 2**20 + 1


def test_the_schemas_import_nothing_of_ours_above_them():
    code = "import sys, tlib_schemas; print(sorted(m for m in sys.modules if m.startswith(('tlib_codec', 'tlib_fuzz'))))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"

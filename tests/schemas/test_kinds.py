"""The kind of a value, declared once: each construct names it, a construct of a user's own derives it."""

from __future__ import annotations

import datetime as dt

import own
import pytest

from tlib_codec.formats.logs.reader import read_log
from tlib_codec.formats.logs.writer import tserver_text
from tlib_schemas import TLIBRARY, Identifies, Kind, KVList, TCallType, WireType, wire

KINDS = {
    wire.String: Kind.TEXT,
    wire.Int: Kind.UINT,
    wire.SignedInt: Kind.SINT,
    wire.Long: Kind.LONG,
    wire.ConnID: Kind.HEX,
    wire.Binary: Kind.BINARY,
    wire.KVList: Kind.LIST,
    wire.Enum(TCallType): Kind.ENUM,
}


@pytest.mark.parametrize(("value", "kind"), KINDS.items(), ids=repr)
def test_a_construct_has_its_kind(value, kind):
    assert value.kind is kind


@pytest.mark.parametrize("value", KINDS, ids=repr)
def test_a_construct_of_the_format_is_standard(value):
    assert value.standard


def test_a_subclass_keeps_the_kind():
    assert own.Doubled().kind is Kind.UINT


def test_a_subclass_is_not_standard():
    assert not own.Doubled().standard


@pytest.mark.parametrize(
    ("python", "kind"),
    [(str, Kind.TEXT), (int, Kind.UINT), (bytes, Kind.BINARY), (KVList, Kind.LIST), (tuple, Kind.OTHER)],
)
def test_the_kind_of_a_users_construct_follows_from_its_python_type(python, kind):
    assert type("Mine", (wire.Value,), {"wire_type": WireType.Int, "python": python}).kind is kind


def test_an_integer_in_a_long_is_a_long():
    assert type("Mine", (wire.Value,), {"wire_type": WireType.Long, "python": int}).kind is Kind.LONG


def test_a_users_construct_may_declare_another_kind():
    assert type("Mine", (wire.Value,), {"wire_type": WireType.Long, "python": str, "kind": Kind.HEX}).kind is Kind.HEX


def test_a_log_prints_a_value_of_another_python_type_as_bytes():
    assert "AttributePair\t[4] 00 01 00 02\n" in tserver_text(PAIR, NOON, registry=own.OWN)


def test_a_log_reads_a_value_of_another_python_type_from_bytes():
    (record,) = read_log([tserver_text(PAIR, NOON, registry=own.OWN).encode()], registry=own.OWN)
    assert record.item == PAIR


def test_a_log_refuses_bytes_that_the_users_construct_refuses():
    text = tserver_text(PAIR, NOON, registry=own.OWN).replace("[4] 00 01", "[4] ff 01")
    assert "log-value" in [getattr(entry, "code", "") for entry in read_log([text.encode()], registry=own.OWN)]


def test_the_ids_that_identify_one_thing():
    assert TLIBRARY.identifying(Identifies.CONNECTION, Identifies.CALL) == (
        TLIBRARY.attribute("ConnID").id,
        TLIBRARY.attribute("CallUUID").id,
    )


PAIR = own.Constructs(pair=(1, 2))
NOON = dt.datetime.fromisoformat("2015-05-29T12:00:00")

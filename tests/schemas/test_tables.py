"""The events' tables against the specification, typed out row by row."""

from __future__ import annotations

import pytest

import tlib_schemas
from tlib_schemas import TLIBRARY, AttributeID, MessageType, Severity
from tlib_schemas.events import events_in
from tlib_schemas.tables import MODULES

M, O = "Mandatory", "Optional"  # noqa: E741 as the specification writes them

TABLES = {
    "EventCallCreated": [
        ("CallUUID", M, "", 141),
        ("ISLinkList", O, "a", 146),
        ("ConnID", M, "", 9),
        ("CallType", O, "", 54),
        ("OrigCallUUID", O, "", 143),
        ("CallID", O, "", 3),
        ("NodeID", O, "", 4),
        ("NetworkCallID", O, "", 5),
        ("NetworkNodeID", O, "", 6),
        ("ANI", O, "", 19),
        ("DNIS", O, "", 18),
        ("UserData", O, "", 51),
        ("CustomerID", O, "", 76),
        ("DialedNumber", O, "b", 116),
    ],
    "EventCallDataChanged": [
        ("CallUUID", M, "", 141),
        ("ISLinkList", O, "", 146),
        ("ConnID", M, "", 9),
        ("CallType", O, "", 54),
        ("OrigCallUUID", O, "", 143),
        ("CallID", O, "", 3),
        ("NodeID", O, "", 4),
        ("NetworkCallID", O, "", 5),
        ("NetworkNodeID", O, "", 6),
        ("ANI", O, "", 19),
        ("DNIS", O, "", 18),
        ("UserData", O, "", 51),
        ("CustomerID", O, "", 76),
        ("CtrlParty", O, "a", 126),
    ],
    "EventCallDeleted": [
        ("CallUUID", M, "", 141),
        ("ConnID", M, "", 9),
        ("Cause", O, "a", 114),
        ("RefCallUUID", O, "b", 144),
        ("RefConnID", O, "c", 118),
        ("CtrlParty", O, "d", 126),
    ],
    "EventReleased": [
        ("ANI", O, "", 19),
        ("CallHistory", O, "", 77, 78, 79, 80, 106, 107),
        ("CallID", M, "", 3),
        ("CallState", M, "", 13),
        ("CallType", M, "", 54),
        ("ConnID", M, "", 9),
        ("RefConnID", O, "a", 118),
        ("CollectedDigits", O, "", 43),
        ("CustomerID", O, "", 76),
        ("DNIS", O, "", 18),
        ("Event", M, ""),
        ("Extensions", O, "", 53),
        ("NetworkCallID", O, "", 5),
        ("NetworkNodeID", O, "", 6),
        ("PreviousConnID", O, "b", 10),
        ("Reasons", O, "", 17),
        ("Server", M, "", 0x8001),
        ("ThisDN", M, "c", 20),
        ("time", M, "", 86, 87),
        ("TransferredNetworkCallID", O, "", 7),
        ("TransferredNetworkNodeID", O, "", 8),
        ("UserData", O, "", 51),
        ("Reliability", M, "", 119),
    ],
    "EventAddressInfo": [
        ("AgentID", O, "", 14),
        ("CallID", O, "", 3),
        ("ConnID", O, "a", 9),
        ("CustomerID", O, "", 76),
        ("Extensions", O, "", 53),
        ("InfoStatus", M, "", 57),
        ("InfoType", M, "", 56),
        ("NetworkCallID", O, "", 5),
        ("NetworkNodeID", O, "", 6),
        ("PreviousConnID", O, "a", 10),
        ("Reasons", O, "", 17),
        ("ReferenceID", M, "", 2),
        ("Server", M, "", 0x8001),
        ("ThisDN", M, "", 20),
        ("ThisQueue", O, "", 21),
        ("time", M, "", 86, 87),
        ("TransferredNetworkCallID", O, "", 7),
        ("TransferredNetworkNodeID", O, "", 8),
        ("UserData", O, "", 51),
    ],
    "EventRegistered": [
        ("AgentID", O, "", 14),
        ("CustomerID", O, "", 76),
        ("Extensions", M, "", 53),
        ("InfoStatus", O, "", 57),
        ("InfoType", M, "", 56),
        ("ReferenceID", M, "", 2),
        ("Server", M, "", 0x8001),
        ("ThisDN", M, "", 20),
        ("time", M, "", 86, 87),
    ],
}
NUMBERS = {
    "EventCallCreated": 160,
    "EventCallDataChanged": 161,
    "EventCallDeleted": 162,
    "EventReleased": 65,
    "EventAddressInfo": 92,
    "EventRegistered": 53,
}
# wire type, and the Python type, of every attribute of the tables
TYPES = {
    **dict.fromkeys(["CallUUID", "OrigCallUUID", "RefCallUUID", "ANI", "DNIS", "CustomerID", "DialedNumber", "CtrlParty"], (0, "str")),
    **dict.fromkeys(["CollectedDigits", "ThisDN", "AgentID", "ThisQueue"], (0, "str")),
    **dict.fromkeys(["FirstTransferHomeLocation", "FirstTransferOrigDN", "LastTransferHomeLocation", "LastTransferOrigDN"], (0, "str")),
    **dict.fromkeys(["CallID", "NodeID", "NetworkNodeID", "TransferredNetworkNodeID", "Server", "InfoStatus"], (1, "int")),
    **dict.fromkeys(["TimeinSecs", "TimeinuSecs", "ReferenceID"], (1, "int")),
    **dict.fromkeys(["ISLinkList", "UserData", "Extensions", "Reasons"], (3, "KVList")),
    **dict.fromkeys(["NetworkCallID", "TransferredNetworkCallID"], (6, "int")),
    **dict.fromkeys(["ConnID", "PreviousConnID", "RefConnID", "FirstTransferConnID", "LastTransferConnID"], (6, "str")),
    "CallType": (1, "TCallType"),
    "CallState": (1, "TCallState"),
    "Cause": (1, "TCause"),
    "InfoType": (1, "TAddressInfoType"),
    "Reliability": (1, "TReliability"),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_rows_are_those_of_the_specification(name):
    schema = TLIBRARY.event(name).__schema__
    rows = [(row.name, M if row.mandatory else O, "".join(row.marks), *row.ids) for row in schema.rows]
    assert rows == TABLES[name]


def test_the_events_of_the_specification_have_its_numbers():
    assert {name: int(TLIBRARY.event(name).message) for name in NUMBERS} == NUMBERS


def test_the_events_of_the_specification_come_in_its_order():
    assert [cls.__name__ for cls in TLIBRARY.events if cls.__name__ in TABLES] == list(TABLES)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_module_of_tables_exports_its_events(module):
    assert sorted(module.__all__) == sorted(cls.__name__ for cls in events_in(vars(module)))


def test_the_package_exports_every_event():
    assert {cls.__name__ for cls in TLIBRARY.events} <= set(tlib_schemas.__all__)


def test_the_attributes_of_the_tables_have_their_types():
    found = {
        attribute.name: (int(attribute.value.wire_type), attribute.value.python.__name__)
        for name in TABLES
        for field in TLIBRARY.event(name).__schema__.fields
        for _, attribute in field.attributes
    }
    assert found == TYPES


def test_every_footnote_mark_of_a_table_has_a_text():
    for schema in TLIBRARY.tables:
        marks = {(note.mark, schema.by_name[note.field].label) for note in schema.footnotes}
        assert marks == {(mark, row.name) for row in schema.rows for mark in row.marks}
        assert all(note.text.endswith(".") for note in schema.footnotes)
        assert all(rule.note for rule in schema.rules)


def test_the_severities_are_those_decided():
    rules = {
        (schema.name, schema.by_name[rule.field].label, rule.other, rule.test.value, frozenset(map(int, rule.values)), rule.severity)
        for schema in (TLIBRARY.event(name).__schema__ for name in TABLES)
        for rule in schema.rules
    }
    merging, error, warning = frozenset({10, 11, 12}), Severity.ERROR, Severity.WARNING
    assert rules == {
        ("EventCallCreated", "ISLinkList", "", "always", frozenset(), warning),
        ("EventCallCreated", "DialedNumber", "call_type", "in", frozenset({2}), warning),
        ("EventCallDeleted", "RefConnID", "cause", "not in", merging, error),
        ("EventCallDeleted", "RefConnID", "cause", "absent", merging, warning),
        ("EventCallDeleted", "RefCallUUID", "cause", "not in", merging, warning),
        ("EventCallDeleted", "RefCallUUID", "cause", "absent", merging, warning),
        ("EventReleased", "RefConnID", "call_state", "in", frozenset({1, 2, 5}), error),
        ("EventReleased", "PreviousConnID", "call_type", "in", frozenset({4}), error),
        ("EventAddressInfo", "ConnID", "info_type", "in", frozenset({9}), error),
        ("EventAddressInfo", "PreviousConnID", "info_type", "in", frozenset({9}), error),
    }


def test_only_event_released_is_deprecated():
    assert [schema.name for schema in TLIBRARY.tables if schema.deprecated] == ["EventReleased"]


def test_every_number_of_the_public_lists_is_known():
    assert {int(m) for m in MessageType} >= set(range(183))
    assert TLIBRARY.dictionary.keys() >= {*range(149), 0x8001}
    assert {int(a) for a in AttributeID} == set(TLIBRARY.dictionary)

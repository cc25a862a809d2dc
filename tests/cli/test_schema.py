"""`tlib schema`: tables of events."""

from __future__ import annotations

import json

import pytest


def test_without_an_event_it_lists_all_events(run):
    assert "EventCallCreated" in run("schema").out


@pytest.mark.parametrize("cell", ["Optional a", "the message number", "0x8001", "Mandatory for the call states", "deprecated"])
def test_a_table_shows_presence_numbers_and_footnotes(run, cell):
    assert cell in run("schema", "eventreleased").out


def test_an_event_may_be_given_by_number(run):
    assert run("schema", "162").out.startswith("EventCallDeleted (message 162)")


def test_an_unknown_event_is_refused_with_the_closest_name(run):
    assert "did you mean EventCallDeleted?" in run("schema", "EventCalDeleted").err


def test_json_prints_the_schema_of_one_event(run):
    assert json.loads(run("schema", "--json", "EventCallDeleted").out)["title"] == "EventCallDeleted"


def test_json_prints_the_schema_of_all_events(run):
    assert "EventCallDeleted" in json.loads(run("schema", "--json").out)["$defs"]


@pytest.mark.parametrize("name", ["TCallType", "CallType", "calltype"])
def test_an_enumeration_shows_its_values(run, name):
    assert "2   Inbound" in run("schema", name).out


def test_an_enumeration_names_the_attributes_that_use_it(run):
    assert "TCause, of Cause" in " ".join(run("schema", "TCause").out.split())


def test_an_enumeration_of_an_attribute_has_the_attributes_name(run):
    assert "MessageType" in run("schema", "UserEvent").out


def test_an_enumeration_that_no_attribute_uses_is_known(run):
    assert "of no attribute" in " ".join(run("schema", "TDNState").out.split())


def test_json_prints_the_names_of_an_enumeration(run):
    assert "Inbound" in json.loads(run("schema", "--json", "CallType").out)["anyOf"][0]["enum"]


@pytest.mark.parametrize("name", ["RequestAnswerCall", "requestanswercall", "16"])
def test_a_message_without_a_table_says_so(run, name):
    assert run("schema", name).out.startswith("RequestAnswerCall (message 16): no public table")


def test_a_message_without_a_table_has_no_json_schema(run):
    done = run("schema", "--json", "RequestAnswerCall")
    assert (done.status, "no public table" in done.err) == (2, True)


def test_the_list_names_messages_without_a_table(run):
    assert "RequestAnswerCall 16" in " ".join(run("schema").out.split())


def test_the_list_names_enumerations(run):
    assert "TCallType" in run("schema").out.partition("Enumerations:")[2]


@pytest.mark.parametrize(("name", "hint"), [("TCalType", "TCallType"), ("RequestAnswerCal", "RequestAnswerCall")])
def test_an_unknown_name_gets_the_closest_message_or_enumeration(run, name, hint):
    assert f"did you mean {hint}?" in run("schema", name).err


def test_a_number_without_a_message_is_refused(run):
    assert run("schema", "9999").status == 2

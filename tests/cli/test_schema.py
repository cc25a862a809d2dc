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

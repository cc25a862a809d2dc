"""`tlib schema`: tables of events."""

from __future__ import annotations

import json


def test_schema(run):
    listed = run("schema").out
    assert "EventCallCreated" in listed
    table = run("schema", "eventreleased").out
    assert "Optional a" in table
    assert "the message number" in table
    assert "0x8001" in table
    assert "Mandatory for the call states" in table
    assert "deprecated" in table
    assert run("schema", "162").out.startswith("EventCallDeleted (message 162)")
    assert "did you mean EventCallDeleted?" in run("schema", "EventCalDeleted").err
    assert json.loads(run("schema", "--json", "EventCallDeleted").out)["title"] == "EventCallDeleted"
    assert json.loads(run("schema", "--json").out)

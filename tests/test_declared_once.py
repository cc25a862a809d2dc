"""An event declared once, in a registry of its own, is known everywhere a registry is taken."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from tlib_codec import TLIBRARY, Event, EventCallDeleted, KVList, OpenEnum, event, reference
from tlib_codec.calls import Ending, follow
from tlib_codec.exports.json_schema import json_schema
from tlib_codec.formats import jsonl
from tlib_codec.formats.logs.reader import read_log
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_codec.records import Record
from tlib_codec.redact import Redactor, Rules
from tlib_fuzz import strategies
from tlib_schemas import Attribute, Identifies, Registry, wire
from tlib_schemas.attributes import CallUUID

TIME = dt.datetime.fromisoformat("2015-05-29T16:45:24.5942")


class Mood(OpenEnum):
    Content = 1
    Cross = 2


CallerMood = Annotated[Mood, Attribute(0x8101, wire.Enum(Mood), "CallerMood")]
CallerName = Annotated[str, Attribute(0x8102, wire.String, "CallerName")]
HomeConnID = Annotated[str, Attribute(0x8103, wire.ConnID, "HomeConnID", identifies=Identifies.CONNECTION)]
Answers = Annotated[KVList, Attribute(0x8104, wire.KVList, "Answers")]


@event(0x9001)
class EventCallRated(Event):
    """The caller has rated the call."""

    home_conn_id: HomeConnID
    call_uuid: CallUUID | None = None
    mood: CallerMood | None = None
    name: CallerName | None = None
    answers: Answers | None = None


RATINGS = TLIBRARY.extend("Ratings", events=[EventCallRated])
RATED = EventCallRated(home_conn_id="006c02462a161006", mood=Mood.Cross, name="Ann Smith", answers=KVList({"Wait": "long"}))
DATA = {
    "Event": "EventCallRated",
    "HomeConnID": "006c02462a161006",
    "CallerMood": "Cross",
    "CallerName": "Ann Smith",
    "Answers": {"Wait": "long"},
}


def test_an_engine_decodes_the_frame_that_it_encodes(codec):
    assert codec.decode(codec.encode(RATED, registry=RATINGS), registry=RATINGS) == RATED


def test_an_engine_encodes_the_frame_of_the_reference_engine(codec):
    assert codec.encode(RATED, registry=RATINGS) == reference.encode(RATED, registry=RATINGS)


def test_json_has_the_names_of_the_declaration():
    assert jsonl.to_data(RATED, registry=RATINGS) == DATA


def test_json_reads_back():
    assert jsonl.from_data(DATA, registry=RATINGS) == RATED


def test_the_json_schema_accepts_the_event():
    Draft202012Validator(json_schema(EventCallRated, registry=RATINGS)).validate(DATA)


@pytest.mark.parametrize("wrong", [{"CallerMood": "Bored"}, {"HomeConnID": "zz"}, {"Answers": 7}, {"CallerName": 7}], ids=str)
def test_the_json_schema_refuses_a_value_of_another_type(wrong):
    assert not Draft202012Validator(json_schema(EventCallRated, registry=RATINGS)).is_valid(DATA | wrong)


@pytest.mark.parametrize(
    "text", [tserver_text(RATED, TIME, registry=RATINGS), platform_sdk_text(RATED, registry=RATINGS)], ids=["tserver", "platform"]
)
def test_a_log_reads_back(text):
    (record,) = read_log([text.encode()], registry=RATINGS)
    assert isinstance(record, Record)
    assert record.item == RATED


def test_each_attribute_has_a_column_of_its_kind():
    pa = pytest.importorskip("pyarrow")
    from tlib_codec.arrow.columns import schema

    fields = schema(registry=RATINGS)
    assert fields.field("CallerName").type == pa.string()
    assert fields.field("HomeConnID").type == pa.string()
    assert pa.types.is_dictionary(fields.field("CallerMood").type)
    assert pa.types.is_list(fields.field("Answers").type)


def test_columns_hold_the_values():
    pa = pytest.importorskip("pyarrow")
    from tlib_codec.arrow.columns import Columns

    (batch,) = Columns([reference.encode(RATED, registry=RATINGS)], registry=RATINGS)
    (row,) = pa.Table.from_batches([batch]).select(["CallerMood", "CallerName", "HomeConnID"]).to_pylist()
    assert row == {"CallerMood": "Cross", "CallerName": "Ann Smith", "HomeConnID": "006c02462a161006"}


def test_redaction_replaces_the_personal_text():
    assert Redactor(b"secret", registry=RATINGS).item(RATED).name != "Ann Smith"


def test_redaction_replaces_the_values_of_the_list():
    assert Redactor(b"secret", registry=RATINGS).item(RATED).answers["Wait"] != "long"


def test_redaction_keeps_the_enumeration():
    assert Redactor(b"secret", registry=RATINGS).item(RATED).mood is Mood.Cross


def test_redaction_keeps_the_identifier():
    assert Redactor(b"secret", registry=RATINGS).item(RATED).home_conn_id == RATED.home_conn_id


def test_redaction_replaces_the_identifier_on_request():
    assert Redactor(b"secret", rules=Rules(replace=("ids",)), registry=RATINGS).item(RATED).home_conn_id != RATED.home_conn_id


@event(EventCallDeleted.message)
class EventCallEnded(Event):
    """Another table of the message that ends a call, which names the call by our identifier."""

    home_conn_id: HomeConnID


def test_a_call_is_tracked_by_the_identifier():
    (call,) = follow([EventCallEnded(home_conn_id="006c02462a161006")], registry=Registry("Endings", events=[EventCallEnded]))
    assert (call.conn_id, call.ending) == ("006c02462a161006", Ending.DELETED)


@given(strategies.events(EventCallRated, registry=RATINGS))
def test_strategies_draw_events_that_decode(drawn):
    assert reference.decode(reference.encode(drawn, registry=RATINGS), registry=RATINGS) == drawn


@pytest.fixture
def generate(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "docs"))
    monkeypatch.delitem(sys.modules, "generate", raising=False)
    import generate

    return generate


def test_the_table_of_attributes_has_a_row_of_each(generate):
    assert "| 33025 | CallerMood | Int | Mood | CallRated |" in generate.attributes(RATINGS)


def test_the_tables_of_events_have_the_event(generate):
    assert "### EventCallRated (36865)" in generate.events(RATINGS)


def test_its_docstring_has_the_table():
    assert "HomeConnID  Mandatory  str" in EventCallRated.__doc__


def test_its_docstring_begins_with_the_summary():
    assert EventCallRated.__doc__.startswith("The caller has rated the call.\n\n    HomeConnID")


def test_its_signature_has_plain_types():
    assert "Annotated" not in str(inspect.signature(EventCallRated))

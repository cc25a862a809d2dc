"""The call ladder: well-formed SVG in which nothing lies on anything else, whatever the calls hold."""

import itertools
from pathlib import Path
from xml.etree import ElementTree as ET

import partyevents
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import TLIBRARY, Attributes, EventCallCreated, EventCallDeleted, StreamDecoder, TCallType, TCause, UnknownEvent
from tlib_codec.calls import follow, ladder
from tlib_codec.calls.rows import Kind, Rows
from tlib_fuzz import strategies

EXAMPLES = Path(__file__).parents[3] / "examples"
SVG = "{http://www.w3.org/2000/svg}"


def calls():
    decoder = StreamDecoder()
    decoder.feed((EXAMPLES / "calls.tlb").read_bytes())
    decoder.close()
    return list(follow(decoder))


def parsed(text):
    return ET.fromstring(text)  # our own output


def texts(text):
    return ["".join(element.itertext()) for element in parsed(text).iter(f"{SVG}text")]


def test_the_example_shows_consult_transfer_and_conference():
    told = texts(ladder(calls(), title="The example"))
    assert "The example" in told
    for word in ("Inbound call", "Consult call", "Outbound call", "consults", "Transfer", "Conference", "7097", "+ 47.7 s", "2026-03-14"):
        assert word in told
    assert sum(text == "Consult call" for text in told) == 2


def test_no_boxes_overlap_and_all_is_inside():
    root = parsed(ladder(calls()))
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = [tuple(float(rect.get(key)) for key in ("x", "y", "width", "height")) for rect in root.iter(f"{SVG}rect") if rect.get("x")]
    boxes = [box for box in boxes if box[3] > 13]  # not the grounds of labels
    assert len(boxes) > 10
    for (x, y, w, h), (x2, y2, w2, h2) in itertools.combinations(boxes, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    assert all(x >= 0 and x + w <= width and y >= 0 and y + h <= height for x, y, w, h in boxes)
    lines = sorted(float(text.get("y")) for text in root.iter(f"{SVG}text") if text.get("class") is None)
    assert all(after - before >= 15 for before, after in itertools.pairwise(lines))


def test_calls_one_after_the_other_share_a_lane_and_calls_at_once_do_not():
    rows = Rows(calls(), TLIBRARY, 1_000)
    assert rows.lanes == 2
    for one, other in itertools.combinations(rows.calls, 2):
        if one.lane == other.lane:
            assert one.last < other.first or other.last < one.first
    assert [row.label for row in rows.rows if row.kind is Kind.MERGE] == ["Transfer", "Conference"]


def test_a_call_that_does_not_end_and_one_that_did_not_begin():
    uuid, conn = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"
    told = ladder(follow([EventCallCreated(call_uuid=uuid, conn_id=conn)]))
    assert "open" in texts(told)
    told = ladder(follow([EventCallDeleted(call_uuid=uuid, conn_id=conn, cause=TCause.Busy)]))
    assert any("call-not-created" in text for text in texts(told))
    assert "stroke-dasharray" in told
    assert texts(ladder([])) == ["Calls"]


def test_a_long_ladder_is_cut():
    told = texts(ladder(calls(), rows=5))
    assert "… more events than are drawn" in told
    assert "Transfer" not in told


def test_text_of_the_input_cannot_break_out():
    nasty = "<script>alert(1)</script>&\x1b[31m\u202e\udcff'\""
    event = EventCallCreated(call_uuid=nasty, conn_id="006c02462a161006", ani=nasty, call_type=TCallType(77))
    party = UnknownEvent(60, Attributes({"CallUUID": nasty, "ThisDN": nasty, "OtherDN": nasty}))
    text = ladder(follow([event, party]), title=nasty)
    parsed(text)
    assert "<script" not in text
    assert "\x1b" not in text
    assert "77 call" in texts(text)
    text.encode()


def bars(rows):
    return [(bar.party.name, bar.line.name, bar.state.value) for bar in rows.bars]


def test_a_party_has_a_bar_for_each_of_its_states():
    found = partyevents.calls(*partyevents.consultation())
    assert sorted(bars(Rows(found.values(), TLIBRARY, 100))) == [
        ("7001", partyevents.CONN, "established"),
        ("7001", partyevents.CONN, "held"),
        ("7001", partyevents.CONN, "ringing"),
        ("7001", partyevents.SECOND, "dialing"),
        ("7001", partyevents.SECOND, "established"),
        ("7002", partyevents.SECOND, "established"),
        ("7002", partyevents.SECOND, "ringing"),
    ]


def test_the_parties_of_a_site_stand_in_its_box():
    rows = Rows(partyevents.fed(partyevents.STEPS).values(), TLIBRARY, 100)
    assert [(box.name, box.first, box.last) for box in rows.boxes] == [("lake.log", 1, 2), ("hill.log", 3, 4)]


def test_parties_of_one_site_have_no_box():
    assert Rows(calls(), TLIBRARY, 1_000).boxes == []


def test_a_party_that_talks_to_another_one_is_drawn_with_it():
    rows = Rows(partyevents.calls(partyevents.ringing(0)).values(), TLIBRARY, 100)
    assert rows.rows[-1].far is rows.parties["", partyevents.CALLER]


@given(st.lists(strategies.items(), max_size=10))
def test_any_calls_can_be_drawn(items):
    parsed(ladder(follow(items))).tag.endswith("svg")

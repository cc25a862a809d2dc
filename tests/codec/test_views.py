"""`scan`: lazy views of the frames in a buffer, on every engine."""

import pytest

from tlib_codec import (
    EventCallCreated,
    EventCallDeleted,
    Gap,
    InvalidEvent,
    KVList,
    Malformed,
    MalformedFrame,
    Policy,
    SchemaViolation,
    TCause,
    encode,
)

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CREATED = encode(
    EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006", user_data=KVList({"Tier": "Gold"}), extra={"EventSequenceNumber": 161})
)
DELETED = encode(EventCallDeleted(call_uuid=UUID, conn_id="006c02462a161006", cause=TCause.Busy))
INVALID = bytes.fromhex("544c 01 00 00a2 0000000e  0009 06 000008 006c02462a161006")
UNKNOWN = bytes.fromhex("544c 01 00 03e7 00000009  0bb8 07 000003 616263")
BROKEN_LIST = bytes.fromhex("544c 01 00 00a0 00000009  0033 03 000003 000000")


def test_views_tell_what_and_where(codec):
    views = list(codec.scan(bytearray(CREATED + UNKNOWN + DELETED)))
    assert [(view.name, view.message, view.offset, view.length, view.valid) for view in views] == [
        ("EventCallCreated", 160, 0, len(CREATED), True),
        (None, 999, len(CREATED), len(UNKNOWN), True),
        ("EventCallDeleted", 162, len(CREATED) + len(UNKNOWN), len(DELETED), True),
    ]
    assert [view.data for view in views] == [CREATED, UNKNOWN, DELETED]
    assert repr(views[0]) == f"<FrameView EventCallCreated at 0, {len(CREATED)} bytes>"
    assert repr(views[1]) == f"<FrameView 999 at {len(CREATED)}, {len(UNKNOWN)} bytes>"


def test_attributes_are_read_by_name_alias_or_id(codec):
    created, unknown, deleted = codec.scan(CREATED + UNKNOWN + DELETED)
    assert created["ConnID"] == created[9] == created.get("ConnID") == "006c02462a161006"
    assert created["CallUuid"] == UUID
    assert created["UserData"] == KVList({"Tier": "Gold"})
    assert created["EventSequenceNumber"] == 161
    assert deleted["Cause"] is TCause.Busy
    assert unknown[3000].value == b"abc"
    assert "ConnID" in created
    assert "Cause" not in created
    assert 3000 in unknown
    assert created.get("Cause") is None
    assert created.get("Cause", 7) == 7
    with pytest.raises(KeyError):
        created["Cause"]
    with pytest.raises(LookupError, match="did you mean ConnID"):
        created.get("ConID")


def test_a_view_becomes_its_event(codec):
    created, invalid = codec.scan(CREATED + INVALID)
    assert created.event() == codec.decode(CREATED)
    assert not invalid.valid
    with pytest.raises(SchemaViolation):
        invalid.event()
    assert isinstance(invalid.event(policy=Policy.LENIENT), InvalidEvent)


def test_what_is_no_frame_stands_between_the_views(codec):
    first, gap, broken, last = codec.scan(CREATED + b"noise" + BROKEN_LIST + DELETED)
    assert (first.name, last.name) == ("EventCallCreated", "EventCallDeleted")
    assert gap == Gap(len(CREATED), b"noise")
    assert isinstance(broken, MalformedFrame)
    assert broken.error.code == "list-trailing"
    assert list(codec.scan(b"")) == []


def test_a_shallow_scan_judges_a_list_when_it_is_read(codec):
    (item,) = codec.scan(BROKEN_LIST, deep=False)
    if isinstance(item, MalformedFrame):  # the reference engine always looks
        assert item.error.code == "list-trailing"
        return
    with pytest.raises(Malformed) as refused:
        item["UserData"]
    assert refused.value == next(iter(codec.scan(BROKEN_LIST))).error
    (created,) = codec.scan(CREATED, deep=False)
    assert created["UserData"] == KVList({"Tier": "Gold"})


def test_the_buffer_may_be_any(codec, tmp_path):
    for buffer in (CREATED, bytearray(CREATED), memoryview(CREATED)):
        assert [view["ConnID"] for view in codec.scan(buffer)] == ["006c02462a161006"]
    with pytest.raises(TypeError):
        list(codec.scan("text"))

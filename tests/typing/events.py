"""What a type checker must accept, refuse and infer. Read by mypy in test_typing.py, never imported.

A line marked ``# refused: code`` must give exactly that error, every other line none.
"""

from typing import assert_type

from tlib_codec import (
    Attributes,
    EventCallCreated,
    EventCallDeleted,
    EventReleased,
    Item,
    KVList,
    StreamDecoder,
    StreamItem,
    TCallType,
    TCause,
    Timestamp,
    check,
    decode,
    encode,
)
from tlib_schemas import TLIBRARY, Violation

event = EventCallCreated(call_uuid="x", conn_id="y", call_type=TCallType.Inbound, user_data=KVList({"a": 1}), extra=Attributes())
EventCallCreated(conn_id="y")  # refused: call-arg
EventCallCreated(call_uuid="x", conn_id=5)  # refused: arg-type
EventCallCreated(call_uuid="x", conn_id=None)  # refused: arg-type
EventCallCreated(call_uuid="x", conn_id="y", call_type=2)  # refused: arg-type
EventCallCreated(call_uuid="x", conn_id="y", call_tpye=TCallType.Inbound)  # refused: call-arg
event.conn_id = "z"  # refused: misc
unlisted = event.reliability  # refused: attr-defined

assert_type(event.call_uuid, str)
assert_type(event.call_type, TCallType | None)
assert_type(event.user_data, KVList | None)
assert_type(event.network_call_id, int | None)
assert_type(event.extra, Attributes)


def cause_of(deleted: EventCallDeleted, released: EventReleased) -> None:
    assert_type(deleted.cause, TCause | None)
    assert_type(released.time, Timestamp)
    assert_type(released.server, int)


def codec(data: bytes) -> None:
    assert_type(decode(data), Item)
    assert_type(encode(event), bytes)
    assert_type(check(data), tuple[Violation, ...])
    assert_type(TLIBRARY.validate(event), tuple[Violation, ...])
    encode(data)  # refused: arg-type
    item = decode(data)
    if isinstance(item, EventCallCreated):
        assert_type(item.conn_id, str)
    for one in StreamDecoder():
        assert_type(one, StreamItem)

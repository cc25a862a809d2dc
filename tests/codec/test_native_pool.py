"""The native engine frees events into a pool of its own: whatever is done to their classes must hold."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref

import pytest

from tlib_codec import EventCallCreated, EventCallDeleted, EventReleased, KVList, TCause, reference
from tlib_schemas import TLIBRARY, event

native = pytest.importorskip("tlib_codec.native.engine", reason="the native engine is not built")

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CREATED = EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006", user_data=KVList({"a": {"b": 1}}), extra={"ReferenceID": 7})
FRAME = reference.encode(CREATED)
DELETED = reference.encode(EventCallDeleted(call_uuid=UUID, conn_id="006c02462a161006", cause=TCause.Busy))


class Child(EventCallCreated):
    """A subclass that is no event of a registry."""


class Watched(EventCallDeleted, weakref=True):
    """One whose instances may be referred to weakly."""


GONE: list[str] = []


@event(900)
class Mortal(EventCallDeleted):
    """One that is told when it dies."""

    def __del__(self) -> None:
        GONE.append(self.call_uuid)


@event(901)
class Dated(EventCallDeleted, weakref=True, dict=True):
    """One with more memory than its fields."""


OWN = TLIBRARY.extend("Own", events=[Mortal, Dated])


def test_more_live_events_than_the_pool_holds():
    for _ in range(3):
        held = [native.decode(FRAME) for _ in range(200)]
        assert all(one == CREATED for one in held)
        assert {id(one) for one in held}.__len__() == 200
        del held
        gc.collect()


def test_events_made_by_python_and_by_the_engine_share_the_pool():
    for i in range(500):
        made = EventCallCreated(call_uuid=UUID, conn_id=f"{i:016x}")
        assert made.user_data is None
        assert made.extra == {}
        decoded = native.decode(native.encode(made))
        assert decoded == made
        assert copy.copy(decoded) == pickle.loads(pickle.dumps(decoded)) == made


def test_absent_fields_do_not_use_up_none():
    before = sys.getrefcount(None)
    for _ in range(2000):
        native.decode(FRAME)
        native.decode(DELETED)
        EventCallCreated(call_uuid=UUID, conn_id="0" * 16)
    assert abs(sys.getrefcount(None) - before) < 200


def test_subclasses_are_freed_by_the_same_steps():
    for _ in range(100):
        child = Child(call_uuid=UUID, conn_id="0" * 16, user_data=KVList({"k": 1}))
        assert child.user_data["k"] == 1
        watched = Watched(call_uuid=UUID, conn_id="0" * 16)
        reference_to = weakref.ref(watched)
        assert reference_to() is watched
        del watched, child
        assert reference_to() is None


def test_a_finaliser_runs_once_an_event():
    frame = reference.encode(Mortal(call_uuid=UUID, conn_id="0" * 16), registry=OWN)
    gc.collect()
    GONE.clear()
    for _ in range(50):
        native.decode(frame, registry=OWN)
    assert GONE == [UUID] * 50


def test_a_class_with_more_memory_than_its_fields():
    frame = reference.encode(Dated(call_uuid=UUID, conn_id="0" * 16), registry=OWN)
    for _ in range(100):
        dated = native.decode(frame, registry=OWN)
        assert weakref.ref(dated)() is dated
        assert dated == reference.decode(frame, registry=OWN)


def test_threads_share_the_pools():
    wrong: list[object] = []

    def work() -> None:
        for _ in range(3000):
            one = native.decode(FRAME)
            if one.user_data["a"]["b"] != 1 or native.encode(one) != FRAME:
                wrong.append(one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_composites_and_extra_live_in_pooled_events():
    frame = bytes.fromhex(
        "544c 01 00 0041 00000060"
        "0003 01 000004 00000001  0009 06 000008 0000000000000001  000d 01 000004 00000000  0014 00 000003 783a3a"
        "0036 01 000004 00000002  004e 00 000002 3939  0056 01 000004 00000005  0077 01 000004 00000000  8001 01 000004 00000000"
        "9000 09 000001 00"
    )
    frame = frame[:6] + (len(frame) - 10).to_bytes(4, "big") + frame[10:]
    for _ in range(100):
        released = native.decode(frame)
        assert isinstance(released, EventReleased)
        assert released == reference.decode(frame)
        assert released.call_history.first_transfer_orig_dn == "99"
        assert list(released.extra) == ["#36864"]

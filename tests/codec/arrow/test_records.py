"""Captures straight to columns: the same rows, in the same order, as item by item."""

from __future__ import annotations

import io
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import TLIBRARY, EventCallDeleted, TCause, encode, native
from tlib_codec.arrow.captures import CaptureColumns
from tlib_codec.arrow.plan import plan
from tlib_codec.formats.captures import lanes
from tlib_codec.formats.captures.model import CaptureSettings
from tlib_fuzz.conversations import Conversation, mixed
from tlib_fuzz.packets import Talk, pcap, pcapng
from tlib_schemas.limits import DEFAULT_LIMITS

EVENT = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", cause=TCause.Transfer)
FRAME = encode(EVENT)
INVALID = FRAME[:6] + bytes(4)  # no attribute at all
DEEP = FRAME[:4] + FRAME[4:].replace(b"01FES9", b"\xff1FES9")


class Pieces(io.BytesIO):
    """A raw file that gives so many bytes at most."""

    def __init__(self, data, step):
        super().__init__(data)
        self.step = step

    def read(self, size=-1):
        return super().read(min(size, self.step))


def both(data, step=1 << 20, **options):
    """The rows and the wrong items of both ways, which must not differ."""
    found = []
    for chosen in (True, False):
        columns = CaptureColumns(Pieces(data, step), name="x", native_builder=chosen, **options)
        rows, wrong = [], []
        for batch, items in columns.batches():
            batch.validate(full=True)
            assert batch.schema == columns.schema
            assert not chosen or batch.num_rows - batch.column("$error").null_count == len(items)
            rows += batch.to_pylist()
            wrong += items
        found.append((rows, list(map(repr, wrong))))
    assert found[0] == found[1]
    return found[0][0]


needs_native = pytest.mark.skipif(native.extension("columns") is None, reason="the native engine is not built, or does not run")


@needs_native
@given(seed=st.integers(0, 2**32), step=st.sampled_from([300, 3000, 1 << 20]), chosen=st.booleans(), damage=st.integers(0, 20))
def test_straight_is_as_item_by_item(seed, step, chosen, damage):
    chance = random.Random(seed)
    data = bytearray((pcap if seed % 2 else pcapng)(mixed([Conversation(seed + i, i) for i in range(chance.randint(1, 4))], seed)))
    for _ in range(damage):
        data[chance.randrange(30, len(data))] = chance.randrange(256)
    del data[chance.choice([len(data), chance.randrange(30, len(data))]) :]
    settings = CaptureSettings(
        problems=chance.choice([3, 1000]), memory=chance.choice([2000, 128 << 20]), connections=chance.choice([2, 16_384])
    )
    both(bytes(data), step, ports=[3000] if chosen else [], settings=settings)


@needs_native
@given(seed=st.integers(0, 2**32), step=st.sampled_from([200, 1 << 20]))
def test_frames_of_every_kind(seed, step):
    chance = random.Random(seed)
    talk, other = Talk().open(), Talk(cport=41_000).open()
    for _ in range(chance.randint(1, 40)):
        kind = chance.choice([FRAME, FRAME, INVALID, DEEP, FRAME + FRAME, FRAME[:-7], b"no frame", FRAME[:30]])
        chance.choice([talk, other]).say(kind, side=chance.randrange(2))
    packets = [*talk.packets, *other.packets]
    chance.shuffle(packets)
    both(pcap(sorted(packets) if seed % 3 else packets), step)


@needs_native
def test_many_rows_of_one_read():
    talk = Talk().open()
    for _ in range(500):
        talk.say(FRAME * 40)
    rows = both(pcap(talk.close().packets), 1 << 24)
    assert len(rows) == 20_000
    assert [row["$offset"] for row in rows] == list(range(0, 20_000 * len(FRAME), len(FRAME)))
    assert rows[-1] | {"ConnID": EVENT.conn_id, "Event": "EventCallDeleted", "$file": "x", "$src": "10.0.0.2:3000"} == rows[-1]


def test_what_is_missing_is_a_row_with_its_source():
    talk = Talk().open().say(FRAME)
    talk.seqs[1] += 100
    talk.say(FRAME).close()
    batches = list(CaptureColumns(io.BytesIO(pcap(talk.packets)), name="x"))
    good, missing, more = pa.Table.from_batches(batches).to_pylist()
    assert (missing["$error"], missing["$frame"], missing["$offset"]) == ("gap", b"", len(FRAME))
    assert more["$offset"] - missing["$offset"] == 100
    assert (missing["$src"], missing["$connection"], missing["$direction"]) == (good["$src"], "0", "to-client")
    assert missing["$packet"] > good["$packet"]
    assert missing["$time"] > good["$time"]


def test_wrong_items_stand_beside_their_rows():
    talk = Talk().open().say(FRAME + INVALID + b"?" + FRAME)
    ((batch, wrong),) = CaptureColumns(io.BytesIO(pcap(talk.packets)), name="x").batches()
    assert batch.column("$error").to_pylist() == [None, "mandatory-missing", "gap", None]
    assert [type(item) for item in wrong] == [Captured, Captured]
    assert [(item.offset, item.data) for item in wrong] == [(len(FRAME), INVALID), (len(FRAME) + len(INVALID), b"?")]


def test_a_stream_for_others():
    data = pcap(Talk().open().say(FRAME).close().packets)
    table = pa.table(CaptureColumns(io.BytesIO(data), name="x", columns=["$packet"]))
    assert table.column_names[-1] == "$packet"
    assert table["$packet"].to_pylist() == [4]


def test_lanes_in_python():
    data = pcap(Talk().open().say(FRAME).close().packets)
    (batch,) = CaptureColumns(io.BytesIO(data), lanes=lanes.Lanes)
    assert batch.column("ConnID").to_pylist() == [EVENT.conn_id]


@needs_native
def test_a_builder_that_is_misused():
    builder = native.extension("columns").FrameBuilder(TLIBRARY, DEFAULT_LIMITS, plan(TLIBRARY), 1 << 20)
    assert (builder.fill(), builder.rows) == (False, 0)
    with pytest.raises(ValueError, match="a place each"):
        builder.put(FRAME, bytes(8), bytes(8))
    builder.put(FRAME, bytes(8) + (len(FRAME) + 1).to_bytes(8, "little"), bytes(8))
    with pytest.raises(ValueError, match="not in rows"):
        builder.put(FRAME, bytes(16), bytes(8))
    with pytest.raises(ValueError, match="a bound that is none"):
        builder.fill()

"""Columns: both builders give the same batches, the batches say what the frames say, and nothing is lost."""

from __future__ import annotations

import io
import itertools
import mmap
import subprocess
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather import WEATHER

from tlib_codec import (
    TLIBRARY,
    EncodeError,
    EventCallCreated,
    EventCallDataChanged,
    KVList,
    Limits,
    Policy,
    RawAttribute,
    TCallType,
    TCause,
    Unicode,
    encode,
    encode_frame,
    scan,
)
from tlib_codec import native as compiled
from tlib_codec.arrow import layout as column_layout
from tlib_codec.arrow.columns import Columns, as_map, frames, schema, validate
from tlib_codec.arrow.reader import list_of
from tlib_fuzz import strategies as some
from tlib_schemas import Attribute, Frame, Registry, wire
from tlib_schemas.kinds import WireType
from tlib_schemas.limits import LONGEST_BODY

NATIVE = compiled.extension("columns") is not None
UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CREATED = EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006", call_type=TCallType.Inbound, user_data=KVList({"k": 1}))
GOOD = encode(CREATED)
DELETED = TLIBRARY.messages["EventCallDeleted"]
CALL_TYPE = TLIBRARY.attribute("CallType").id
REGISTRIES = pytest.mark.parametrize("registry", [TLIBRARY, WEATHER], ids=lambda r: r.name)


@pytest.fixture(params=[True, False], ids=["native", "python"])
def builder(request):
    """The argument `builder` of `Columns`: the builder in C, and the one in Python."""
    if request.param and not NATIVE:
        pytest.skip("the native engine is not built, or not asked for")
    return request.param


def raw(message, *attributes):
    return encode_frame(Frame(message, tuple(RawAttribute(*a) for a in attributes)), policy=Policy.LENIENT)


def rows(data, **settings):
    """Every row as a dict of what is not null."""
    table = pa.table(Columns(data, **settings))
    table.validate(full=True)
    return [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]


def row(data, **settings):
    (only,) = rows(data, **settings)
    return only


def streams(registry=TLIBRARY):
    """Frames, damaged frames and garbage, back to back."""
    piece = st.one_of(
        some.frames(registry, canonical=True),
        some.frames(registry),
        some.mutated_frames(registry),
        st.binary(max_size=12),
        some.untyped_frames().map(lambda frame: encode_frame(frame, policy=Policy.LENIENT)),
    )
    return st.lists(piece, max_size=8).map(b"".join)


# -- both builders, and the way back ----------------------------------------------------------------


@pytest.mark.skipif(not NATIVE, reason="the native engine is not built, or not asked for")
@REGISTRIES
@given(data=st.data())
def test_both_builders_give_the_same_batches(registry, data):
    stream = data.draw(streams(registry))
    settings = {"registry": registry, "batch_bytes": data.draw(st.sampled_from((1, 60, 300, 1 << 20)))}
    if data.draw(st.booleans()):
        settings["columns"] = data.draw(st.lists(st.sampled_from(schema(registry=registry).names), unique=True))
    if data.draw(st.booleans()):
        settings["limits"] = Limits(list_depth=2, list_pairs=3, frame_body=200)
    native = list(Columns(stream, **settings))
    for batch in native:
        batch.validate(full=True)
    python = list(Columns(stream, **settings, builder=False))
    assert [batch.to_pydict() for batch in native] == [batch.to_pydict() for batch in python]
    assert [batch.schema for batch in native] == [batch.schema for batch in python]
    assert all(a.equals(b) for a, b in zip(native, python, strict=True))
    limits = {key: value for key, value in settings.items() if key in ("registry", "limits")}
    assert validate(stream, **limits) == validate(stream, **limits, builder=False)


@REGISTRIES
@given(data=st.data())
def test_frames_come_back_to_the_byte(registry, data):
    stream = data.draw(streams(registry))
    batches = list(Columns(stream, registry=registry, batch_bytes=data.draw(st.sampled_from((1, 200, 1 << 20)))))
    assert b"".join(frames(batches, registry=registry)) == stream
    offsets = list(itertools.chain.from_iterable(batch.column("$offset").to_pylist() for batch in batches))
    lengths = [len(frame) for frame in frames(batches, registry=registry)]
    assert offsets == [0, *itertools.accumulate(lengths)][:-1]


@given(stream=streams(), cuts=st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_any_chunks_give_the_same_rows(stream, cuts):
    ends = itertools.accumulate(itertools.cycle(cuts))
    starts = [0, *itertools.takewhile(lambda end: end < len(stream), ends)]
    chunks = [stream[a:b] for a, b in itertools.pairwise([*starts, len(stream)])]
    for batch_bytes in (100, 1 << 20):
        whole = pa.table(Columns(stream, batch_bytes=batch_bytes))
        assert pa.table(Columns(iter(chunks), batch_bytes=batch_bytes)).equals(whole)
        assert pa.table(Columns(iter(chunks), batch_bytes=batch_bytes, builder=False)).equals(whole)


@given(stream=streams())
def test_rows_agree_with_scan_and_with_validate(stream):
    found = rows(stream)
    counts = validate(stream)
    items = list(scan(stream))
    views = {view.offset: view for view in items if hasattr(view, "valid")}
    assert [r["$offset"] for r in found] == [item.offset for item in items]
    for r in found:
        view = views.get(r["$offset"])
        if view is None:
            assert r["$error"]
            assert "$frame" in r
        else:
            assert r["Event"] == (view.name or str(view.message))
            assert ("$error" in r) is not view.valid
    told = [r.get("$error") for r in found]
    assert counts.gaps == told.count("gap")
    assert counts.frames == len(views) == counts.valid + counts.invalid + counts.unknown
    assert counts.malformed == len(items) - len(views) - counts.gaps
    assert counts.invalid == sum(not view.valid for view in views.values())
    assert counts.bytes == len(stream)


@given(event=some.events(extra=False))
def test_a_canonical_frame_of_utf8_needs_no_bytes_of_its_own(event):
    data = encode(event)
    found = row(data)
    text = repr(event).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    raw_values = any(TLIBRARY.dictionary[number].value is None for number in wire.offsets(data))
    assert ("$frame" in found) is (raw_values or "\\udc" in text)
    assert b"".join(frames(Columns(data))) == data


# -- what the columns say ---------------------------------------------------------------------------


def test_every_kind_of_value(builder):
    event = EventCallCreated(
        call_uuid=UUID,
        conn_id="006c02462a161006",
        call_type=TCallType.Consult,
        network_call_id=2**64 - 1,
        call_id=4_000_000_000,
        dnis="Straße 7",
        user_data=KVList([("a", "x"), ("n", -5), ("b", b"\xff"), ("l", {"i": Unicode("ü"), "e": {}}), ("a", "y")]),
    )
    pair = {"text": None, "number": None, "data": None}
    assert list(frames(Columns(encode(event), builder=builder))) == [encode(event)]
    assert row(encode(event), builder=builder) == {
        "Event": "EventCallCreated",
        "$offset": 0,
        "CallUUID": UUID,
        "ConnID": "006c02462a161006",
        "CallType": "Consult",
        "NetworkCallID": 2**64 - 1,
        "CallID": 4_000_000_000,
        "DNIS": "Straße 7",
        "UserData": [
            pair | {"depth": 1, "key": "a", "type": 0, "text": "x"},
            pair | {"depth": 1, "key": "n", "type": 1, "number": -5},
            pair | {"depth": 1, "key": "b", "type": 2, "data": b"\xff"},
            pair | {"depth": 1, "key": "l", "type": 3},
            pair | {"depth": 2, "key": "i", "type": 4, "text": "ü"},
            pair | {"depth": 2, "key": "e", "type": 3},
            pair | {"depth": 1, "key": "a", "type": 0, "text": "y"},
        ],
    }


def test_negative_numbers_where_they_are_declared(builder):
    data = raw(60, (TLIBRARY.attribute("ReferenceID").id, 1, b"\xff" * 4), (TLIBRARY.attribute("XRouteType").id, 1, b"\xff\xff\xff\xfb"))
    found = row(data, builder=builder)
    assert (found["ReferenceID"], found["XRouteType"]) == (-1, "-5")
    assert list(frames(Columns(data, builder=builder))) == [data]


def test_an_empty_list_is_not_an_absent_one(builder):
    empty = encode(EventCallDataChanged(call_uuid=UUID, conn_id="006c02462a161006", user_data=KVList()))
    table = pa.table(Columns(empty + GOOD + encode(EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006")), builder=builder))
    assert [value if value is None else len(value) for value in table["UserData"].to_pylist()] == [0, 1, None]
    assert b"".join(frames(table)) == empty + GOOD + encode(EventCallCreated(call_uuid=UUID, conn_id="006c02462a161006"))


def test_numbers_without_a_name_are_text(builder):
    data = raw(9999, (CALL_TYPE, 1, b"\x00\x00\x01\x00")) + raw(9999, (CALL_TYPE, 1, b"\xff" * 4)) + GOOD
    assert [(r["Event"], r["CallType"]) for r in rows(data, builder=builder)] == [
        ("9999", "256"),
        ("9999", "4294967295"),
        ("EventCallCreated", "Inbound"),
    ]
    assert b"".join(frames(Columns(data, builder=builder))) == data


def test_an_invalid_event_fills_its_columns(builder):
    data = (
        GOOD
        + encode(EventCallCreated(call_uuid=UUID, conn_id="0" * 16), policy=Policy.LENIENT)[:0]
        + raw(DELETED, (CALL_TYPE, 1, bytes(4)))
    )
    _, found = rows(data, builder=builder)
    assert found["CallType"] == "Unknown"
    assert (found["$error"], found["$error_path"], found["$error_offset"]) == ("mandatory-missing", "EventCallDeleted.CallUUID", len(GOOD))
    assert "$frame" not in found
    assert b"".join(frames(Columns(data, builder=builder))) == data


def test_a_malformed_frame_is_a_row_of_its_bytes(builder):
    bad = raw(DELETED, (CALL_TYPE, 1, b"\x00" * 4), (CALL_TYPE, 1, b"\x00" * 4))
    found = rows(GOOD + bad + GOOD, builder=builder)
    assert found[1] == {
        "Event": "EventCallDeleted",
        "$offset": len(GOOD),
        "$error": "duplicate-attribute",
        "$error_path": "EventCallDeleted.CallType",
        "$error_offset": len(GOOD) + 20,
        "$frame": bad,
    }
    assert found[0]["Event"] == found[2]["Event"] == "EventCallCreated"


def test_garbage_is_a_row_of_its_bytes(builder):
    found = rows(b"\x00\x01" + GOOD + GOOD[:20], builder=builder)
    assert found[0] == {"$offset": 0, "$error": "gap", "$frame": b"\x00\x01"}
    assert (found[2]["$error"], found[2]["Event"]) == ("truncated-frame", "EventCallCreated")
    assert found[2]["$frame"] == GOOD[:20]


@pytest.mark.parametrize(
    "data",
    [
        raw(60, (200, 1, b"abcd")),  # no attribute of the dictionary
        raw(60, (TLIBRARY.attribute("CLID").id, 0, b"x")),  # of no declared type
        raw(60, (CALL_TYPE, 1, bytes(4)), (TLIBRARY.attribute("ANI").id, 0, b"1")),  # not ascending
        raw(60, (TLIBRARY.attribute("ANI").id, 0, b"caf\xe9")),
        raw(60, (TLIBRARY.attribute("UserData").id, 3, wire.KVList.pack(KVList({b"\xe9".decode("utf-8", "surrogateescape"): "v"})))),
        raw(60, (TLIBRARY.attribute("UserData").id, 3, wire.KVList.pack(KVList({"l": {"k": b"\xe9".decode("utf-8", "surrogateescape")}})))),
    ],
    ids=["unknown id", "undeclared type", "order", "text", "key", "nested value"],
)
def test_what_columns_cannot_give_back_keeps_its_bytes(builder, data):
    assert row(data, builder=builder)["$frame"] == data
    assert row(data, columns=["$frame"], builder=builder)["$frame"] == data
    assert row(data, columns=["Event"], builder=builder) == {"Event": TLIBRARY.message_name(60)}


def test_bytes_that_are_not_utf8_are_shown(builder):
    text = b"\xe2\x82A\xff" + b"long enough to be copied in words \xf0\x9f"
    found = row(raw(60, (TLIBRARY.attribute("ANI").id, 0, text)), builder=builder)
    assert found["ANI"] == "\ufffd\ufffdA\ufffdlong enough to be copied in words \ufffd\ufffd"


def test_a_construct_of_the_users_own_gives_its_bytes(builder):
    class Even(wire.Value):
        wire_type = WireType.String
        python = int

        def unpack(self, data, limits=None):
            if len(data) % 2:
                raise wire.wrong_length(wire.Int, 0, len(data))
            return len(data)

        def pack(self, value, limits=None):
            return b"x" * value

    registry = Registry("Even", attributes=[Attribute(1, Even(), "Pairs")], messages={"Ping": 1})
    good, bad = raw(1, (1, 0, b"ab")), raw(1, (1, 0, b"abc"))
    data = good + bad
    assert [(r.get("Pairs"), r.get("$error")) for r in rows(data, registry=registry, builder=builder)] == [
        (b"ab", None),
        (None, "int-length"),
    ]
    assert b"".join(frames(Columns(data, registry=registry, builder=builder), registry=registry)) == data
    counts = validate(data, registry=registry, builder=builder)
    assert (counts.unknown, counts.malformed) == (1, 1)


def test_a_name_that_reads_as_a_number_is_none(builder):
    registry = Registry("Odd", messages={"7": 5, "Ping": 6})
    data = raw(5) + raw(7) + raw(6)
    assert [r["Event"] for r in rows(data, registry=registry, builder=builder)] == ["5", "7", "Ping"]
    assert b"".join(frames(Columns(data, registry=registry, builder=builder), registry=registry)) == data


# -- batches ----------------------------------------------------------------------------------------


def test_batches_end_where_they_must(builder):
    by_size = list(Columns(GOOD * 10, batch_bytes=2 * len(GOOD), builder=builder))
    assert [batch.num_rows for batch in by_size] == [2] * 5
    tiny = raw(60)
    by_rows = list(Columns(tiny * (column_layout.MAX_ROWS + 1), builder=builder))
    assert [batch.num_rows for batch in by_rows] == [column_layout.MAX_ROWS, 1]
    strange = b"".join(raw(60, (CALL_TYPE, 1, (1000 + i).to_bytes(4, "big"))) for i in range(column_layout.MAX_UNNAMED + 1))
    by_names = list(Columns(strange, builder=builder))
    assert [batch.num_rows for batch in by_names] == [column_layout.MAX_UNNAMED, 1]
    assert b"".join(frames(by_names)) == strange
    assert list(Columns(b"", builder=builder)) == []


def test_a_column_touched_late_is_null_before(builder):
    late = raw(60, *((TLIBRARY.attribute(name).id, kind, value) for name, kind, value in LATE))
    data = raw(60) * 1000 + late + raw(60) * 1000
    found = rows(data, builder=builder)
    assert found[:1000] == [{"Event": TLIBRARY.message_name(60), "$offset": 10 * i} for i in range(1000)]
    assert {name for name, _, _ in LATE} < set(found[1000])
    assert len(found[1001]) == 2
    assert b"".join(frames(Columns(data, builder=builder))) == data


LATE = [
    ("ReferenceID", 1, b"\xff" * 4),
    ("CallID", 1, b"\xff" * 4),
    ("NetworkCallID", 6, b"\xff" * 8),
    ("ConnID", 6, b"\xff" * 8),
    ("ANI", 0, b"1"),
    ("InputMask", 2, b"\xff"),
    ("UserData", 3, wire.KVList.pack(KVList({"k": 1}))),
    ("CallType", 1, bytes(4)),
]


def test_batches_outlive_their_source(builder):
    batches = list(Columns(bytearray(GOOD * 100), batch_bytes=500, builder=builder))
    column = batches[3].column("UserData").flatten().field("key")
    del batches
    assert set(column.to_pylist()) == {"k"}


def test_sources(builder, tmp_path):
    path = tmp_path / "frames.bin"
    path.write_bytes(GOOD * 3)
    expected = pa.table(Columns(GOOD * 3, builder=builder))
    with path.open("rb") as file:
        assert pa.table(Columns(file, builder=builder)).equals(expected)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        source = Columns(mapped, builder=builder)
        assert pa.table(source).equals(expected)
        assert pa.table(source).equals(expected), "a buffer is read again"
        del source
    assert pa.table(Columns([GOOD, b"", GOOD + GOOD], builder=builder)).equals(expected)
    assert pa.table(Columns(pa.py_buffer(GOOD * 3), builder=builder)).equals(expected)


def test_a_selection_of_columns(builder):
    data = b"\x00" + GOOD + raw(60, (200, 1, b"abcd"))
    chosen = ["$frame", "ConnID", "UserData"]
    table = pa.table(Columns(data, columns=chosen, builder=builder))
    assert table.schema.names == ["ConnID", "UserData", "$frame"]
    assert table.equals(pa.table(Columns(data, builder=builder)).select(table.schema.names))
    assert schema(columns=chosen) == table.schema
    assert next(iter(Columns(data, columns=[], builder=builder))).num_rows == 3
    with pytest.raises(ValueError, match="Event is missing"):
        list(frames(table))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"columns": ["Conn"]}, "no column 'Conn'"),
        ({"batch_bytes": 0}, "batch_bytes is between 1 and"),
        ({"limits": Limits(frame_body=LONGEST_BODY)}, "columns hold frames of at most"),
    ],
)
def test_settings_that_cannot_be(settings, told):
    with pytest.raises(ValueError, match=told):
        Columns(GOOD, **settings)


def test_sources_that_cannot_be(builder):
    with pytest.raises(TypeError, match="not a str: open the file first"):
        Columns("capture.bin", builder=builder)
    with pytest.raises(TypeError, match="open the file in binary mode"):
        list(Columns(io.StringIO("TL"), builder=builder))

    class NotYet(io.RawIOBase):
        def readinto(self, buffer):
            return None

    with pytest.raises(BlockingIOError, match="a file that blocks"):
        list(Columns(NotYet(), builder=builder))


# -- consumers --------------------------------------------------------------------------------------


def test_polars_duckdb_and_pandas_read_the_stream(builder):
    data = GOOD * 3 + raw(9999, (CALL_TYPE, 1, b"\x00\x00\x01\x00"))
    source = Columns(data, batch_bytes=1, builder=builder)
    frame = pl.DataFrame(source)
    assert frame["Event"].to_list() == ["EventCallCreated"] * 3 + ["9999"]
    assert frame["UserData"].to_list()[0][0]["key"] == "k"
    assert b"".join(frames(frame)) == data
    counted = duckdb.sql("select Event, count(*) as n, any_value(UserData[1].number) as number from source group by Event order by n")
    assert counted.fetchall() == [("9999", 1, None), ("EventCallCreated", 3, 1)]
    assert list(pd.DataFrame.from_arrow(source)["CallType"]) == ["Inbound"] * 3 + ["256"]
    assert b"".join(frames(pa.table(source))) == data


def test_lists_as_maps(builder):
    first = encode(
        EventCallDataChanged(call_uuid=UUID, conn_id="0" * 16, user_data=KVList([("a", "x"), ("n", -5), ("l", {"i": "in"}), ("a", b"y")]))
    )
    empty = encode(EventCallDataChanged(call_uuid=UUID, conn_id="0" * 16, user_data=KVList()))
    table = pa.table(Columns(first + GOOD + empty + raw(60) + first, builder=builder))
    pairs = [("a", "x"), ("n", "-5"), ("l", None), ("a", None)]
    expected = [pairs, [("k", "1")], [], None, pairs]
    assert as_map(table["UserData"]).to_pylist() == expected
    lists = table["UserData"].combine_chunks()
    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) else lists
    for start in range(6):
        made = as_map(lists.slice(start, 3))
        made.validate(full=True)
        assert made.to_pylist() == expected[start : start + 3]
    assert as_map(table["UserData"].slice(0, 0)).to_pylist() == []
    with pytest.raises(TypeError, match="not one of string"):
        as_map(table["ANI"].chunk(0))


# -- rows that nobody read --------------------------------------------------------------------------


def pair(depth, kind, **values):
    return {"depth": depth, "key": "k", "type": kind, "text": None, "number": None, "data": None} | values


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([pair(2, 1, number=1)], "value-range"),
        ([pair(0, 1, number=1)], "value-range"),
        ([pair(1, 3), pair(3, 1, number=1)], "value-range"),
        ([pair(1, 1, text="x")], "value-type"),
        ([pair(1, 7, text="x")], "value-type"),
        ([pair(1, 1, number=True)], "value-type"),
        ([pair(1, 0, text="x") | {"key": None}], "value-type"),
        ([pair(None, 0, text="x")], "value-type"),
        ([{"key": "k"}], "value-type"),
        (["k"], "value-type"),
    ],
)
def test_pairs_that_are_no_list(pairs, code):
    with pytest.raises(EncodeError) as refused:
        list_of(pairs)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("column", "value", "code", "path"),
    [
        ("CallType", "Nonsense", "unknown-name", "EventCallCreated.CallType"),
        ("CallType", "4294967296", "value-range", "EventCallCreated.CallType"),
        ("ConnID", "xyz", "value-range", "EventCallCreated.ConnID"),
        ("CallType", "1" * 5000, "unknown-name", "EventCallCreated.CallType"),
        ("CallType", 1, "value-type", "EventCallCreated.CallType"),
        ("UserData", "{}", "value-type", "EventCallCreated.UserData"),
        ("InputMask", "x", "value-type", "EventCallCreated.InputMask"),
        ("ANI", 5, "value-type", "EventCallCreated.ANI"),
        ("Event", "NoEvent", "unknown-name", "NoEvent"),
        ("Event", "70000", "value-range", "70000"),
        ("Event", None, "value-type", ""),
    ],
)
def test_rows_that_are_no_frame(column, value, code, path):
    batch = next(iter(Columns(GOOD)))
    changed = [pa.array([value]) if name == column else batch.column(name) for name in batch.schema.names]
    with pytest.raises(EncodeError) as refused:
        list(frames(pa.RecordBatch.from_arrays(changed, names=batch.schema.names)))
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_changed_value_is_encoded(builder):
    batch = next(iter(Columns(GOOD, builder=builder)))
    changed = [pa.array([str(TCause.Transfer.label)]) if name == "Cause" else batch.column(name) for name in batch.schema.names]
    (frame,) = frames([pa.RecordBatch.from_arrays(changed, names=batch.schema.names)])
    assert row(frame, builder=builder)["Cause"] == "Transfer"


# -- without the extras -----------------------------------------------------------------------------


def python(text, **environment):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=120, env=environment or None)
    return done.stdout + done.stderr.strip().splitlines()[-1] if done.returncode else done.stdout


def test_without_pyarrow_it_says_what_to_install():
    told = python("import sys; sys.modules['pyarrow'] = None; import tlib_codec.arrow.columns")
    assert told == "ImportError: columns need pyarrow: pip install 'tlib-codec[arrow]'"


def test_the_reference_engine_has_columns_too():
    text = (
        "import sys; from tlib_codec.arrow.columns import Columns\n"
        "print(next(iter(Columns(open('examples/calls.tlb', 'rb')))).num_rows, 'tlib_codec.native.columns' in sys.modules)"
    )
    assert python(text, TLIB_ENGINE="reference") == "65 False\n"


def test_a_frame_whose_header_is_malformed_has_no_event(builder):
    flags = GOOD[:3] + b"\x01" + GOOD[4:]
    assert [row["Event"] for batch in Columns(flags, builder=builder) for row in batch.to_pylist()] == [None]


def test_a_frame_whose_header_is_malformed_has_the_code_of_its_error(builder):
    flags = GOOD[:3] + b"\x01" + GOOD[4:]
    assert [row["$error"] for batch in Columns(flags, builder=builder) for row in batch.to_pylist()] == ["bad-flags"]

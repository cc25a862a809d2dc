"""The Spark data source, on a local cluster of two."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import shutil
import sys
from pathlib import Path

import pytest

from tlib_codec import read
from tlib_codec.arrow.columns import Columns, pa
from tlib_codec.records import Record, iso
from tlib_fuzz.packets import Talk, pcap

pyspark = pytest.importorskip("pyspark", minversion="4", reason="PySpark 4 is not installed: pip install 'tlib-codec[spark]'")
if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
    pytest.skip("Spark needs Java, and there is none: apt-get install default-jre-headless", allow_module_level=True)

from tlib_codec.arrow import spark as source  # noqa: E402 what it imports may be missing
from tlib_codec.arrow.spark import TlibDataSource  # noqa: E402

EXAMPLE, CAPTURE = ((Path(__file__).parents[3] / "examples" / name).read_bytes() for name in ("calls.tlb", "calls.pcapng"))
RANGE = (16 << 20) + 11

pytestmark = [
    pytest.mark.xdist_group("spark"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j's sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "512m")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.python.filterPushdown.enabled", "true")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("ERROR")
    made.dataSource.register(TlibDataSource)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captures")
    (folder / "a.tlb").write_bytes(EXAMPLE)
    (folder / "deeper").mkdir()
    (folder / "deeper" / "b.tlb").write_bytes(b"junk" + EXAMPLE)
    (folder / "big.bin").write_bytes(EXAMPLE * (3 * RANGE // len(EXAMPLE)))
    return folder


def test_a_folder_of_files_is_what_the_columns_are(session, folder):
    frame = session.read.format("tlib").load(str(folder))
    assert frame.schema == TlibDataSource({}).schema()
    got = sorted((row["$file"], row["$offset"], row["Event"], row["ConnID"], row["$error"]) for row in frame.collect())
    expected = []
    for path in (folder / "a.tlb", folder / "deeper" / "b.tlb"):
        for row in pa.table(Columns(path.read_bytes())).to_pylist():
            expected.append((str(path), row["$offset"], row["Event"], row["ConnID"], row["$error"]))  # noqa: PERF401
    assert [list(map(str, row)) for row in got] == [list(map(str, row)) for row in sorted(expected, key=lambda row: row[:2])]
    keys = frame.where("size(UserData) > 0").selectExpr("UserData[0].key as first").collect()
    assert [row["first"] for row in keys] == [pairs[0]["key"] for pairs in pa.table(Columns(EXAMPLE))["UserData"].to_pylist() if pairs] * 2


def test_a_big_file_is_read_in_ranges_each_frame_once(session, folder):
    reader = session.read.format("tlib").option("rangeBytes", RANGE).option("columns", "Event,$offset")
    frame = reader.load(str(folder / "big.bin"))
    assert frame.rdd.getNumPartitions() == 3
    whole = pa.table(Columns((folder / "big.bin").read_bytes(), columns=["Event", "$offset"]))
    counts = {row["Event"]: row["count"] for row in frame.groupBy("Event").count().collect()}
    expected = {row["values"]: row["counts"] for row in whole["Event"].cast(pa.string()).value_counts().to_pylist()}
    assert counts == expected
    assert frame.select("`$offset`").distinct().count() == whole.num_rows


def test_filters_are_pushed_and_give_what_spark_would(session, folder):
    frame = session.read.format("tlib").load(str(folder / "*.tlb"))
    wanted = frame.where("Event = 'EventCallDeleted' and CallID is null and TimeinSecs > 1773524400")
    all_rows = pa.table(Columns(EXAMPLE)).to_pylist()
    expected = [
        row["$offset"]
        for row in all_rows
        if row["Event"] == "EventCallDeleted" and row["CallID"] is None and (row["TimeinSecs"] or 0) > 1773524400
    ]
    assert sorted(row["$offset"] for row in wanted.collect()) == expected
    assert expected


def test_what_a_reader_takes_of_the_filters_and_gives_back():
    from pyspark.sql.datasource import EqualTo, GreaterThan, In, IsNotNull, StringContains

    reader = TlibDataSource({"path": "x"}).reader(None)
    given = [
        EqualTo(("Event",), "EventCallDeleted"),
        In(("CallID",), (1, 2)),
        IsNotNull(("ConnID",)),
        GreaterThan(("TimeinSecs",), 5),
        GreaterThan(("$time",), dt.datetime(2026, 3, 14, tzinfo=dt.UTC)),
        StringContains(("ANI",), "5"),
        GreaterThan(("$time",), 5),
        EqualTo(("UserData", "key"), "x"),
        EqualTo(("Event",), None),
    ]
    assert list(reader.pushFilters(given)) == given[5:]


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traffic")
    (folder / "a.pcapng").write_bytes(CAPTURE)
    (folder / "b.pcap.gz").write_bytes(gzip.compress(pcap(Talk().open().say(b"junk" + EXAMPLE[:700]).close().packets)[:-7]))
    (folder / "c.tlb").write_bytes(EXAMPLE)
    (folder / "notes.txt").write_bytes(b"no capture")
    return folder


def test_captures_are_rows_as_decoding_has_them_beside_frames(session, captures):
    frame = session.read.format("tlib").load(str(captures))
    assert frame.schema == TlibDataSource({}).schema()
    assert frame.rdd.getNumPartitions() == 3
    wanted = ["$file", "$packet", "$time", "$src", "$dst", "$connection", "$direction", "$offset", "Event", "ConnID", "$error"]
    got = sorted(map(tuple, frame.select(*(f"`{name}`" for name in wanted)).collect()), key=lambda row: (row[0], row[1] or 0, row[7]))
    expected = [
        (str(captures / name), one.origin.packet, one.origin.src or None, one.origin.offset)
        for name in ("a.pcapng", "b.pcap.gz")
        for one in read(captures / name)
    ]
    expected.sort(key=lambda row: (row[0], row[1] or 0, row[3]))
    assert [(row[0], row[1], row[3], row[7]) for row in got if row[1] or row[10]] == expected
    errors = [row[10] for row in got if row[0].endswith(".gz") and row[10]]
    assert sorted(errors) == ["capture-cut", "gap", "truncated-frame"]
    frames = [row for row in got if row[0].endswith("c.tlb")]
    assert len(frames) == pa.table(Columns(EXAMPLE)).num_rows
    assert all(row[1:7] == (None,) * 6 for row in frames)
    first = next(row for row in got if row[8])
    origin = next(iter(read(captures / "a.pcapng"))).origin
    assert (first[2].astimezone(dt.UTC), first[3:7]) == (
        dt.datetime.fromisoformat(f"{iso(origin.time)}Z"),
        (origin.src, origin.dst, str(origin.connection), origin.direction),
    )


def test_filters_of_time_and_address_are_pushed(session, captures):
    frame = session.read.format("tlib").option("columns", "$time,$src,Event").load(str(captures / "a*"))
    assert frame.columns == ["$file", "$time", "$src", "Event"]
    wanted = frame.where("`$time` >= timestamp'2026-03-14 21:39:00Z' and `$src` like '10.%' and Event = 'EventCallDeleted'")
    expected = [
        time
        for one in read(captures / "a.pcapng")
        if isinstance(one, Record)
        and type(one.item).__name__ == "EventCallDeleted"
        and (time := f"{iso(one.origin.time)}Z") >= "2026-03-14T21:39"
    ]
    assert sorted(row["$time"].astimezone(dt.UTC) for row in wanted.collect()) == [dt.datetime.fromisoformat(time) for time in expected]
    assert 0 < len(expected) < 7


def test_what_is_compressed_and_no_capture_is_refused(tmp_path):
    for name, data in (("a.tlb.gz", gzip.compress(EXAMPLE)), ("b.pcap.gz", b"\x1f\x8b\x08damaged")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"tlib: .*{name}"):
            TlibDataSource({"path": str(tmp_path / name)}).reader(None).partitions()


def test_options_that_are_of_no_use_say_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file at"):
        TlibDataSource({"path": str(tmp_path)}).reader(None).partitions()
    with pytest.raises(ValueError, match="give a path"):
        TlibDataSource({}).reader(None)
    with pytest.raises(ValueError, match="no column"):
        TlibDataSource({"columns": "Nonsense"}).schema()
    with pytest.raises(TypeError, match=r"expected a tlib_schemas\.registry\.Registry"):
        source._registry("os:path")

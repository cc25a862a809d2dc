"""CSV of records, and of the same records as frames."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from tlib_codec import Attributes, EventCallCreated, EventCallDeleted, Gap, InvalidEvent, KVList, Unicode, UnknownEvent, encode, read
from tlib_codec.arrow import builder
from tlib_codec.arrow.layout import ORIGINS
from tlib_codec.arrow.origins import ORIGIN_COLUMNS
from tlib_codec.arrow.plain_csv import PlainCsv
from tlib_codec.formats import WriteOptions
from tlib_codec.records import Batch, Diagnostic, Origin, Record
from tlib_codec.reference import Policy
from tlib_schemas.errors import Severity
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import RawValue

EXAMPLES = Path(__file__).parents[3] / "examples"
FRAME = encode(UnknownEvent(60, Attributes({"#200": RawValue(7, b"\0"), "ThisDN": "a\udcff"})), policy=Policy.LENIENT)
CREATED = EventCallCreated(
    call_uuid="x",
    conn_id="006c02462a161006",
    ani='a "b"\n',
    user_data=KVList({"a": {"b": 5}, "c": b"\1", "d": Unicode("ü"), "e\udcff": ""}),
)
ENTRIES = [
    Record(CREATED, origin=Origin(file="ü.log", line=4, local_time=1_773_531_552_123_456_789, direction="sent"), unnumbered={"N": "'x'"}),
    Record(UnknownEvent("EventNotPublic", Attributes({"CallType": 999, "ANI": ""})), origin=Origin(offset=7, time=-1)),
    Record(
        InvalidEvent(int(EventCallDeleted.message), Attributes(), TLIBRARY.violations(int(EventCallDeleted.message), {})),
        origin=Origin(line=1 << 64),
    ),
    Diagnostic("log-value", Origin(file="a", line=3), "x", "y", path="Event.ANI"),
    Diagnostic("log-value", Origin(file="a", line=3), "x", "y", severity=Severity.WARNING),
    Record(UnknownEvent(60, Attributes({"CallID": "no number"}))),
    Record(UnknownEvent(60), origin=Origin(time_of_day=3_600_000_000_000)),
    Record(Gap(5, b"junk"), b"junk", Origin(offset=5, connection=3)),
    Record(UnknownEvent(60, Attributes({"ThisDN": "a"})), FRAME, Origin(offset=3, src="10.0.0.1:5", connection=3)),
]


def made(make, batches, **options):
    file = io.BytesIO()
    writer = make(file, WriteOptions(**options))
    reported = [entry.complaint() for batch in batches for entry in writer.write(batch)]
    writer.close()
    return file.getvalue(), sorted(reported)


@pytest.mark.parametrize("name", ["calls.tlb", "calls.pcapng", "tserver.log", "platform_sdk.log"])
def test_an_example_has_the_same_bytes_record_by_record(name):
    batches = list(read(EXAMPLES / name).batches())
    assert made(PlainCsv, batches) == made(PlainCsv, [Batch(list(batch)) for batch in batches])


def rows(**options):
    return list(csv.DictReader(io.StringIO(made(PlainCsv, [Batch(ENTRIES)], **options)[0].decode())))


def test_a_row_of_an_event():
    row = rows()[0]
    shown = {name: row[name] for name in ("Event", "ANI", "UserData", "$file", "$line", "$local_time", "$unnumbered")}
    assert shown == {
        "Event": "EventCallCreated",
        "ANI": 'a "b"\n',
        "UserData": '{"a":{"b":5},"c":{"$binary":"AQ=="},"d":{"$unicode":"ü"},"e\ufffd":""}',
        "$file": "ü.log",
        "$line": "4",
        "$local_time": "2026-03-14 23:39:12.123456",
        "$unnumbered": '{"N":"\'x\'"}',
    }


def test_a_row_of_a_message_that_is_known_by_name():
    row = rows()[1]
    assert (row["Event"], row["CallType"], row["$offset"], row["$time"]) == ("EventNotPublic", "999", "7", "1969-12-31 23:59:59.999999Z")


def test_an_empty_text_is_in_quotes():
    assert made(PlainCsv, [Batch(ENTRIES)])[0].splitlines()[3].count(b'""') == 1


def test_the_errors_of_rows():
    assert [row["$error"] for row in rows()] == ["", "", "mandatory-missing", "log-value", "", "gap", ""]


def test_a_number_that_its_column_cannot_hold_is_left_out():
    assert rows()[2]["$line"] == ""


def test_a_record_without_a_row_is_reported():
    assert any("not written" in line for line in made(PlainCsv, [Batch(ENTRIES)])[1])


def test_a_part_has_no_header():
    whole, part = (made(PlainCsv, [Batch(ENTRIES)], part=part)[0] for part in (False, True))
    assert whole.partition(b"\n")[2] == part


def test_chosen_origins_are_the_columns():
    assert [name for name in rows(origins=("line",))[0] if name[:2] in ("$f", "$l")] == ["$frame", "$line"]


def test_a_full_builder_is_emptied(monkeypatch):
    expected = made(PlainCsv, [Batch(ENTRIES)])
    monkeypatch.setattr(builder, "MAX_ROWS", 1)
    assert made(PlainCsv, [Batch(ENTRIES)]) == expected


def test_the_origins_are_those_of_the_schema():
    assert [f"${name}" for name in ORIGINS] == list(ORIGIN_COLUMNS)


def test_the_fields_of_the_columns_are_the_origins():
    assert tuple(column.field for column in ORIGIN_COLUMNS.values()) == ORIGINS


def test_csv_needs_no_pyarrow(tmp_path):
    code = "import sys; sys.modules['pyarrow'] = {}; from tlib_cli import main; sys.exit(main(sys.argv[1:]))"
    written = []
    for module in ("None", "__import__('pyarrow')"):
        arguments = [sys.executable, "-c", code.format(module), "decode", str(EXAMPLES / "tserver.log"), "-o", str(tmp_path / "a.csv")]
        subprocess.run(arguments, check=True, timeout=60)
        written.append((tmp_path / "a.csv").read_bytes())
    assert written[0] == written[1]


def test_the_package_has_its_public_names():
    import tlib_codec.arrow as package

    assert [getattr(package, name).__name__ for name in dir(package)] == dir(package)


def test_the_package_has_no_other_names():
    import tlib_codec.arrow as package

    with pytest.raises(AttributeError, match=r"module 'tlib_codec.arrow' has no attribute 'nothing'"):
        _ = package.nothing

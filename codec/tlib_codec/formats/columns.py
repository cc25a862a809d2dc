"""Columns: CSV, Parquet and Arrow, a row a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from . import Format, WriteOptions, Writer

if TYPE_CHECKING:
    from collections.abc import Callable


def _csv(file: BinaryIO, options: WriteOptions) -> Writer:
    if options.select is not None:
        from .selected import SelectedCsv  # noqa: PLC0415

        return SelectedCsv(file, options.registry, options.select, header=not options.part, raw=options.raw_csv)
    from tlib_codec.arrow.plain_csv import PlainCsv  # noqa: PLC0415

    return PlainCsv(file, options)


def _writer(name: str) -> Callable[[BinaryIO, WriteOptions], Writer]:
    def make(file: BinaryIO, options: WriteOptions) -> Writer:
        if options.select is not None:
            from tlib_codec.arrow.selected import SelectedRows  # noqa: PLC0415 pyarrow

            return SelectedRows(name, file, options)
        from tlib_codec.arrow.writer import ColumnWriter  # noqa: PLC0415 pyarrow

        return ColumnWriter(name, file, options)

    return make


FORMATS = (
    Format(name="csv", title="CSV with a header", suffixes=(".csv",), write=_csv, whole=True, joins=True, seamless=True, selects=True),
    Format(
        name="parquet", title="Parquet", suffixes=(".parquet",), write=_writer("parquet"), binary=True, whole=True, joins=True, selects=True
    ),
    Format(
        name="arrow",
        title="Arrow IPC: a file, or a stream in a pipe",
        suffixes=(".arrow", ".arrows", ".feather"),
        write=_writer("arrow"),
        binary=True,
        whole=True,
        joins=True,
        selects=True,
    ),
)

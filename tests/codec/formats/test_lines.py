"""Lines out of pieces: numbers and offsets, a bound on their length, and a mark after each piece."""

from __future__ import annotations

import itertools
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from tlib_codec.formats.lines import split_lines


def lines(*pieces, limit=1 << 20):
    return [line for line in split_lines(pieces, limit) if line is not None]


def test_each_line_has_its_number_and_offset():
    assert lines(b"a\nbc\n\nd") == [(1, 0, b"a"), (2, 2, b"bc"), (3, 5, b""), (4, 6, b"d")]


def test_a_carriage_return_stays():
    assert lines(b"a\r\n") == [(1, 0, b"a\r")]


def test_none_follows_each_piece():
    assert list(split_lines([b"a\nb", b"c"], 9)) == [(1, 0, b"a"), None, None, (2, 2, b"bc")]


def test_a_line_beyond_the_limit_is_its_length():
    assert lines(b"abcd\nabc\nabcd\n", limit=3) == [(1, 0, 4), (2, 5, b"abc"), (3, 9, 4)]


def test_a_last_line_beyond_the_limit_is_its_length():
    assert lines(b"ab", b"cd", limit=3) == [(1, 0, 4)]


def test_a_line_begun_beyond_the_limit_is_its_length():
    assert lines(b"a\nabcd", b"e\nf", limit=3) == [(1, 0, b"a"), (2, 2, 5), (3, 8, b"f")]


def test_an_endless_line_takes_no_memory():
    tracemalloc.start()
    try:
        assert lines(*itertools.repeat(b"x" * 10_000, 1000), limit=100_000) == [(1, 0, 10_000_000)]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.text("ab\n", max_size=8).map(str.encode), max_size=8), st.integers(0, 5))
def test_any_pieces_give_the_lines_of_the_whole(pieces, limit):
    assert lines(*pieces, limit=limit) == lines(b"".join(pieces), limit=limit)

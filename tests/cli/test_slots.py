"""Parts in memory that a worker shares: what fits stays there, what does not goes to a file."""

from __future__ import annotations

import mmap
import subprocess
import sys
import threading

import pytest

from tlib_cli import parallel
from tlib_cli.slots import SlotReader, SlotWriter


@pytest.fixture
def slot():
    return mmap.mmap(-1, mmap.PAGESIZE)


def test_a_small_part_stays_in_the_slot(slot, tmp_path):
    with SlotWriter(slot, str(tmp_path / "part")) as file:
        file.write(b"one ")
        file.write(memoryview(b"two"))
    assert (file.size, slot[:7], list(tmp_path.iterdir())) == (7, b"one two", [])


def test_a_part_that_outgrows_its_slot_is_in_the_file(slot, tmp_path):
    with SlotWriter(slot, str(tmp_path / "part")) as file:
        for _ in range(3):
            file.write(b"x" * (mmap.PAGESIZE // 2 + 1))
    assert (file.size, (tmp_path / "part").read_bytes()) == (None, b"x" * 3 * (mmap.PAGESIZE // 2 + 1))


def test_a_part_that_fills_its_slot_stays_there(slot, tmp_path):
    with SlotWriter(slot, str(tmp_path / "part")) as file:
        file.write(b"x" * mmap.PAGESIZE)
    assert file.size == mmap.PAGESIZE


@pytest.mark.parametrize("size", [3, -1, None])
def test_a_reader_gives_the_bytes_of_the_part_alone(slot, size):
    slot[:6] = b"abcdef"
    with SlotReader(slot, 5) as file:
        assert b"".join(iter(lambda: bytes(file.read(size)), b"")) == b"abcde"


def test_a_slot_serves_another_part_after_the_reader(slot):
    with SlotReader(slot, 5):
        pass
    slot.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no worker is a fork")
def test_a_process_of_one_thread_forks():
    code = "from tlib_cli.parallel import forks; print(forks())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"True\n"


def test_a_process_of_several_threads_does_not_fork():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert not parallel.forks()
    finally:
        done.set()
        other.join()

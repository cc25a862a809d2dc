"""The self-check `kills`: it ends commands at random moments, and notices half an output."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tlib_fuzz.selfcheck import __main__ as program
from tlib_fuzz.selfcheck.kills import Command, Kills
from tlib_fuzz.selfcheck.loop import FailureError

pytestmark = pytest.mark.usefixtures("plain_processes")


class FullDisk(random.Random):
    """Chooses a disk that is full after 3000 bytes, in place of a signal."""

    def choice(self, seq: Any) -> Any:
        return seq[-1]

    def randrange(self, *_: Any) -> int:
        return 3000


def test_no_output_is_half_at_random_moments(capsys):
    assert program.main(["kills", "--count", "3", "--seed", "1"]) == 0
    assert capsys.readouterr().out.count("tlib decode") == 3


def test_half_an_output_is_noticed(tmp_path):
    grows = Command("simulate --seed 3 --stories 300 -o out.jsonl", "out.jsonl")
    with pytest.raises(FailureError, match=r"limit 3000, .*\{'out.jsonl': 3000\}"):
        Kills(tmp_path, "", FullDisk()).end(grows)


def test_the_old_output_on_a_full_disk_is_none(tmp_path):
    assert Kills(tmp_path, "", FullDisk()).end(Command("simulate --seed 3 --stories 300 -o out.tlb", "out.tlb")) == "as it was"

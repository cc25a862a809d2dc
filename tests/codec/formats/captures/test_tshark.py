"""tshark follows the same bytes as we do; `python tests/tshark.py` compares as many captures as wanted."""

from __future__ import annotations

import pytest
import tshark


@pytest.mark.skipif(tshark.TSHARK is None, reason="tshark is not installed: apt-get install tshark")
@pytest.mark.parametrize("seed", [1, 101, 201, 301])
def test_tshark_agrees(seed):
    wrong, size, conversations = tshark.compare(seed, 20)
    assert wrong == []
    assert size > 10_000
    assert conversations > 20

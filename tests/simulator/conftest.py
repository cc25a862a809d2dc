"""What the simulator's tests share."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
def within():
    """Run a coroutine to its end, however slow the machine is, but not for ever."""

    def run(coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 120))

    return run

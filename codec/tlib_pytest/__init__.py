"""The pytest plugin: the fixture `tserver`, a simulated T-Server for tests of its clients.

Strategy: pytest loads this module in every run of an environment that has the package, so it imports nothing but
pytest until a test asks for the fixture. See docs/simulator-tutorial.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tlib_simulator.testing import TServer

__all__ = ["tserver"]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "tserver(scenario=None, seed=1, faults=(), settings=None, timeout=60): pass these arguments to the fixture's TServer."
    )


@pytest.fixture
def tserver(request: pytest.FixtureRequest) -> Iterator[TServer]:
    """Run a simulated T-Server on a free port of this machine, in the test's event loop or in a thread."""
    from tlib_simulator.testing import TServer  # noqa: PLC0415 see above

    marker = request.node.get_closest_marker("tserver")
    with TServer(**(marker.kwargs if marker is not None else {})) as server:
        yield server

"""What every test shares: the engines under test, and how long hypothesis searches.

Tests of the codec take the fixture `codec` and so run on every engine; a new engine is one line in
`ENGINES`. ``HYPOTHESIS_PROFILE`` says how long hypothesis searches: ``quick`` (the default), ``ci`` (the
same examples every time, as `make test` has it) or ``nightly``.
"""

from __future__ import annotations

import importlib.util
import os
import signal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from tlib_codec import reference, stream, views

# TLIB_ENGINE=reference leaves the native engine out of the process altogether, KVList included.
ENGINES = ("reference",) if os.environ.get("TLIB_ENGINE") == "reference" else ("reference", "native")

# A shell starts a job in the background with SIGINT ignored, and its processes inherit that; tests end commands by SIGINT.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadlines: a loaded machine is no failure.
settings.register_profile("quick", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("quick"), max_examples=25, derandomize=True)
settings.register_profile("nightly", parent=settings.get_profile("quick"), max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session", params=ENGINES)
def codec(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The functions of one engine: decode, encode, decode_frame, encode_frame, check, scan, StreamDecoder."""
    shared = {name: getattr(reference, name) for name in ("decode", "encode", "decode_frame", "encode_frame", "check")}
    shared |= {"StreamDecoder": stream.StreamDecoder, "scan": views.scan}
    if request.param == "native":
        if importlib.util.find_spec("tlib_codec.native.engine") is None:
            pytest.skip("the native engine is not built: no C compiler was found")
        from tlib_codec.native import engine as _native

        shared |= {name: getattr(_native, name) for name in ("decode", "encode", "StreamDecoder", "scan")}
    return SimpleNamespace(name=request.param, **shared)


@pytest.fixture
def plain_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep coverage out of the processes that a test starts: it imports more modules, and cannot write its data to a full disk."""
    for name in os.environ:
        if name.startswith("COVERAGE"):
            monkeypatch.delenv(name)

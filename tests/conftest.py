"""What every test shares: the engines under test, and how long hypothesis searches.

Tests of the codec take the fixture `codec` and so run on every engine; a new engine is one line in
`ENGINES`. ``HYPOTHESIS_PROFILE=long`` searches longer.
"""

from __future__ import annotations

import os
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from tlib_codec import reference, stream

ENGINES: dict[str, ModuleType] = {"reference": reference}

settings.register_profile("moderate", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("moderate"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "moderate"))


@pytest.fixture(scope="session", params=ENGINES)
def codec(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The functions of one engine: decode, encode, decode_frame, encode_frame, check, StreamDecoder."""
    engine = ENGINES[request.param]
    names = ("decode", "encode", "decode_frame", "encode_frame", "check")
    return SimpleNamespace(
        name=request.param,
        StreamDecoder=getattr(engine, "StreamDecoder", stream.StreamDecoder),
        **{name: getattr(engine, name) for name in names},
    )

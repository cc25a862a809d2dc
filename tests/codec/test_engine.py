"""Which engine runs, and how the environment decides it."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import types

import pytest

import tlib_codec
from tlib_codec import reference

NAMES = ("decode", "encode", "StreamDecoder", "scan")


def load(monkeypatch, wanted, native):
    """The module `tlib_codec.engine`, loaded anew in an environment."""
    if wanted is None:
        monkeypatch.delenv("TLIB_ENGINE", raising=False)
    else:
        monkeypatch.setenv("TLIB_ENGINE", wanted)
    monkeypatch.setitem(sys.modules, "tlib_codec.native.engine", native)
    spec = importlib.util.find_spec("tlib_codec.engine")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def built():
    return types.SimpleNamespace(**{name: object() for name in NAMES})


@pytest.mark.parametrize("wanted", [None, "", "native"])
def test_the_native_engine_runs_where_it_is_built(monkeypatch, built, wanted):
    module = load(monkeypatch, wanted, built)
    assert module.engine() == "native"
    assert all(getattr(module, name) is getattr(built, name) for name in NAMES)


@pytest.mark.parametrize(("wanted", "is_built"), [("reference", True), ("reference", False), (None, False), ("", False)])
def test_the_reference_engine_runs_where_it_is_wanted_or_alone(monkeypatch, built, wanted, is_built):
    module = load(monkeypatch, wanted, built if is_built else None)
    assert module.engine() == "reference"
    assert (module.decode, module.encode) == (reference.decode, reference.encode)


def test_an_engine_that_is_not_there_is_refused(monkeypatch, built):
    with pytest.raises(ImportError, match="install a C compiler"):
        load(monkeypatch, "native", None)
    with pytest.raises(ImportError, match="TLIB_ENGINE is 'fast': give native or reference"):
        load(monkeypatch, "fast", built)


def test_the_package_says_which_one_runs():
    chosen = sys.modules["tlib_codec.engine"]
    assert tlib_codec.engine() == chosen.engine() in ("native", "reference")
    assert all(getattr(tlib_codec, name) is getattr(chosen, name) for name in NAMES)


@pytest.mark.parametrize("name", ["decode", "encode"])
def test_a_function_of_the_native_engine_states_the_parameters_of_the_reference_engines(name):
    native = pytest.importorskip("tlib_codec.native.engine", reason="the native engine is not built", exc_type=ImportError)
    stated, expected = (inspect.signature(getattr(module, name)).parameters for module in (native, reference))
    assert [(one.name, one.kind) for one in stated.values()] == [(one.name, one.kind) for one in expected.values()]

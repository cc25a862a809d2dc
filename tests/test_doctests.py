"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tlib_codec
import tlib_fuzz
import tlib_schemas


def with_examples():
    for package in (tlib_schemas, tlib_codec, tlib_fuzz):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda name: None):
            if not info.name.rpartition(".")[2].startswith("__"):
                yield info.name
        yield package.__name__


@pytest.mark.parametrize("name", sorted(with_examples()))
def test_examples_in_docstrings(name):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").startswith("tlib_"):
            raise
        pytest.skip(f"an extra is not installed: {error.name}")
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0

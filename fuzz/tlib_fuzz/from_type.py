"""Registers the events of T-Library with Hypothesis, which runs it when it is imported (entry point ``hypothesis``).

Strategy: register the classes alone and import the strategies when the first one is drawn, because every test run that
imports Hypothesis pays for this module.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList


def register() -> None:
    """Make ``st.from_type`` of the event classes and of `KVList` draw from `tlib_fuzz.strategies`."""
    for cls in TLIBRARY.events:
        st.register_type_strategy(cls, _events)
    st.register_type_strategy(KVList, _kv_lists)


def _events(cls: type[Any]) -> st.SearchStrategy[Any]:
    from .strategies import events  # noqa: PLC0415

    return events(cls)


def _kv_lists(_cls: type[KVList]) -> st.SearchStrategy[KVList]:
    from .strategies import kv_lists  # noqa: PLC0415

    return kv_lists()

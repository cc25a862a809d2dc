"""What Hypothesis runs when it is imported (entry point ``hypothesis``): it learns the events of T-Library.

Strategy: register names of classes and nothing more; the strategies themselves are imported when one
is first asked for, because every test run that imports Hypothesis pays for what stands here.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import KVList


def register() -> None:
    """Make ``st.from_type(EventCallCreated)``, and of `KVList`, give what `tlib_fuzz.strategies` does."""
    for cls in TLIBRARY.events:
        st.register_type_strategy(cls, _events)
    st.register_type_strategy(KVList, _kv_lists)


def _events(cls: type[Any]) -> st.SearchStrategy[Any]:
    from .strategies import events  # noqa: PLC0415

    return events(cls)


def _kv_lists(_cls: type[KVList]) -> st.SearchStrategy[KVList]:
    from .strategies import kv_lists  # noqa: PLC0415

    return kv_lists()

"""A small invented protocol, declared as a user would."""

from typing import Annotated

import pytest

from tlib_schemas import Attribute, Event, Registry, event, wire

Mark = Annotated[str, Attribute(1, wire.String, name="mark")]
Node = Annotated[int, Attribute(2, wire.SignedInt, name="Node")]


@event(1)
class Ping(Event):
    mark: Mark
    node: Node | None = None


@pytest.fixture(scope="session")
def invented():
    return Registry("Invented", events=[Ping])

"""The classes of T-Library's events, from the modules that declare them.

A new module of tables is named here and at the end of the package's ``__init__``.
"""

from __future__ import annotations

from typing import Final

from . import (
    abstract_dn_events,
    agent_events,
    call_events,
    general_events,
    network_events,
    party_events,
    registration_events,
    routing_events,
    voice_file_events,
)
from .abstract_dn_events import *  # noqa: F403 the module lists its events in __all__
from .agent_events import *  # noqa: F403 the module lists its events in __all__
from .call_events import *  # noqa: F403 the module lists its events in __all__
from .general_events import *  # noqa: F403 the module lists its events in __all__
from .network_events import *  # noqa: F403 the module lists its events in __all__
from .party_events import *  # noqa: F403 the module lists its events in __all__
from .registration_events import *  # noqa: F403 the module lists its events in __all__
from .routing_events import *  # noqa: F403 the module lists its events in __all__
from .voice_file_events import *  # noqa: F403 the module lists its events in __all__

MODULES: Final = (
    call_events,
    abstract_dn_events,
    party_events,
    routing_events,
    agent_events,
    registration_events,
    general_events,
    network_events,
    voice_file_events,
)

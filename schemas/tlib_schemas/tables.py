"""The classes of T-Library's events, from the modules that declare them.

A new module of tables is a line here, in `tlibrary` and at the end of the package's ``__init__``.
"""

from .abstract_dn_events import *  # noqa: F403 the module lists its events in __all__
from .call_events import *  # noqa: F403

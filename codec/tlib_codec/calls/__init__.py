"""The life of each call: created, changed, linked to others, ended; and its anomalies.

>>> from tlib_codec import EventCallCreated, EventCallDeleted, TCause
>>> from tlib_codec.calls import follow
>>> name = {"call_uuid": "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "conn_id": "006c02462a161006"}
>>> [call] = follow([EventCallCreated(**name, ani="5551000"), EventCallDeleted(**name, cause=TCause.Busy)])
>>> call.ending.value, call.state["ANI"], call.state["Cause"].label, call.anomalies
('deleted', '5551000', 'Busy', [])
"""

from .anomalies import ANOMALIES, Anomaly, Missing
from .fields import CALL_FIELDS, CALLS
from .follow import CallTracker, follow
from .ladder import ladder
from .mermaid import mermaid
from .model import Call, CallLimits, Change, Ending, Link, LinkKind
from .outcome import Outcome
from .party import Party, Span, State
from .plain import Lines

__all__ = [
    "ANOMALIES",
    "CALLS",
    "CALL_FIELDS",
    "Anomaly",
    "Call",
    "CallLimits",
    "CallTracker",
    "Change",
    "Ending",
    "Lines",
    "Link",
    "LinkKind",
    "Missing",
    "Outcome",
    "Party",
    "Span",
    "State",
    "follow",
    "ladder",
    "mermaid",
]

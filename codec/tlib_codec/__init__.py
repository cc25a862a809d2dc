"""Encode and decode Genesys T-Library call-based events as binary tagged key-value frames.

>>> from tlib_codec import EventCallCreated, KVList, TCallType, decode, encode
>>> event = EventCallCreated(
...     call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006",
...     call_type=TCallType.Inbound, user_data=KVList({"RTargetAgentGroup": "VAG_Skill1"}))
>>> decode(encode(event)) == event
True

The schemas stand in `tlib_schemas`; its public names are here too. `decode` and `encode` take one
frame; `StreamDecoder` takes a stream; `jsonl` and `logs` read and write the other forms.
"""

import tlib_schemas
from tlib_schemas import *  # noqa: F403
from tlib_schemas.tables import *  # noqa: F403 mypy does not see these in the __all__ of tlib_schemas

from ._version import __version__
from .engine import StreamDecoder, check, decode, decode_frame, encode, encode_frame, engine, scan
from .files import Reader, read, write
from .reference import Policy
from .stream import Gap, MalformedFrame, Missing, StreamItem

__all__ = [
    "Gap",
    "MalformedFrame",
    "Missing",
    "Policy",
    "Reader",
    "StreamDecoder",
    "StreamItem",
    "__version__",
    "check",
    "decode",
    "decode_frame",
    "encode",
    "encode_frame",
    "engine",
    "read",
    "scan",
    "write",
]
__all__ += tlib_schemas.__all__

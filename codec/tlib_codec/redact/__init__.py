"""Events made safe to share: numbers, names and user data become pseudonyms of the same shape.

>>> from tlib_codec import EventCallCreated
>>> from tlib_codec.redact import Redactor
>>> event = EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", ani="+1 (555) 100-0000")
>>> safe = Redactor(b"my secret").item(event)
>>> safe.call_uuid == event.call_uuid, safe.ani
(True, '+9 (076) 108-7558')
"""

from .capture import CaptureRedactor
from .items import Redactor, Rules
from .logtext import LogRedactor
from .pseudonym import Pseudonyms
from .records import safe_record
from .secret import stretched

__all__ = ["CaptureRedactor", "LogRedactor", "Pseudonyms", "Redactor", "Rules", "safe_record", "stretched"]

r"""Readers for logs: T-Server and SIP Server text, Platform SDK text; and a writer of the former.

>>> from tlib_codec.formats.logs import read_log
>>> log = [b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n", b"\tAttributeThisDN\t'2001'\n"]
>>> [record.item for record in read_log(log)]
[UnknownEvent(message=87, attributes=Attributes({'ThisDN': '2001'}))]
"""

from .lines import DEFAULT_LOG_LIMITS, LogLimits
from .reader import read_log
from .record import LogProblem, LogRecord
from .sniff import sniff
from .writer import platform_sdk_text, tserver_text

__all__ = ["DEFAULT_LOG_LIMITS", "LogLimits", "LogProblem", "LogRecord", "platform_sdk_text", "read_log", "sniff", "tserver_text"]

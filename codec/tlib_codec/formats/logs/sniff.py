"""Which form of log a file is, from its beginning.

Strategy: only whole lines that nothing but such a log has count: attributes as that form prints
them, headers, the stamps and message numbers of a T-Server's own lines. The first such line
decides. Prose that talks about a message, JSON, hex and binary data have none.
"""

from __future__ import annotations

import re

_PLATFORM = rb"[ \t]*(?:ISCC|SD)?Attribute[A-Z]\w*[ \t]*\[(?:long|int|str|bstr)\] = "
_TSERVER = (
    rb"[ \t]*(?:ISCC|SD)?Attribute[A-Z]\w*[ \t]+(?:'|\[\d+\]|-?\d+[ \t(\r\n]|[0-9a-f]{16}[ \t\r\n])"
    rb"|@\d\d:\d\d:\d\d\.\d{3,4} "
    rb"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3,4} (?:Trc|Std|Int|Dbg|Alr) \d{5} "
    rb"|(?:.{0,200}[ \t])?(?:received from|request to) \d+\([^)\n]{0,200}\)[^\n]{0,200}? message \w+(?:\(refid=\d+\))?[ \t\r]*\n"
    rb"|(?:.{0,200}[ \t])?(?:Int 04543 Interaction message \"\w+\"|Trc 04541 Message \w+) received from "
    rb"|(?:.{0,200}[ \t])?Server: Switch '[^'\n]{1,200}'[ \t]*->[ \t]*'\w+'"
)
_SIGN = re.compile(rb"^(?:(" + _PLATFORM + rb")|(?:" + _TSERVER + rb"))", re.MULTILINE)


def sniff(head: bytes) -> str | None:
    """Return ``tserver``, ``platform-sdk`` or None for the first bytes of a file (64 KiB are enough); None where they are binary."""
    return None if b"\0" in head else kind_of(head)


def kind_of(head: bytes) -> str | None:
    """Return the kind of the first line that only a log has; None where there is none."""
    match = _SIGN.search(head)
    if match is None:
        return None
    return "tserver" if match[1] is None else "platform-sdk"

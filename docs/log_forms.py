"""One example for each form of message that the log reader takes, for the table in docs/logs.md.

Strategy: values are invented; the lines have the form that the evidence shows. `generate.py` writes the table, and a test reads each example.
"""

# ruff: noqa: E501 an example is one line of the page

from __future__ import annotations

from typing import NamedTuple


class LogForm(NamedTuple):
    """A form: its name, the programs that print it, the evidence for it, an example, and the name and direction of the message in it."""

    name: str
    programs: str
    evidence: str
    example: str
    message: str
    direction: str


_LINES = "example lines"
_PARSER = "patterns of a public log parser"

FORMS = (
    LogForm(
        "T-Server, event",
        "T-Server, SIP Server",
        _LINES,
        "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n\tAttributeReferenceID\t5\n\tAttributeThisDN\t'7001'\n",
        "EventDNDOn",
        "sent",
    ),
    LogForm(
        "T-Server, request",
        "T-Server, SIP Server",
        _LINES,
        "2015-05-29T12:21:16.438 Trc 04541 RequestQueryCall received from [66] (0e85 Desktop 10.0.0.5:49280)\nmessage RequestQueryCall\n\tAttributeThisDN\t'7001'\n",
        "RequestQueryCall",
        "received",
    ),
    LogForm(
        "T-Server, backup",
        "T-Server, SIP Server",
        _LINES,
        "@12:21:16.4386 [BSYNC] Trace: Send to backup (SIP_B) [20]:\nmessage RequestSetCallInfo\n\tAttributeThisDN\t'7001'\n",
        "RequestSetCallInfo",
        "sent",
    ),
    LogForm(
        "ISCC block",
        "T-Server, SIP Server",
        "attribute names and `from server NAME@SWITCH` of a public log parser; the rest is inferred",
        "@12:21:16.4386 [ISCC] Debug: Received from server SIP_Hill@Hill: message EventDNDOn\n\tISCCAttributeReferenceID\t5\n\tISCCAttributeThisDN\t'7001'\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "client, event",
        "URS, OCS, ICON",
        _LINES,
        "received from 65200(SIP_Lake)lake:5001(fd=648) message EventDNDOn\n\tAttributeThisDN\t'7001'\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "client, event with reference",
        "URS",
        _PARSER,
        "12:21:16.438 received from 65200(SIP_Lake)lake:5001(fd=648) message EventDNDOn(refid=12)\n\tAttributeThisDN\t'7001'\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "client, request",
        "URS, OCS, ORS, ICON",
        _LINES,
        "request to 65200(SIP_Lake) message RequestDistributeEvent\n\tAttributeThisDN\t'7001'\n\tAttributeUserEvent\tEventQueued\n",
        "RequestDistributeEvent",
        "sent",
    ),
    LogForm(
        "interaction message",
        "ORS, StatServer, OCS",
        "example of the first line; second line from a public log parser",
        '16:41:55.299 Int 04543 Interaction message "EventDNDOn" received from 65200 ("SIP_Lake@7001")\n\t: message EventDNDOn\n\tAttributeThisDN\t\'7001\'\n',
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "interaction message, short",
        "ORS, ICON",
        "example of the first line; attributes right below it from two public log parsers",
        '16:41:55.299 Int 04543 Interaction message "EventDNDOn" received from 65200 ("SIP_Lake@7001")\n\tAttributeThisDN\t\'7001\'\n',
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "message, short",
        "ORS, ICON",
        "example of the first line; attributes right below it from two public log parsers",
        "2016-04-20T09:22:09.969 Trc 04541 Message EventDNDOn received from 'SIP_Lake@7001'\n\tAttributeThisDN\t'7001'\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "switch",
        "StatServer",
        "patterns of a public log parser; quotes and indentation of the attributes are inferred",
        "16:41:55.299 Server: Switch 'Lake'->'EventDNDOn'\n\tThisDN\t7001\n\tReferenceID\t5\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "Interaction Server",
        "Interaction Server",
        "patterns of a public log parser; the form of the attributes is inferred from the Platform SDK's",
        "12:21:16.438 Trc 24102 Sending message 'RequestDistributeEvent' to server 'SIP_Lake'\n\tAttributeThisDN [str] = \"7001\"\n",
        "RequestDistributeEvent",
        "sent",
    ),
    LogForm(
        "Platform SDK, received",
        "Workspace, applications with the Platform SDK for .NET",
        _LINES,
        "2015-01-07 13:20:31,665 DEBUG [SelectorThread] - Proxy got message 'EventDNDOn' ('77')\nmessage attributes:\nAttributeThisDN [str] = \"7001\"\n",
        "EventDNDOn",
        "received",
    ),
    LogForm(
        "Platform SDK, sent",
        "Workspace, applications with the Platform SDK for .NET",
        _LINES,
        "2015-01-07 13:14:26,572 DEBUG [25] - Sending message to TServer - tcp://10.0.0.1:3000\n'RequestQueryCall' ('108')\nmessage attributes:\nAttributeThisDN [str] = \"7001\"\n",
        "RequestQueryCall",
        "sent",
    ),
    LogForm(
        "Platform SDK for Java",
        "GMS, applications with the Platform SDK for Java",
        "the last words of the first line from a public log parser; the rest is inferred",
        "16:41:55.299 [pool-1] Received 'EventDNDOn' (77) attributes:\n\tAttributeThisDN [str] = \"7001\"\n",
        "EventDNDOn",
        "received",
    ),
)

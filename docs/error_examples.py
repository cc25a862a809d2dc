"""One example for each error code: the expression that raises it, for docs/errors.md.

Strategy: `generate.py` evaluates each expression and writes the error that it raises, or the warning of `TLIBRARY.validate`, into
the page, so nobody types a message by hand. Frames are hex, spaced by field: header, then id, type, length and value of each
attribute. A code of logs has a piece of a log and the limits to read it with.
"""

# ruff: noqa: E501 an example is one line of the page

from tlib_codec.formats.logs.lines import DEFAULT_LOG_LIMITS, LogLimits

PRELUDE = """\
from tlib_codec import *
from tlib_codec.formats import jsonl
from tlib_codec.formats.hexdump import HexText
from tlib_simulator import Scenario

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CONN = "006c02462a161006"
"""

EXAMPLES: dict[str, str] = {
    "truncated-header": 'decode(bytes.fromhex("544c 01 00"))',
    "truncated-frame": 'decode(bytes.fromhex("544c 01 00 003c 0000000a  0003 01"))',
    "bad-magic": 'decode(b"GET / HTTP/1.1")',
    "bad-version": 'decode(bytes.fromhex("544c 02 00 003c 00000000"))',
    "bad-flags": 'decode(bytes.fromhex("544c 01 80 003c 00000000"))',
    "trailing-bytes": 'decode(bytes.fromhex("544c 01 00 003c 00000000  544c"))',
    "frame-too-long": 'decode(bytes.fromhex("544c 01 00 003c 7fffffff"))',
    "message-number": 'TLIBRARY.construct(EventCallDeleted).parse(bytes.fromhex("544c 01 00 00a0 00000000"))',
    "attribute-header": 'decode(bytes.fromhex("544c 01 00 003c 00000003  0003 01"))',
    "attribute-overrun": 'decode(bytes.fromhex("544c 01 00 003c 00000008  0003 01 000004 0000"))',
    "duplicate-attribute": 'decode(bytes.fromhex("544c 01 00 003c 00000014  0003 01 000004 00000001  0003 01 000004 00000002"))',
    "attribute-type": 'decode(bytes.fromhex("544c 01 00 003c 00000007  0003 00 000001 37"))',
    "int-length": 'decode(bytes.fromhex("544c 01 00 003c 0000000b  0003 01 000005 0000000001"))',
    "long-length": 'decode(bytes.fromhex("544c 01 00 003c 0000000a  0009 06 000004 00000001"))',
    "list-header": 'decode(bytes.fromhex("544c 01 00 003c 00000007  0033 03 000001 00"))',
    "list-trailing": 'decode(bytes.fromhex("544c 01 00 003c 00000009  0033 03 000003 0000 ff"))',
    "list-length": 'decode(bytes.fromhex("544c 01 00 003c 00000012  0033 03 00000c 0001 03 0001 0004 61 0007 0000"))',
    "list-too-deep": 'decode(bytes.fromhex("544c 01 00 003c 00000012  0033 03 00000c 0001 03 0001 0004 61 0002 0000"), limits=Limits(list_depth=1))',
    "list-too-many-pairs": 'decode(bytes.fromhex("544c 01 00 003c 00000012  0033 03 00000c 0002 00 0000 0000 00 0000 0000"), limits=Limits(list_pairs=1))',
    "pair-header": 'decode(bytes.fromhex("544c 01 00 003c 0000000a  0033 03 000004 0001 0000"))',
    "pair-overrun": 'decode(bytes.fromhex("544c 01 00 003c 0000000f  0033 03 000009 0001 00 0001 0005 61 62"))',
    "pair-type": 'decode(bytes.fromhex("544c 01 00 003c 0000000e  0033 03 000008 0001 05 0001 0000 61"))',
    "pair-int-length": 'decode(bytes.fromhex("544c 01 00 003c 00000010  0033 03 00000a 0001 01 0001 0002 61 0007"))',
    "pair-unicode": 'decode(bytes.fromhex("544c 01 00 003c 0000000f  0033 03 000009 0001 04 0001 0001 61 ff"))',
    "value-type": "encode(EventCallCreated(call_uuid=UUID, conn_id=5))",
    "value-range": 'encode(EventCallCreated(call_uuid=UUID, conn_id="6c0246"))',
    "value-text": 'encode(EventCallCreated(call_uuid=UUID, conn_id=CONN, dnis="\\ud800"))',
    "value-too-long": 'encode(EventCallCreated(call_uuid=UUID, conn_id=CONN, user_data=KVList({"note": "x" * 65_536})))',
    "unknown-name": 'encode(UnknownEvent(60, Attributes({"Colour": 3})))',
    "mandatory-missing": 'decode(bytes.fromhex("544c 01 00 00a0 0000000e  0009 06 000008 006c02462a161006"))',
    "conditionally-mandatory": 'encode(EventReleased(conn_id=CONN, call_state=TCallState.Transferred, call_id=7, call_type=TCallType.Inbound, server=1, this_dn="Switch::", time=Timestamp(seconds=0), reliability=TReliability.Ok))',
    "not-allowed": "encode(EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Busy, ref_conn_id=CONN))",
    "unlisted-attribute": 'TLIBRARY.validate(EventCallDeleted(call_uuid=UUID, conn_id=CONN, extra=Attributes({"ANI": "5551000"})))',
    "shape": 'TLIBRARY.validate(EventCallDeleted(call_uuid="call-1", conn_id=CONN))',
    "advisory": 'TLIBRARY.validate(EventCallCreated(call_uuid=UUID, conn_id=CONN, call_type=TCallType.Inbound, dialed_number="5551000"))',
    "deprecated": 'TLIBRARY.validate(EventReleased(conn_id=CONN, call_state=TCallState.Ok, call_id=7, call_type=TCallType.Inbound, server=1, this_dn="Switch::", time=Timestamp(seconds=0), reliability=TReliability.Ok))',
    "json-syntax": "jsonl.loads('{\"Event\": ')",
    "json-form": 'jsonl.loads(\'{"Event": "EventCallDeleted", "CallUUID": 5}\')',
    "hex-form": 'HexText().line("544c 01 00 zz")',
    "scenario-syntax": 'Scenario.from_toml("rate = 1 0", "centre.toml")',
    "scenario-form": 'Scenario.from_toml("[[sites]]\\nagents = 2", "centre.toml")',
}

_HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n"

LOG_EXAMPLES: dict[str, tuple[str, LogLimits]] = {
    "log-line-too-long": (f"{_HEAD}\tAttributeThisDN\t'{'7' * 60}'\n", LogLimits(line=75)),
    "log-message-too-long": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\tAttributeANI\t'5551000'\n", LogLimits(message=40)),
    "log-more-problems": (f"{_HEAD}\tAttributeCallID\tx\n\tAttributeNodeID\ty\n", LogLimits(problems=1)),
    "log-orphan": ("\tAttributeThisDN\t'7001'\n", DEFAULT_LOG_LIMITS),
    "log-encoding": (f"{_HEAD}\tAttributeThisDN\t'Ren\udce9e'\n", DEFAULT_LOG_LIMITS),
    "log-line": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\tThisDN 7001\n", DEFAULT_LOG_LIMITS),
    "log-value": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\tAttributeCallID\tseven\n", DEFAULT_LOG_LIMITS),
    "log-pair": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\t\t'Tier'\t'Gold'\n", DEFAULT_LOG_LIMITS),
    "log-unclosed-quote": (f"{_HEAD}\tAttributeThisDN\t'7001\n\tAttributeANI\t'5551000'\n", DEFAULT_LOG_LIMITS),
    "log-duplicate-attribute": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\tAttributeThisDN\t'7002'\n", DEFAULT_LOG_LIMITS),
    "log-filtered": (f"{_HEAD}\tAttributeUserData\t[34] 00 02 00 00..\n\t\t'Tier'\t'Gold'\n", DEFAULT_LOG_LIMITS),
    "log-unnumbered": (f"{_HEAD}\tAttributeThisDN\t'7001'\n\tAttributeNovel\t'new'\n", DEFAULT_LOG_LIMITS),
    "log-indentation": (
        f"{_HEAD}AttributeUserData [54] 00 02 03 00..\n'First'(list)\n'Tier' 'Gold'\n'Second'(list)\n'Tier' 'Tin'\n",
        DEFAULT_LOG_LIMITS,
    ),
}

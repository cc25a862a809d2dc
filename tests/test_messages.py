"""What a person reads when something is refused: every message, word for word, beside what causes it.

The texts stand in tests/messages.txt, a line each: the case, a tab, the message. A change of words is
a change of that file, to be looked at; ``python tests/test_messages.py`` writes it anew.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import construct
import msgspec

from tlib_codec import Attributes, KVList, Limits, Policy, RawValue, TLibError, Unicode, UnknownEvent, reference
from tlib_codec.formats import jsonl
from tlib_codec.stream import MalformedFrame, StreamDecoder
from tlib_schemas import (
    TLIBRARY,
    Attribute,
    CallHistory,
    Event,
    EventAddressInfo,
    EventCallCreated,
    EventCallDeleted,
    Frame,
    RawAttribute,
    RegistryError,
    Timestamp,
    event,
    wire,
)
from tlib_schemas.registry import Registry
from tlib_schemas.rules import Footnote, only_when

HERE = Path(__file__).parent
GOLDEN = HERE / "messages.txt"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8"))["vectors"] for path in sorted((HERE / "vectors").glob("*.json"))}
CALL = EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006")


def told(call, *args, **settings):
    """The message of what `call` raises."""
    try:
        call(*args, **settings)
    except (TLibError, construct.SizeofError, LookupError, TypeError, ValueError, RegistryError) as error:
        if getattr(error, "code", "") == "json-syntax" and error.actual != "nesting too deep":
            return f"{type(error).__name__}: {error.expected}, found what msgspec says [{error.code}]"
        return f"{type(error).__name__}: {error}".replace("\n", " ")
    return "accepted"


def messages():
    """(case, message) of everything below, in order."""
    for vector in FILES["reject"]:
        name, frame = f"reject/{vector['name']}", bytes.fromhex("".join(vector["wire"]))
        limits = Limits(**vector.get("limits", {}))
        read = TLIBRARY.construct(TLIBRARY.event(vector.get("construct", "EventCallCreated"))).parse
        yield name, told(reference.decode, frame, policy=Policy.LENIENT, limits=limits)
        yield f"{name}, untyped", told(reference.decode_frame, frame, limits=limits)
        yield f"{name}, as a construct", told(read, frame)
        yield f"{name}, from a stream of bytes", told(wire.Frame.parse_stream, io.BytesIO(frame))
        yield f"{name}, checked at byte 1000", told(reference.check, frame, limits=limits, base=1000)
        for cut in (len(frame), max(len(frame) - 3, 0)):
            decoder = StreamDecoder(limits=limits)
            decoder.feed(frame[:cut])
            decoder.close()
            items = [str(item.error) if isinstance(item, MalformedFrame) else type(item).__name__ for item in decoder]
            yield f"{name}, {cut} bytes in a stream", "; ".join(items)
    for vector in FILES["violations"]:
        found = reference.check(bytes.fromhex("".join(vector["wire"])), base=7)
        for number, violation in enumerate(found):
            yield f"violations/{vector['name']}, {number}", str(violation)
        yield f"violations/{vector['name']}", told(jsonl.from_data, vector["json"])
    for vector in FILES["json-lines"]:
        yield f"json-lines/{vector['name']}", told(jsonl.loads, vector["line"])
    for name, call in {**WRITING, **READING, **DECLARING}.items():
        yield name, told(call)


def write(name, value, **settings):
    return lambda: reference.encode(UnknownEvent(60, Attributes({name: value})), **settings)


def with_field(cls, **fields):
    return lambda: reference.encode(msgspec.structs.replace(CALL, **fields) if cls is EventCallDeleted else cls(**fields))


def _raise(violations):
    raise ValueError("; ".join(map(str, violations)))


def nested(depth):
    return KVList() if depth == 1 else KVList({"k": nested(depth - 1)})


WRITING = {
    f"writing {name} = {label}": write(name, value)
    for name in ("ThisDN", "CallID", "TimeinSecs", "ReferenceID", "ConnID", "NetworkCallID", "UserData", "CallType", "#40000")
    for label, value in {
        "None": None, "True": True, "-1": -1, "2**31": 2**31, "2**32": 2**32, "2**63": 2**63, "2**64": 2**64, "1.5": 1.5, "text": "text",
        "16 upper": "006C02462A161006", "15 digits": "006c02462a16100", "a surrogate": "\ud800", "bytes": b"\xff", "a list": [1],
        "pairs": [("a", 1)], "a null pair": {"a": None}, "a wide pair": {"a": 2**31}, "a narrow pair": {"a": -(2**31) - 1},
        "a long key": {"k" * 65_536: 1}, "a long text": {"k": "v" * 65_536}, "bad Unicode": {"k": Unicode("\udcff")},
        "a surrogate pair": {"\ud800": 1}, "a surrogate value": {"k": "\ud800"}, "raw": RawValue(2, b""), "raw of type 256": RawValue(256, b""),
        "raw of type -1": RawValue(-1, b""), "raw of type 1": RawValue(1, b"abc"), "raw list": RawValue(3, b"\0"), "raw text": RawValue(2, "text"),
        "32 deep": nested(32), "33 deep": nested(33), "a list too long": {str(i): "v" * 60_000 for i in range(2)},
    }.items()
} | {
    "writing too many pairs": write("UserData", KVList({"a": 1, "b": 2}), limits=Limits(list_pairs=1)),
    "writing too long a frame": write("ThisDN", "x" * 100, limits=Limits(frame_body=105)),
    "writing the longest frame": write("ThisDN", "x" * 99, limits=Limits(frame_body=105)),
    "writing 16 MiB of text": write("ThisDN", "x" * (1 << 24), limits=Limits(frame_body=1 << 26)),
    "writing to an id of no registry": write("#65536", RawValue(2, b"")),
    "writing to the last id": write("#65535", RawValue(2, b"")),
    "writing to a name that is none": write("Nobody", "x"),
    "writing an attribute by name and by number": lambda: reference.encode(UnknownEvent(60, Attributes({"ThisDN": "a", "#20": "b"}))),
    "writing an attribute by name and by alias": lambda: reference.encode(UnknownEvent(60, Attributes({"Reasons": KVList(), "Reason": KVList()}))),
    "writing the longest nested list": write("UserData", {"l": {"k": "v" * 65_525}}),
    "writing a nested list one byte longer": write("UserData", {"l": {"k": "v" * 65_526}}),
    "writing a raw list deeper than a setting": write("#40000", RawValue(3, wire.KVList.pack(nested(3))), limits=Limits(list_depth=2)),
    "writing a raw list as deep as a setting": write("#40000", RawValue(3, wire.KVList.pack(nested(3))), limits=Limits(list_depth=3)),
    "validating what is no event": lambda: _raise(TLIBRARY.validate("an event")),
    "validating several mistakes": lambda: _raise(TLIBRARY.validate(msgspec.structs.replace(CALL, conn_id=5, call_uuid=7))),
    "writing message 65536": lambda: reference.encode(UnknownEvent(65_536)),
    "writing message -1": lambda: reference.encode(UnknownEvent(-1)),
    "writing a message by name": lambda: reference.encode(UnknownEvent("EventNothing")),
    "writing no event": lambda: reference.encode("an event"),
    "writing another event's extra": with_field(EventCallDeleted, extra=Attributes({"ConnID": "006c02462a161006"})),
    "writing an unknown extra": with_field(EventCallDeleted, extra=Attributes({"Nobody": 1})),
    "writing a wrong field": with_field(EventCallDeleted, conn_id="x"),
    "writing a wrong composite": with_field(EventAddressInfo, info_status=1, info_type=17, reference_id=1, server=1, this_dn="d", time=5),
    "writing what breaks a rule": with_field(EventCallDeleted, ref_conn_id="006c02462a161006", cause=1),
    "writing what lacks a mandatory attribute": lambda: reference.encode(EventCallCreated(call_uuid=None, conn_id="0" * 16)),
    "writing an untyped frame": lambda: reference.encode_frame(Frame(60, (RawAttribute(1, 1, b"abc"),))),
    "writing an untyped frame, twice an id": lambda: reference.encode_frame(Frame(60, (RawAttribute(1, 2, b""), RawAttribute(1, 2, b"")))),
    "writing an untyped frame, a wide id": lambda: reference.encode_frame(Frame(60, (RawAttribute(65_536, 2, b""),))),
    "writing an untyped frame, a wide type": lambda: reference.encode_frame(Frame(60, (RawAttribute(0, 256, b""),))),
    "writing an untyped frame, the least": lambda: reference.encode_frame(Frame(0, (RawAttribute(0, 0, b""),))),
    "writing an untyped frame, too long a value": lambda: reference.encode_frame(Frame(0, (RawAttribute(0, 0, bytes(1 << 24)),))),
    "writing an untyped frame, a wide message": lambda: reference.encode_frame(Frame(65_536)),
    "building another event": lambda: TLIBRARY.construct(EventCallCreated).build(CALL),
    "building a broken event": lambda: TLIBRARY.construct(EventCallDeleted).build(msgspec.structs.replace(CALL, ref_conn_id="0" * 16, cause=1)),
}  # fmt: skip

READING = {
    f"the size of {one!r}": one.sizeof
    for one in (wire.String, wire.Int, wire.SignedInt, wire.Long, wire.ConnID, wire.KVList, wire.Binary, wire.Frame, TLIBRARY.construct(CALL.__class__), wire.AttributeList())
} | {
    f"reading {value} as {data.hex(' ')}": lambda value=value, data=data: value.unpack(data)
    for value in (wire.Int, wire.SignedInt, wire.Long, wire.ConnID, wire.KVList)
    for data in (b"", b"abc", b"abcd", b"abcdefg", b"abcdefgh", b"\0\1", b"\0\0\0")
} | {
    f"JSON of {line}": lambda line=line: jsonl.loads(line)
    for line in (
        "", "[]", "1", "nul", "[" * 2, '{"Event":1.5}', '{"Event":true}', '{"Event":65536}', '{"Event":-1}', '{"Event":"Nothing"}', "{}",
        '{"Event":60,"ThisDN":null}', '{"Event":60,"ThisDN":true}', '{"Event":60,"ThisDN":1.5}', '{"Event":60,"ThisDN":{"$string":1}}',
        '{"Event":60,"ThisDN":{"$string":"!"}}', '{"Event":60,"CallID":"x"}', '{"Event":60,"CallID":"123456789012345678901"}',
        '{"Event":60,"CallType":"Nothing"}', '{"Event":60,"CallType":[]}', '{"Event":60,"UserData":1}', '{"Event":60,"UserData":[[1]]}',
        '{"Event":60,"UserData":[[1,2]]}', '{"Event":60,"UserData":{"a":null}}', '{"Event":60,"UserData":{"a":{"$binary":1}}}',
        '{"Event":60,"UserData":{"a":{"$unicode":1}}}', '{"Event":60,"UserData":{"a":{"$b":1,"c":2}}}', '{"Event":60,"UserData":{"a":1.5}}',
        '{"Event":60,"#40000":1}', '{"Event":60,"#40000":{"type":256,"value":""}}', '{"Event":60,"#40000":{"type":-1,"value":""}}',
        '{"Event":60,"#40000":{"type":1}}', '{"Event":60,"#40000":{"type":2,"value":"!"}}', '{"Event":60,"#70000":{"type":2,"value":""}}',
        '{"Event":60,"Nobody":1}', '{"Event":60,"InputMask":{"$binary":"!"}}', '{"Event":60,"InputMask":{"$binary":1}}', '{"Event":60,"InputMask":1}', '{"Event":60,"ThisDN":"a","#20":{"type":2,"value":""}}', '{"$gap":1}', '{"$gap":{"offset":"x"}}',
        '{"$gap":{"offset":1,"data":"!"}}', '{"$gap":{"offset":1,"data":"","length":"x"}}', '{"$malformed":1}', '{"$malformed":{"code":"x"}}',
        '{"$malformed":{"code":"bad-magic","path":1}}', '{"$malformed":{"code":"bad-magic","offset":"x"}}', '{"$malformed":{"code":"bad-magic"}}',
        '{"$malformed":{"code":"truncated-frame","expected":"x","actual":"y"}}', '{"$malformed":{"code":"bad-magic","start":"x","frame":""}}',
        '{"$malformed":{"code":"bad-magic","start":1,"frame":"!"}}', '{"Event":"EventCallDeleted"}', '{"Event":162,"time":1}', '{"Event":65,"CallHistory":1}',
        '{"Event":"EventCallDeleted","$violations":1}', '{"Event":60,"time":"yesterday"}', '{"Event":60,"CallHistory":{"x":1}}',
    )
} | {
    "JSON that is nested too deep to be read": lambda: jsonl.loads("[" * 100_000),
    "JSON of a list deeper than any setting allows": lambda: jsonl.loads('{"Event":60,"UserData":' + '{"l":' * 300 + "{}" + "}" * 301),
    "an event by a name that is none": lambda: TLIBRARY.event("EventCalCreated"),
    "an event by a number that is none": lambda: TLIBRARY.event(77),
    "an attribute by a name that is none": lambda: TLIBRARY.attribute("ThisDM"),
    "a composite without any part": CallHistory,
    "a time that is none": lambda: Timestamp.from_text("yesterday"),
    "a list's key that is no text": lambda: KVList([(1, 1)]),
    "a list's value that is none": lambda: KVList({"a": 1.5}),
}  # fmt: skip


def declared(number=60, base=Event, name="EventOwn", registry=True, rules=(), footnotes=(), shapes=None, **fields):
    """Declares an event whose fields are given as name=(annotation, default...)."""

    def call():
        body = {"__annotations__": {key: value[0] for key, value in fields.items()}, "__module__": __name__}
        body |= {key: value[1] for key, value in fields.items() if len(value) > 1}
        cls = event(number, rules=rules, footnotes=footnotes, shapes=shapes)(type(base)(name, (base,), body))
        if registry:
            Registry("own", events=[cls])

    return call


def attribute(number, name="Name", value=wire.String):
    return Annotated[str, Attribute(number, value, name=name)]


DECLARING = {
    "declaring an event": declared(a=(attribute(1),)),
    "declaring a field without an attribute": declared(a=(str,)),
    "declaring a default that is not None": declared(a=(attribute(1), "x")),
    "declaring an attribute without a name": declared(a=(attribute(1, ""),)),
    "declaring an id twice": declared(a=(attribute(1, "A"),), b=(attribute(1, "B"),)),
    "declaring a name twice": declared(a=(attribute(1),), b=(attribute(2),)),
    "declaring a field named message": declared(extra=(attribute(1),)),
    "declaring a message of 17 bits": declared(65_536, a=(attribute(1),)),
    "declaring message -1": declared(-1, a=(attribute(1),)),
    "declaring the last message": declared(65_535, a=(attribute(1),)),
    "declaring an id of 17 bits": declared(a=(attribute(65_536),)),
    "declaring a name that JSON reserves": declared(a=(attribute(1, "$gap"),)),
    "declaring the name Event": declared(a=(attribute(1, "Event"),)),
    "declaring a rule on nobody": declared(rules=[only_when("b", "a", [1], note="")], a=(attribute(1),)),
    "declaring a rule with an unknown note": declared(rules=[only_when("a", "a", [1], note="x")], a=(attribute(1),)),
    "declaring a footnote of nobody": declared(footnotes=[Footnote("a", "b", "text")], a=(attribute(1),)),
    "declaring a shape of nobody": declared(shapes={"b": wire.Shape(description="x")}, a=(attribute(1),)),
}  # fmt: skip


def lines():
    return "".join(f"{name}\t{json.dumps(message)[1:-1]}\n" for name, message in messages())


def test_every_message_reads_as_it_did():
    expected = dict(line.split("\t", 1) for line in GOLDEN.read_text(encoding="ascii").splitlines())
    found = dict(line.split("\t", 1) for line in lines().splitlines())
    assert found == expected


if __name__ == "__main__":
    GOLDEN.write_text(lines(), encoding="ascii")
    sys.stdout.write(f"{GOLDEN}: {lines().count(chr(10))} messages\n")

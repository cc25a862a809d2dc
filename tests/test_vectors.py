"""The vectors of tests/vectors, on every engine; and that nothing is without one."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path

import pytest

from tlib_codec import (
    CODES,
    Attributes,
    DecodeError,
    EncodeError,
    InvalidEvent,
    KVList,
    Limits,
    Policy,
    RawValue,
    SchemaViolation,
    Severity,
    Truncated,
    Unicode,
    UnknownEvent,
)
from tlib_codec.formats import jsonl
from tlib_codec.stream import MalformedFrame
from tlib_schemas import TLIBRARY, wire

HERE = Path(__file__).parent / "vectors"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8"))["vectors"] for path in sorted(HERE.glob("*.json"))}


def each(*files, but=lambda vector: False):
    vectors = [(file, v) for file in files for v in FILES[file] if not but(v)]
    return pytest.mark.parametrize("vector", [pytest.param(v, id=f"{file}-{v['name']}") for file, v in vectors])


def frame_of(lines):
    return bytes.fromhex("".join(lines))


def limits_of(vector):
    return Limits(**vector.get("limits", {}))


def without_violations(data):
    return {key: value for key, value in data.items() if key != "$violations"}


@each("accept", "violations")
def test_decodes_to_the_value_beside_it(codec, vector):
    item = codec.decode(frame_of(vector["wire"]), policy=Policy.LENIENT)
    assert without_violations(jsonl.to_data(item)) == vector["json"]
    # equal dicts may hide equal numbers of other types, and the order of duplicate keys
    assert json.loads(jsonl.dumps(item)) == jsonl.to_data(item)


@each("accept", "violations")
def test_the_value_encodes_to_its_canonical_wire(codec, vector):
    item = jsonl.from_data(vector["json"], policy=Policy.LENIENT)
    assert codec.encode(item, policy=Policy.LENIENT) == frame_of(vector.get("canonical", vector["wire"]))


@each("accept", "violations")
def test_the_violations_are_those_beside_it(codec, vector):
    frame = frame_of(vector["wire"])
    found = codec.check(frame)
    assert [{"code": v.code, "severity": v.severity, "attribute": v.attribute, "offset": v.offset} for v in found] == vector["violations"]
    assert all(str(v).isprintable() and v.code in CODES and v.expected and v.actual for v in found)
    if any(v["severity"] == "error" for v in vector["violations"]):
        with pytest.raises(SchemaViolation) as refused:
            codec.decode(frame)
        assert refused.value.violations == found
        assert refused.value.code == next(v["code"] for v in vector["violations"] if v["severity"] == "error")
        item = codec.decode(frame, policy=Policy.LENIENT)
        assert isinstance(item, InvalidEvent)
        with pytest.raises(SchemaViolation):
            codec.encode(item)
        with pytest.raises(SchemaViolation):
            jsonl.from_data(vector["json"])
    else:
        assert codec.decode(frame) == jsonl.from_data(vector["json"])


@each("accept", "violations")
def test_the_untyped_frame_keeps_the_wire(codec, vector):
    frame = frame_of(vector["wire"])
    assert codec.encode_frame(codec.decode_frame(frame)) == frame


@each("reject")
def test_is_refused_with_code_offset_and_path(codec, vector):
    frame = frame_of(vector["wire"])
    read = TLIBRARY.construct(TLIBRARY.event(vector["construct"])).parse if "construct" in vector else codec.decode
    settings = {} if "construct" in vector else {"policy": Policy.LENIENT, "limits": limits_of(vector)}
    with pytest.raises(DecodeError) as refused:
        read(frame, **settings)
    error = refused.value
    assert (error.code, error.offset, error.path) == (vector["code"], vector["offset"], vector["path"])
    assert str(error).isprintable()
    assert isinstance(error, Truncated) == ("needed" in vector)
    if isinstance(error, Truncated):
        assert (error.needed, error.available) == (vector["needed"], vector["available"])


@each("reject")
def test_is_refused_untyped_unless_the_type_is_the_fault(codec, vector):
    frame = frame_of(vector["wire"])
    if vector.get("untyped") == {} or "construct" in vector:
        assert codec.encode_frame(codec.decode_frame(frame)) == frame
        return
    with pytest.raises(DecodeError) as refused:
        codec.decode_frame(frame, limits=limits_of(vector))
    expected = vector | vector.get("untyped", {})
    assert (refused.value.code, refused.value.offset) == (expected["code"], expected["offset"])


def no_fault_in_a_stream(vector):
    return "construct" in vector or vector["code"] == "trailing-bytes" or vector["name"] == "empty"


@each("reject", but=no_fault_in_a_stream)
def test_is_malformed_in_a_stream_and_loses_no_byte(codec, vector):
    decoder = codec.StreamDecoder(limits=limits_of(vector))
    frame = frame_of(vector["wire"])
    decoder.feed(frame)
    decoder.close()
    items = list(decoder)
    assert b"".join(item.data for item in items) == frame
    if vector["code"] != "bad-magic":
        assert isinstance(items[0], MalformedFrame)
        # a stream asks the headers first, and they know no declared types
        expected = vector | vector.get("untyped", {})
        assert (items[0].error.code, items[0].error.offset, items[0].error.path) == (expected["code"], expected["offset"], vector["path"])


@each("packed-lists")
def test_packed_lists_have_the_length_that_logs_print(vector):
    packed = bytes.fromhex(vector["packed"])
    assert (len(packed), packed[:4].hex()) == (vector["length"], vector["first"])
    kv = wire.KVList.unpack(packed)
    assert kv == KVList(vector["json"])
    assert wire.KVList.pack(kv) == packed


def python_value(data):
    match data:
        case {"$raw": [kind, value]}:
            return RawValue(kind, base64.b64decode(value))
        case {"$repeat": [text, times]}:
            return text * times
        case {"$unicode": text}:
            return Unicode(text)
        case dict():
            return {key: python_value(value) for key, value in data.items()}
        case _:
            return data


@each("encode-reject")
def test_cannot_be_written(codec, vector):
    item = UnknownEvent(vector["message"], Attributes({name: python_value(value) for name, value in vector["attributes"].items()}))
    with pytest.raises(EncodeError) as refused:
        codec.encode(item, limits=limits_of(vector))
    assert (refused.value.code, refused.value.path) == (vector["code"], vector["path"])
    assert str(refused.value).isprintable()


@each("json-lines")
def test_a_line_of_json_means_its_wire_or_is_refused(codec, vector):
    if "wire" in vector:
        assert codec.encode(jsonl.loads(vector["line"])) == frame_of(vector["wire"])
        return
    for policy in Policy:
        if vector["name"] == "event-unknown" and policy is Policy.LENIENT:
            assert jsonl.loads(vector["line"], policy=policy) == UnknownEvent("EventNothing")
            continue
        with pytest.raises(DecodeError) as refused:
            jsonl.loads(vector["line"], policy=policy)
        assert (refused.value.code, refused.value.path) == (vector["code"], vector["path"])
        assert str(refused.value).isprintable()


# -- nothing without a vector ----------------------------------------------------------------------


OF_OTHER_FORMS = ("log-", "hex-", "capture-", "tcp-", "scenario-")  # tested with the readers of logs, hex text, captures and scenarios


def test_every_code_has_a_vector_that_raises_it():
    raised = {v["code"] for file in ("reject", "encode-reject", "json-lines") for v in FILES[file] if "code" in v}
    raised |= {violation["code"] for file in ("accept", "violations") for v in FILES[file] for violation in v["violations"]}
    assert raised == {code for code in CODES if not code.startswith(OF_OTHER_FORMS)}


def test_every_rule_and_mandatory_row_has_a_vector_that_breaks_it():
    broken = Counter(
        (v["json"]["Event"], violation["attribute"], violation["code"], violation["severity"])
        for v in FILES["violations"]
        for violation in v["violations"]
    )
    with_vectors = {v["json"]["Event"] for file in ("accept", "violations") for v in FILES[file]}  # those of the specification
    for schema in (cls.__schema__ for cls in TLIBRARY.events if cls.__name__ in with_vectors):
        for field in schema.fields:
            if field.mandatory:
                assert broken[schema.name, field.label, "mandatory-missing", "error"], f"{schema.name}.{field.label}"
        rules = Counter((schema.name, schema.by_name[rule.field].label, rule.code, str(rule.severity)) for rule in schema.rules)
        for rule, times in rules.items():
            assert broken[rule] >= times, rule
        for field, _ in schema.shapes:
            assert broken[schema.name, field.label, "shape", str(Severity.WARNING)], f"{schema.name}.{field.label}"
        assert bool(schema.deprecated) == bool(broken[schema.name, "", "deprecated", "warning"])


def test_every_vector_says_what_it_shows():
    for file, vectors in FILES.items():
        assert len({v["name"] for v in vectors}) == len(vectors), file
        assert all(v["comment"] for v in vectors), file

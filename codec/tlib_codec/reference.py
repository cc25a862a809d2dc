"""The reference engine: runs the construct schemas as they are.

Strategy: bytes → attributes by id (`wire`) → event (`Registry.assemble`), and back. Every rule of
the format is visible in `tlib_schemas`; this module only joins the layers and applies the policy.
Other engines must give the same answers, error for error.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

from tlib_schemas import wire
from tlib_schemas.errors import DecodeError, EncodeError, SchemaViolation, Violation
from tlib_schemas.events import Event, InvalidEvent
from tlib_schemas.limits import DEFAULT_LIMITS, Limits
from tlib_schemas.registry import Item, Registry
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import Frame

Buffer: TypeAlias = bytes | bytearray | memoryview


class Policy(enum.Enum):
    """What happens to an event that breaks its schema.

    STRICT raises SchemaViolation. LENIENT loses nothing and refuses nothing: decoding gives an
    `InvalidEvent`, encoding writes every value as given.
    """

    STRICT = "strict"
    LENIENT = "lenient"


def as_bytes(data: Buffer) -> bytes:
    """`data` as bytes, not copied where it already is. Raises TypeError for anything else."""
    return data if type(data) is bytes else memoryview(data).tobytes()


def decode(frame: Buffer, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT, limits: Limits = DEFAULT_LIMITS) -> Item:
    """Return the event that one frame is; an UnknownEvent where the registry has no table for it.

    Raises DecodeError where the bytes are malformed, and under the strict policy SchemaViolation
    where they are well-formed but no valid event.
    """
    data = as_bytes(frame)
    message, values = registry.frame(limits).unpack(data)
    item = registry.assemble(message, values, data)
    if policy is Policy.STRICT and isinstance(item, InvalidEvent):
        raise SchemaViolation(item.violations)
    return item


def encode(event: Item, *, registry: Registry = TLIBRARY, policy: Policy = Policy.STRICT, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the canonical frame of an event: attributes in ascending order of id.

    Raises EncodeError where a value does not fit its attribute, and under the strict policy
    SchemaViolation where the event breaks its schema.
    """
    construct = registry.frame(limits)
    message, values = registry.lay_out(event)
    strict = policy is Policy.STRICT
    if strict:
        schema = event.__schema__ if isinstance(event, Event) else registry.schema(message, values)
        if schema is not None and schema.fails(values):
            raise SchemaViolation(registry.validate(event))
    try:
        return construct.pack(message, construct.attributes.pack(values, strict=strict))
    except EncodeError as error:
        raise error.within(construct.message_name(message)) from None


def decode_frame(frame: Buffer, *, limits: Limits = DEFAULT_LIMITS) -> Frame:
    """Return the untyped frame: attributes as raw bytes in order of arrival. Raises DecodeError.

    The format's own rules hold (lengths, duplicates, lists); no registry is asked.
    """
    return wire.untyped_frame(limits).frame(as_bytes(frame))


def encode_frame(frame: Frame, *, policy: Policy = Policy.STRICT, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes of an untyped frame, attributes in its own order. Raises EncodeError.

    The strict policy refuses a frame that would not decode again; the lenient one writes it.
    """
    construct = wire.untyped_frame(limits)
    data = construct.bytes(frame)
    if policy is Policy.STRICT:
        try:
            construct.unpack(data)
        except DecodeError as error:
            raise EncodeError(error.code, offset=error.offset, expected=error.expected, actual=error.actual, parts=(error.path,)) from None
    return data


def check(frame: Buffer, *, registry: Registry = TLIBRARY, limits: Limits = DEFAULT_LIMITS, base: int = 0) -> tuple[Violation, ...]:
    """Return every violation of a frame, warnings included, with offsets. Raises DecodeError.

    `base` is where the frame stands in its input; the offsets of the violations count from there.
    """
    data = as_bytes(frame)
    try:
        message, values = registry.frame(limits).unpack(data)
    except DecodeError as error:
        raise error.shift(base) from None
    return registry.violations(message, values, data, base)

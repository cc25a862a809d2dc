"""Both engines give the same answers, error for error: over damaged frames, streams, and a user's own protocols."""

from __future__ import annotations

import random

import msgspec
import own
import pytest
import weather
from hypothesis import assume, given
from hypothesis import strategies as st

from tlib_codec import EncodeError, InvalidEvent, KVList, Limits, Policy, TLibError, UnknownEvent, reference
from tlib_fuzz import strategies
from tlib_fuzz.cases.mutate import MUTATIONS, mutate, spans
from tlib_fuzz.cases.walker import random_frame
from tlib_fuzz.selfcheck import differential, invariants, lists
from tlib_fuzz.selfcheck.inputs import Inputs
from tlib_schemas import Attributes, RawValue, Unicode
from tlib_schemas.tlibrary import TLIBRARY

native = pytest.importorskip(
    "tlib_codec.native.engine", reason="the native engine is not built: no C compiler was found", exc_type=ImportError
)

REGISTRIES = [TLIBRARY, weather.WEATHER, own.OWN]
CREATED = TLIBRARY.event("EventCallCreated")
each_registry = pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.name)


@each_registry
def test_thousands_of_damaged_frames(registry):
    inputs = Inputs(3, registry=registry)
    for _ in range(4_000):
        data = inputs.make("frame")
        assert differential.check_frame(data, registry, invariants.limits_of(data)) is None


@each_registry
def test_hundreds_of_damaged_streams(registry):
    inputs = Inputs(4, registry=registry)
    for _ in range(400):
        data = inputs.make("stream")
        assert differential.check_stream(data, invariants.cuts_of(data), registry, invariants.limits_of(data)) is None


@each_registry
@given(data=st.data())
def test_damaged_frames_by_hypothesis(registry, data):
    frame = data.draw(strategies.mutated_frames(registry) if registry is not own.OWN else damaged(registry))
    limits = data.draw(st.sampled_from([Limits(), Limits(list_depth=1), Limits(list_pairs=1), Limits(frame_body=40)]))
    assert differential.check_frame(frame, registry, limits) is None


@each_registry
@given(data=st.data())
def test_streams_by_hypothesis(registry, data):
    stream = b"".join(data.draw(st.lists(st.one_of(damaged(registry), st.binary(max_size=6)), max_size=6)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    assert differential.check_stream(stream, cuts, registry) is None


def damaged(registry):
    def one(seed):
        rng = random.Random(seed)
        pool = [random_frame(rng, registry) for _ in range(4)]
        return mutate(pool[0], rng, pool, most=3)[0] if rng.random() < 0.7 else pool[0]

    return st.integers(0, 2**32).map(one)


pairs = st.recursive(
    st.one_of(
        st.text(max_size=3),
        st.binary(max_size=3),
        st.integers(-(2**31), 2**31 - 1),
        st.sampled_from(["\udcff", "\udcc3\udca9", Unicode("é")]),
    ),
    lambda values: st.lists(st.tuples(st.sampled_from(["", "k", "kk", "é", "\udcff", "\udcc3", "x" * 300]), values), max_size=4),
    max_leaves=8,
).filter(lambda value: isinstance(value, list))


@given(pairs, st.sampled_from([0, 5_000]))
def test_a_packed_list_answers_as_a_list_of_pairs(pairs, more):
    call = CREATED(call_uuid="u", conn_id="0" * 16, user_data=KVList(pairs), customer_id="x" * more)
    try:
        frame = reference.encode(call)
    except EncodeError:
        assume(False)
    expected = reference.decode(frame).user_data
    assert lists.list_difference(expected, native.decode(frame).user_data) is None


@given(pairs, st.integers(1, 6), st.integers(1, 4))
def test_a_packed_list_in_a_list_encodes_as_a_list_of_pairs(pairs, depth, most):
    call = CREATED(call_uuid="u", conn_id="0" * 16, user_data=KVList(pairs))
    try:
        packed = native.decode(reference.encode(call)).user_data
    except EncodeError:
        assume(False)
    limits = Limits(list_depth=depth, list_pairs=most)
    nested = CREATED(call_uuid="u", conn_id="0" * 16, user_data=KVList([("k", packed), ("j", [("i", packed)])]))
    assert outcome_of(lambda: native.encode(nested, limits=limits)) == outcome_of(lambda: reference.encode(nested, limits=limits))


def test_a_list_that_answers_otherwise_is_noticed():
    assert "get_all(key) of 'k'" in lists.list_difference(KVList({"k": 1}), Forgetful({"k": 1}))


class Forgetful(KVList):
    def get_all(self, key):
        return super().get_all(key)[1:]


# -- values that no frame gave --------------------------------------------------------------------

UNUSUAL_VALUES = [
    "006C02462A161006", "006c02462a16100", "006c02462a16100g", "\ud800", "x" * 70_000, "é", "", -1, 0, 2**31, 2**32, 2**63, 2**64, 2**80,
    True, 1.5, b"\xff", bytearray(b"a"), (1, 2), [("a", 1)], {"a": 1}, {"a": None}, object, KVList({"a": 2**31}), KVList([("\udcff", b"")]),
    KVList([("k", Unicode("\udcff"))]), KVList({"k" * 70_000: 1}), KVList({"k": "v" * 70_000}), KVList({"a": {"b": {"c": {}}}}),
    KVList.of_flat(("a", None)), KVList.of_flat(("a", True)), Unicode("u"), own.Level.Far, own.Level(-5),
    RawValue(1, b"\0\0\0\1"), RawValue(1, b"\0"), RawValue(3, b"\0\1"), RawValue(9, b""), RawValue(256, b""), RawValue(-1, b""), RawValue(0, "text"),
]  # fmt: skip


def outcome_of(call):
    try:
        return call()
    except Exception as error:  # noqa: BLE001 whatever one engine raises, the other must
        return type(error), differential.error_parts(error) if hasattr(error, "code") else str(error)


@each_registry
@given(data=st.data())
def test_encoding_what_no_decoder_gives(registry, data):
    schema = data.draw(st.sampled_from(list(registry.tables)))
    values = dict.fromkeys(schema.cls.__struct_fields__[1:])
    event = schema.cls(**{k: data.draw(st.sampled_from(["n", *UNUSUAL_VALUES])) for k in values})
    msgspec.structs.force_setattr(event, "extra", data.draw(st.sampled_from([event.extra, {}, type(event.extra)({"#9": 1, "Nobody": 2})])))
    policy = data.draw(st.sampled_from(Policy))
    limits = data.draw(st.sampled_from([Limits(), Limits(list_depth=2, list_pairs=3)]))
    options = {"registry": registry, "policy": policy, "limits": limits}
    assert outcome_of(lambda: native.encode(event, **options)) == outcome_of(lambda: reference.encode(event, **options))


@each_registry
@given(data=st.data())
def test_encoding_valid_events_with_one_odd_value(registry, data):
    frame = random_frame(random.Random(data.draw(st.integers(0, 2**32))), registry)
    try:
        event = reference.decode(frame, registry=registry)
    except TLibError:
        assume(False)
    assume(hasattr(event, "__schema__"))
    field = data.draw(st.sampled_from(sorted(set(event.__struct_fields__) - {"extra"})))
    value = data.draw(st.sampled_from(UNUSUAL_VALUES))
    event = type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | {field: value})
    options = {"registry": registry, "policy": data.draw(st.sampled_from(Policy))}
    assert outcome_of(lambda: native.encode(event, **options)) == outcome_of(lambda: reference.encode(event, **options))


@each_registry
@given(data=st.data())
def test_encoding_events_that_have_no_class(registry, data):
    names = [*sorted(attribute.name for attribute in registry.dictionary.values()), "#9", "#65535", "#65536", "Nobody"]
    values = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(["n", 1, *UNUSUAL_VALUES]), max_size=4))
    message = data.draw(st.sampled_from([*registry.schemas, 9_999, -1, 65_536, True, "EventRinging", "Nobody"]))
    event = data.draw(st.sampled_from([UnknownEvent, InvalidEvent]))(message, Attributes(values))
    options = {"registry": registry, "policy": data.draw(st.sampled_from(Policy))}
    assert outcome_of(lambda: native.encode(event, **options)) == outcome_of(lambda: reference.encode(event, **options))


LENIENT = {
    "a valid event": CREATED(call_uuid="u", conn_id="0" * 16, user_data=KVList({"a": 1})),
    "an event with attributes beyond its table": CREATED(call_uuid="u", conn_id="0" * 16, extra=Attributes({"#60000": RawValue(9, b"")})),
    "an event without a Mandatory attribute": CREATED(call_uuid=None, conn_id="0" * 16),
    "a value of another wire type": CREATED(call_uuid=RawValue(1, b"\0\0\0\1"), conn_id="0" * 16),
    "an unknown event": UnknownEvent(9_999, Attributes({"ANI": "1", "#60000": RawValue(9, b"")})),
    "an invalid event": InvalidEvent(CREATED.message, Attributes({"ANI": "1"})),
}


@pytest.mark.parametrize("case", LENIENT)
def test_the_native_engine_alone_encodes_under_the_lenient_policy(monkeypatch, case):
    frame = reference.encode(LENIENT[case], policy=Policy.LENIENT)
    monkeypatch.delattr(reference, "encode")
    assert native.encode(LENIENT[case], policy=Policy.LENIENT) == frame


def test_a_list_that_is_no_list_of_pairs_does_not_crash_the_encoder():
    for flat in [[], ["a", 1], ("a",), (1, 2), (None, None), 5]:
        event = TLIBRARY.event("EventCallCreated")(call_uuid="u", conn_id="0" * 16, user_data=KVList.of_flat(flat))
        assert outcome_of(lambda event=event: native.encode(event)) == outcome_of(lambda event=event: reference.encode(event))


# -- mutations and outcomes -----------------------------------------------------------------------


@pytest.mark.parametrize("label", sorted(MUTATIONS))
def test_every_mutation_damages_something_and_stands_any_bytes(label):
    rng = random.Random(1)
    pool = [random_frame(rng, TLIBRARY) for _ in range(20)]
    changed = 0
    for original in [b"", b"T", pool[0][:12], *pool * 5]:
        data = bytearray(original)
        MUTATIONS[label](data, rng, pool)
        changed += data != original
    assert changed or label == "fix-length"


def test_random_frames_are_well_formed():
    rng = random.Random(1)
    for registry in (TLIBRARY, weather.WEATHER):
        for _ in range(500):
            frame = random_frame(rng, registry)
            reference.decode(frame, registry=registry, policy=Policy.LENIENT)
            assert not spans(frame) or spans(frame)[-1][1] == len(frame)


def test_an_exception_that_is_not_ours_goes_through():
    with pytest.raises(ZeroDivisionError):
        differential.outcome(lambda: 1 / 0)


def test_the_outcome_of_a_value_has_its_type_and_repr():
    assert differential.outcome(lambda: 1) == ("returned", int, 1, "1")


def test_the_outcome_of_an_error_has_its_type_and_code():
    def refuse():
        raise EncodeError("value-range", expected="a", actual="b")

    assert differential.outcome(refuse)[:3] == ("raised", EncodeError, "value-range")

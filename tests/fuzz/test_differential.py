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
from tlib_fuzz import differential, strategies
from tlib_fuzz.mutate import MUTATIONS, mutate, spans
from tlib_fuzz.walker import random_frame
from tlib_schemas import Attributes, RawValue, Unicode
from tlib_schemas.tlibrary import TLIBRARY

native = pytest.importorskip(
    "tlib_codec.native.engine", reason="the native engine is not built: no C compiler was found", exc_type=ImportError
)

REGISTRIES = [TLIBRARY, weather.WEATHER, own.OWN]
each_registry = pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.name)


@each_registry
def test_thousands_of_damaged_frames(registry):
    counts = differential.run(4_000, 3, registry=registry)
    assert counts["frames"] == 4_000
    assert counts["streams"] > 400
    assert counts["events"] > 100
    assert sum(number for what, number in counts.items() if what.startswith("refused")) > 500


def test_the_same_seed_is_the_same_run():
    assert differential.run(300, 5) == differential.run(300, 5)
    assert differential.run(300, 5) != differential.run(300, 6)


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


# -- values that no frame gave --------------------------------------------------------------------

ODD_VALUES = [
    "006C02462A161006", "006c02462a16100", "006c02462a16100g", "\ud800", "x" * 70_000, "é", "", -1, 0, 2**31, 2**32, 2**63, 2**64, 2**80,
    True, 1.5, b"\xff", bytearray(b"a"), (1, 2), [("a", 1)], {"a": 1}, {"a": None}, object, KVList({"a": 2**31}), KVList([("\udcff", b"")]),
    KVList([("k", Unicode("\udcff"))]), KVList({"k" * 70_000: 1}), KVList({"k": "v" * 70_000}), KVList({"a": {"b": {"c": {}}}}),
    KVList.of_flat(("a", None)), KVList.of_flat(("a", True)), Unicode("u"), own.Level.Far, own.Level(-5),
    RawValue(1, b"\0\0\0\1"), RawValue(1, b"\0"), RawValue(3, b"\0\1"), RawValue(9, b""), RawValue(256, b""), RawValue(-1, b""), RawValue(0, "text"),
]  # fmt: skip


def form(call):
    try:
        return call()
    except Exception as error:  # noqa: BLE001 whatever one engine raises, the other must
        return type(error), differential.tell_error(error) if hasattr(error, "code") else str(error)


@each_registry
@given(data=st.data())
def test_encoding_what_no_decoder_gives(registry, data):
    schema = data.draw(st.sampled_from(list(registry.schemas.values())))
    values = dict.fromkeys(schema.cls.__struct_fields__[1:])
    event = schema.cls(**{k: data.draw(st.sampled_from(["n", *ODD_VALUES])) for k in values})
    msgspec.structs.force_setattr(event, "extra", data.draw(st.sampled_from([event.extra, {}, type(event.extra)({"#9": 1, "Nobody": 2})])))
    policy = data.draw(st.sampled_from(Policy))
    limits = data.draw(st.sampled_from([Limits(), Limits(list_depth=2, list_pairs=3)]))
    options = {"registry": registry, "policy": policy, "limits": limits}
    assert form(lambda: native.encode(event, **options)) == form(lambda: reference.encode(event, **options))


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
    value = data.draw(st.sampled_from(ODD_VALUES))
    event = type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | {field: value})
    options = {"registry": registry, "policy": data.draw(st.sampled_from(Policy))}
    assert form(lambda: native.encode(event, **options)) == form(lambda: reference.encode(event, **options))


@each_registry
@given(data=st.data())
def test_encoding_events_that_have_no_class(registry, data):
    names = [*sorted(attribute.name for attribute in registry.dictionary.values()), "#9", "#65535", "#65536", "Nobody"]
    values = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(["n", 1, *ODD_VALUES]), max_size=4))
    message = data.draw(st.sampled_from([*registry.schemas, 9_999, -1, 65_536, True, "EventRinging", "Nobody"]))
    event = data.draw(st.sampled_from([UnknownEvent, InvalidEvent]))(message, Attributes(values))
    options = {"registry": registry, "policy": data.draw(st.sampled_from(Policy))}
    assert form(lambda: native.encode(event, **options)) == form(lambda: reference.encode(event, **options))


CREATED = TLIBRARY.event("EventCallCreated")
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
        assert form(lambda event=event: native.encode(event)) == form(lambda event=event: reference.encode(event))


# -- the tool itself ------------------------------------------------------------------------------


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


class Liar:
    """A native engine that lost an error and one byte."""

    def __getattr__(self, name):
        return getattr(native, name)

    @staticmethod
    def encode(*args, **options):
        return native.encode(*args, **options)[:-1]


def test_a_difference_is_found_made_small_and_printed(monkeypatch, capsys):
    monkeypatch.setattr(differential, "native", Liar)
    with pytest.raises(differential.DivergenceError) as found:
        differential.run(100, 1)
    assert "encode of what was decoded" in found.value.difference
    assert len(found.value.data) <= len(found.value.origin)
    assert found.value.labels
    assert differential.check_frame(found.value.data) is not None
    assert differential.main(["--count", "100", "--seed", "1"]) == 1
    assert f"smallest: {found.value.data.hex()}" in capsys.readouterr().out


def test_the_command(tmp_path, capsys, monkeypatch):
    (tmp_path / "a.tlb").write_bytes(random_frame(random.Random(1), TLIBRARY) * 2)
    (tmp_path / "v.json").write_text('{"vectors": [{"wire": ["544c", "0100"]}, {"json": 1}]}')
    (tmp_path / "c").write_bytes(b"not read")
    assert [len(data) for data in differential.read_corpus([tmp_path])][2:] == [4]
    assert differential.main(["--count", "60", "--seed", "2", "--corpus", str(tmp_path)]) == 0
    assert "60 frames" in capsys.readouterr().out
    assert differential.main(["--count", "60", "--seconds", "-1"]) == 0
    monkeypatch.setattr(differential, "native", lambda: __import__("tlib_codec.no_such_engine"))
    assert differential.main([]) == 2


def test_an_error_that_is_no_error_of_ours_goes_through(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        differential.outcome(lambda: 1 / 0)
    assert differential.outcome(lambda: 1) == ("gave", int, 1, "1")

    def refuse():
        raise EncodeError("value-range", expected="a", actual="b")

    assert differential.outcome(refuse)[:3] == ("raised", EncodeError, "value-range")

"""The walker builds valid frames, each entry of the catalogue makes one change, and both engines agree with the labels."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Annotated

import own
import pytest
import weather
from hypothesis import given
from hypothesis import strategies as st

from tlib_codec import CODES, TLIBRARY, DecodeError, InvalidEvent, Limits, Policy, SchemaViolation, check, decode, reference
from tlib_fuzz.cases import VALID, cases, expectation, tree
from tlib_fuzz.cases.catalogue import CATALOGUE, DEFECTS, EDGE_CASES, UNREACHABLE, entries_for
from tlib_fuzz.cases.chooser import BytesChooser, RandomChooser
from tlib_fuzz.cases.scenarios import Table
from tlib_fuzz.cases.walker import Walker, random_frame, walker_of
from tlib_fuzz.selfcheck import agreement
from tlib_fuzz.selfcheck.agreement import Agreement
from tlib_fuzz.selfcheck.engines import engines
from tlib_schemas import Attribute, Event, Registry, Severity, event
from tlib_schemas.rules import required_when

REGISTRIES = pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER], ids=lambda registry: registry.name)
EACH_REGISTRY = pytest.mark.parametrize("registry", [TLIBRARY, weather.WEATHER, own.OWN], ids=lambda registry: registry.name)
ENGINES = pytest.mark.parametrize("engine", engines(), ids=lambda engine: engine.__name__)


def some(count, seed=1, registry=TLIBRARY, **options):
    return list(itertools.islice(cases(seed, registry, **options), count))


# -- labels and engines ---------------------------------------------------------------------------


@REGISTRIES
def test_both_engines_agree_with_the_labels(registry):
    check = Agreement(1, registry)
    check.batch(0, 8_000)
    labels = {label for label, _ in check.tally.outcomes}
    assert {VALID, *entries_for(walker_of(registry))} - labels <= {"most-pairs"}  # rare, because it is large


@REGISTRIES
@ENGINES
@pytest.mark.parametrize("label", [label for label in CATALOGUE if label != "most-pairs"])
def test_an_entry_is_one_change_to_a_valid_frame(label, engine, registry):
    entry, walker, chooser = CATALOGUE[label], walker_of(registry), RandomChooser(5)
    if not entry.site.fits(walker):
        pytest.skip(f"{registry.name} has no site for it")
    for _ in range(40):
        place = entry.site.make(walker, chooser)
        repaired = place.frame.write()
        assert not isinstance(engine.decode(repaired, registry=registry), InvalidEvent)
        change = entry.edit(place)
        broken = place.frame.write()[: change.cut]
        if not entry.codes:
            engine.decode(broken, registry=registry)
            assert set(entry.warnings) <= {v.code for v in check(broken, registry=registry)}
            continue
        assert broken != repaired
        with pytest.raises((DecodeError, SchemaViolation)) as caught:
            engine.decode(broken, registry=registry)
        assert caught.value.code in entry.codes
        if isinstance(caught.value, SchemaViolation):
            assert [v.code for v in caught.value.violations if v.severity is Severity.ERROR] == [entry.codes[0]]


def test_the_largest_lists_are_read():
    for case in some(2, labels=["most-pairs"]):
        assert agreement.disagreement(case, engines()[-1]) is None
        assert len(case.frame) > 9 * 65_534


@pytest.mark.parametrize("label", list(CATALOGUE))
def test_our_engine_reports_the_first_code_of_an_entry(label):
    entry = CATALOGUE[label]
    assert set(entry.codes) | set(entry.warnings) <= set(CODES)
    if entry.codes:
        found = {expectation(case.frame).codes for case in some(30, labels=[label])}
        assert frozenset(entry.codes[:1]) in found


def test_every_code_of_a_frame_and_of_a_rule_is_reached():
    """Those of other things: values to be written, JSON, hex text, logs, captures, scenarios."""
    elsewhere = ("value-", "unknown-name", "json-", "hex-", "log-", "capture-", "tcp-", "scenario-")
    reached = {code for entry in CATALOGUE.values() for code in (*entry.codes, *entry.warnings)}
    assert not reached & UNREACHABLE.keys()
    assert reached | UNREACHABLE.keys() == {code for code in CODES if not code.startswith(elsewhere)}


def test_what_is_out_of_reach_needs_other_limits():
    (case,) = some(1, labels=["many-pairs"])
    with pytest.raises(DecodeError) as caught:
        decode(case.frame, limits=Limits(list_pairs=9))
    assert caught.value.code in UNREACHABLE


@pytest.mark.parametrize("labels", [["magic", "version"], [VALID], ["longest-pair", "many-pairs"]], ids=str)
def test_labels_choose_the_cases(labels):
    assert {case.label for case in some(60, labels=labels)} == set(labels)


def test_a_registry_with_a_deprecated_event_has_its_cases():
    assert "deprecated" in {case.label for case in some(3000, registry=weather.WEATHER)}


@pytest.mark.parametrize("labels", [["nonsense"], []])
def test_unknown_labels_and_none_are_refused(labels):
    with pytest.raises(ValueError, match="choose among valid, magic, version"):
        cases(1, labels=labels)


def test_no_label_occurs_twice():
    assert len(CATALOGUE) == sum(len(entries) for sections in (DEFECTS, EDGE_CASES) for entries in sections.values())


def test_the_same_seed_gives_the_same_cases():
    assert some(300, 4) == some(300, 4)
    assert some(300, 4) != some(300, 5)


def test_a_case_to_accept_has_json_and_no_codes():
    for case in some(400):
        assert case.accept == (case.json is not None) == (not case.codes)


def test_a_reason_is_one_printable_line():
    assert all(case.reason.isprintable() for case in some(400))


def test_a_case_names_its_message():
    for case in some(400):
        if len(case.frame) >= 6 and case.label != "magic":
            assert case.schema == TLIBRARY.frame().message_name(int.from_bytes(case.frame[4:6], "big"))


def test_the_expectation_of_a_case_is_its_answer():
    for case in some(600):
        expected = expectation(case.frame)
        assert (expected.accept, expected.json) == (case.accept, case.json)
        assert not expected.codes or expected.codes & case.codes


def test_the_expectation_of_no_bytes_is_a_truncated_header():
    assert expectation(b"").codes == {"truncated-header"}


def test_the_expectation_of_an_empty_event_names_the_missing_attribute():
    empty = expectation(b"TL\x01\0" + TLIBRARY.messages["EventCallDeleted"].to_bytes(2, "big") + bytes(4))
    assert (empty.codes, empty.path) == ({"mandatory-missing"}, "EventCallDeleted.CallUUID")


# -- the walker -----------------------------------------------------------------------------------


@EACH_REGISTRY
def test_both_engines_decode_a_frame_to_its_item(registry):
    walker, chooser = walker_of(registry), RandomChooser(2)
    for _ in range(1500):
        frame = walker.frame(chooser)
        data = frame.write()
        assert tree.read(data) == frame
        item = walker.item(frame)
        for engine in engines():
            assert engine.decode(data, registry=registry) == item
    for _ in range(300):
        assert isinstance(reference.decode(walker.invalid(chooser).write(), registry=registry, policy=Policy.LENIENT), InvalidEvent)


@EACH_REGISTRY
def test_every_rule_can_be_broken(registry):
    for table in walker_of(registry).tables:
        broken = {id(one.rule) for one in table.breaks}
        for rule in table.rules:
            possible = not rule.values or rule.present or any(-(2**63) <= v < 2**32 for v in rule.values)
            selects = table.schema.when is not None and rule.field == table.schema.when.field and not table.schema.when.ends
            assert id(rule) in broken or registry is own.OWN or not possible or selects


def test_every_advisory_rule_can_be_broken():
    advised = {id(one.rule) for table in walker_of(TLIBRARY).tables for one in table.advised}
    assert advised == {id(r) for s in TLIBRARY.tables for r in s.rules if r.severity is Severity.WARNING}


def test_a_number_without_a_name_needs_no_note():
    @event(1, rules=[required_when("note", "level", own.Level, note="")])
    class Noted(Event):
        level: own.Lvl
        note: own.Note | None = None

    assert len(Table(Noted.__schema__).scenarios) == 1 + len(own.Level)


def test_rules_that_contradict_each_other_are_refused():
    @event(2, rules=[own.rule(field="note")])
    class Never(Event):
        note: own.Note

    with pytest.raises(ValueError, match="Never: no event satisfies"):
        Table(Never.__schema__)


@given(st.binary(max_size=300))
def test_any_bytes_choose_a_valid_frame(data):
    frame = walker_of(TLIBRARY).frame(BytesChooser(data))
    decode(frame.write())


def test_a_chooser_reads_its_bytes():
    assert BytesChooser(b"\x05").integer(0, 255) == 5


@pytest.mark.parametrize(
    ("choose", "simplest"),
    [
        (lambda chooser: chooser.integer(3, 9), 3),
        (lambda chooser: chooser.pick("ab"), "a"),
        (lambda chooser: chooser.chance(0.5), False),
        (lambda chooser: chooser.bytes(3), bytes(3)),
    ],
)
def test_a_chooser_without_bytes_makes_the_simplest_choice(choose, simplest):
    assert choose(BytesChooser(b"")) == simplest


def test_no_bytes_and_zeros_choose_the_same_frame():
    assert walker_of(TLIBRARY).frame(BytesChooser(b"")).write() == walker_of(TLIBRARY).frame(BytesChooser(bytes(999))).write()


def test_a_construct_that_reads_nothing_is_refused():
    class Closed(own.Packed):
        def unpack(self, data, limits=None):
            raise DecodeError("int-length", offset=0)

    Shut = Annotated[tuple, Attribute(300, Closed(), "Shut")]
    made = type(Event)("Locked", (Event,), {"__module__": __name__, "__annotations__": {"shut": Shut}})
    with pytest.raises(ValueError, match="Shut: no bytes found"):
        Walker(Registry("Closed", events=[event(1)(made)]))


# -- trees ----------------------------------------------------------------------------------------


@given(st.binary(max_size=60).map(lambda tail: b"TL\x01\x00\x00\x3c" + tail) | st.binary(min_size=10, max_size=60))
def test_a_tree_keeps_any_bytes(data):
    frame = tree.read(data)
    assert (b"" if frame is None else frame.write()) == (data if len(data) >= 10 else b"")


def test_a_tree_keeps_every_case():
    for case in some(1500, 9):
        found = tree.read(case.frame)
        assert (found.write() if found else case.frame) == case.frame
    for seed in range(300):
        rng = random.Random(seed)
        data = bytearray(random_frame(rng, TLIBRARY))
        for _ in range(3):
            data[rng.randrange(10, len(data)) if len(data) > 10 else 5] = rng.randrange(256)
        assert tree.read(bytes(data)).write() == data


def test_lengths_follow_what_is_taken_out_of_a_tree():
    case = next(case for case in cases(1, labels=["pair-int-length"]) if len(case.frame) > 80)
    found = tree.read(case.frame)
    smaller = True
    while smaller:
        smaller = False
        for a in list(found.attributes):
            kept = found.attributes
            found.attributes = [b for b in kept if b is not a]
            if expectation(found.write()).codes & case.codes:
                smaller = True
            else:
                found.attributes = kept
    assert len(found.attributes) == 1
    assert expectation(found.write()).codes == {"pair-int-length"}


# -- disagreements --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "answer", "difference"),
    [
        (VALID, lambda case: reference.decode(b"TL"), "refused: "),
        ("magic", lambda case: reference.decode(b"TL"), "refused with truncated-header, not bad-magic"),
        ("pair-type", lambda case: reference.decode(case.frame, registry=Registry("Other")), "refused at "),
        (VALID, lambda case: next(iter(TLIBRARY.events))(call_uuid="", conn_id="0" * 16), "read as "),
    ],
)
def test_each_kind_of_disagreement_is_named(label, answer, difference):
    case = next(cases(1, labels=[label]))
    wrong = SimpleNamespace(decode=lambda data, registry: answer(case))
    assert agreement.disagreement(case, wrong).startswith(difference)

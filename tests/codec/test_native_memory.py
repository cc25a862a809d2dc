"""The native engine's memory: nothing leaks, nothing is read that was freed, and no owner of a buffer can hurt it.

Under `make sanitize` the same tests run with AddressSanitizer.
"""

from __future__ import annotations

import copy
import gc
import mmap
import pickle
import random
import subprocess
import sys
import threading
import tracemalloc
import weakref

import msgspec
import own
import pytest

from tlib_codec import DecodeError, EventCallCreated, Gap, KVList, Limits, MalformedFrame, Policy, Registry, TLibError, reference
from tlib_codec.formats import jsonl
from tlib_fuzz.cases.mutate import mutate
from tlib_fuzz.cases.walker import random_frame
from tlib_schemas import TLIBRARY, Attribute, Event, Malformed, Unicode, event, kinds, wire

native = pytest.importorskip(
    "tlib_codec.native.engine", reason="the native engine is not built: no C compiler was found", exc_type=ImportError
)

PAIRS = {"Queue": "7001", "RTR": 115, "Blob": b"\0\xff", "Nested": {"Tier": "Gold", "Deeper": {"k": "v" * 50}}, "U": Unicode("é")}
CALL = EventCallCreated(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006", user_data=KVList(PAIRS))
FRAME = reference.encode(CALL)


def view():
    return native.decode(FRAME).user_data


def growth(work, rounds=30):
    """Bytes that `work` leaves behind a round, once caches are warm."""
    for _ in range(15):
        work()
    gc.collect()
    tracemalloc.start()
    try:
        work()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(rounds):
            work()
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / rounds
    finally:
        tracemalloc.stop()


def frames_of(registry, count, seed=1):
    rng = random.Random(seed)
    pool = [random_frame(rng, registry) for _ in range(count)]
    return pool + [mutate(frame, rng, pool)[0] for frame in pool]


def use(item):
    repr(item)
    hash(item)
    assert item == copy.deepcopy(item)


@pytest.mark.parametrize("registry", [TLIBRARY, own.OWN], ids=lambda registry: registry.name)
def test_nothing_leaks(registry):
    frames = frames_of(registry, 60)
    stream = b"junk".join(frames)

    def work():
        for frame in frames:
            for policy in Policy:
                try:
                    item = native.decode(frame, registry=registry, policy=policy)
                    native.encode(item, registry=registry, policy=policy)
                    use(item)
                except TLibError as error:
                    str(error)
            native.core_error(frame, registry=registry)
        decoder = native.StreamDecoder(registry=registry)
        for at in range(0, len(stream), 37):
            decoder.feed(stream[at : at + 37])
            list(decoder)
        decoder.close()
        list(decoder)
        for seen in native.scan(stream, registry=registry):
            if not isinstance(seen, Gap):
                [seen.get(number) for number in registry.dictionary]
                assert seen.data

    assert growth(work, 10) < 400


def test_pickling_views_leaks_nothing():
    assert growth(lambda: pickle.loads(pickle.dumps(view()))) < 200


@pytest.mark.parametrize(
    "bad", [KVList.of_flat(("a", object())), KVList({"a": 2**40}), KVList([("\ud800", 1)]), "no list", KVList({"k": "v" * 70_000})]
)
def test_a_refused_encoding_leaks_nothing(bad):
    call = msgspec.structs.replace(CALL, user_data=bad)

    def work():
        with pytest.raises(Exception):  # noqa: B017 whatever the reference engine says
            native.encode(call)

    assert growth(work) < 200


def test_registries_and_their_tables_go_together():
    def make():
        registry = Registry("Short", events=[own.Plain, own.Whole])
        native.decode(random_frame(random.Random(1), own.OWN)[:4] + b"\0\2" + b"\0\0\0\x0a" + b"\1\x34\1\0\0\4\0\0\0\1", registry=registry)
        return weakref.ref(registry)

    made = make()
    gc.collect()
    assert made() is None


def used_and_dropped(number):
    """Weak references to a registry that both ways have used, and to its event class."""
    made = type("Made", (Event,), {"__annotations__": {"note": own.Note}})
    registry = Registry("Made", events=[event(number)(made)])
    one = made(note="n")
    assert native.decode(native.encode(one, registry=registry), registry=registry) == one
    return weakref.ref(registry), weakref.ref(made)


def test_event_classes_of_dropped_registries_are_freed():
    dropped = [used_and_dropped(number)[1] for number in range(200)]
    gc.collect()
    assert [one() for one in dropped] == [None] * 200


def test_a_new_registry_at_the_address_of_a_dropped_one_has_its_own_tables():
    for number in range(50):
        used_and_dropped(number)
        gc.collect()


def test_freed_events_of_dropped_classes_serve_other_classes():
    used_and_dropped(5)
    gc.collect()
    assert all(native.decode(FRAME) == CALL for _ in range(100))


# -- key-value lists as views ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "look",
    [
        lambda kv: kv == KVList(PAIRS),
        lambda kv: KVList(PAIRS) == kv,
        lambda kv: kv != KVList({}),
        lambda kv: hash(kv) == hash(KVList(PAIRS)),
        lambda kv: pickle.loads(pickle.dumps(kv)) == KVList(PAIRS),
        lambda kv: all(pickle.loads(pickle.dumps(kv, protocol)) == kv for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        lambda kv: copy.copy(kv) == KVList(PAIRS),
        lambda kv: copy.deepcopy(kv) == KVList(PAIRS),
        lambda kv: KVList(kv) == KVList(PAIRS),
        lambda kv: len(kv) == 5,
        lambda kv: kv["Nested"]["Deeper"]["k"] == "v" * 50,
        lambda kv: type(kv["U"]) is Unicode,
        lambda kv: "Queue" in kv and kv.get("None") is None,
        lambda kv: [*kv] == [*KVList(PAIRS)],
        lambda kv: repr(kv) == repr(KVList(PAIRS)),
        lambda kv: kv.to_dict() == PAIRS,
        lambda kv: kv.get(key="RTR", default=5) == 115,
        lambda kv: kv == view(),
        lambda kv: wire.KVList.pack(kv) == wire.KVList.pack(KVList(PAIRS)),
        lambda kv: native.encode(msgspec.structs.replace(CALL, user_data=kv)) == FRAME,
        lambda kv: jsonl.dumps(msgspec.structs.replace(CALL, user_data=kv)) == jsonl.dumps(CALL),
    ],
)
def test_every_first_look_at_a_view_sees_the_list(look):
    assert look(view())
    kv = view()
    assert look(kv)
    assert look(kv)


def test_a_view_lives_longer_than_its_event_and_frame():
    data = bytearray(FRAME)
    kv = native.decode(data).user_data
    data[:] = bytes(len(data))
    del data
    gc.collect()
    assert kv == KVList(PAIRS)
    nested = kv["Nested"]
    del kv
    gc.collect()
    assert nested == KVList(PAIRS["Nested"])


def test_many_more_views_than_are_kept():
    kept = [view() for _ in range(1_000)]
    assert all(kv["RTR"] == 115 for kv in kept[::3])
    for kv in kept:
        assert isinstance(kv, KVList)
    del kept[::2]
    kept += [view() for _ in range(500)]
    kept += [KVList(PAIRS) for _ in range(500)]
    random.Random(1).shuffle(kept)
    while kept:
        assert kept.pop() == KVList(PAIRS)
    gc.collect()


class Plain(KVList):
    """A subclass with a __dict__ and weak references."""


class Slim(KVList):
    __slots__ = ()


class Slotted(KVList):
    __slots__ = ("__weakref__", "mine", "other")


class Final(Plain):
    seen = 0

    def __del__(self):
        Final.seen += len(self) == 5


@pytest.mark.parametrize("cls", [Plain, Slim, Slotted, Final])
def test_subclasses_of_kvlist(cls):
    before = sys.getrefcount(cls)
    for _ in range(300):
        kv = cls(PAIRS)
        if cls in (Plain, Slotted, Final):
            kv.mine = kv  # a cycle
            reference_to = weakref.ref(kv)
            assert reference_to() is kv
        assert kv == KVList(PAIRS)
        assert native.encode(msgspec.structs.replace(CALL, user_data=kv)) == FRAME
        nested = KVList([("a", kv), ("b", cls(view()))])
        assert nested["b"] == kv
        assert reference.encode(msgspec.structs.replace(CALL, user_data=nested)) == native.encode(
            msgspec.structs.replace(CALL, user_data=nested)
        )
        del kv, nested
    gc.collect()
    assert sys.getrefcount(cls) <= before + 2
    if cls is Final:
        assert Final.seen >= 300


def test_a_subclass_dies_and_its_class_too():
    made = type("Made", (KVList,), {})
    gone = weakref.ref(made)
    made(PAIRS)
    kv = made()
    kv.self = kv
    del kv, made
    gc.collect()
    assert gone() is None


def test_deep_lists_of_a_user_are_freed_without_recursion():
    kv = KVList()
    for _ in range(200_000):
        kv = KVList([("k", kv)])
    with pytest.raises(TLibError) as refused:
        native.encode(msgspec.structs.replace(CALL, user_data=kv))
    assert refused.value.code == "list-too-deep"
    del kv, refused
    gc.collect()


def test_the_pairs_of_a_packed_list_cannot_be_deleted():
    kv = view()
    with pytest.raises(AttributeError):
        del kv._flat
    assert kv == KVList(PAIRS)


def test_packed_lists_are_made_by_decoding_only():
    with pytest.raises(TypeError):
        type(view())()


def test_a_packed_list_has_no_subclass():
    with pytest.raises(TypeError):
        type("Made", (type(view()),), {})


def test_a_packed_list_is_a_kvlist():
    assert isinstance(view(), KVList)


def test_the_schemas_know_no_storage_but_their_own():
    assert type(KVList.__dict__["_flat"]).__name__ == "member_descriptor"


def test_a_list_without_pairs_is_refused_as_the_reference_engine_does():
    with pytest.raises(AttributeError):
        native.encode(msgspec.structs.replace(CALL, user_data=KVList.__new__(KVList)))


def test_a_string_is_no_unicode_in_a_list_of_another_storage():
    nested = native.encode(msgspec.structs.replace(CALL, user_data=KVList({"a": Unicode("x"), "b": {}})))
    assert native.decode(nested).user_data != KVList({"a": "x", "b": {}})
    assert native.decode(nested).user_data == KVList({"a": Unicode("x"), "b": {}})


def test_a_packed_list_is_not_made_anew():
    kv = view()
    with pytest.raises(AttributeError):
        kv.__init__({"other": 1})
    assert kv == KVList(PAIRS)


def test_looking_at_a_list_keeps_nothing():
    kv = native.decode(
        reference.encode(msgspec.structs.replace(CALL, user_data=KVList({f"key {i}": f"value {i}" * 20 for i in range(500)})))
    ).user_data

    def work():
        assert kv["key 3"] == kv.to_dict()["key 3"] == dict(kv)["key 3"] == kv.values()[3] == list(kv)[3][1]
        assert hash(kv) == hash(KVList(kv))

    assert growth(work, 5) < 200


LARGE = reference.encode(msgspec.structs.replace(CALL, customer_id="x" * 5_000))


def test_a_small_list_keeps_no_large_frame_alive():
    before = sys.getrefcount(LARGE)
    kv = native.decode(LARGE).user_data
    assert sys.getrefcount(LARGE) == before
    assert kv == KVList(PAIRS)


def test_a_small_nested_list_keeps_no_large_list_alive():
    frame = reference.encode(msgspec.structs.replace(CALL, user_data=KVList(PAIRS | {"Long": "x" * 5_000})))
    before = sys.getrefcount(frame)
    kv = native.decode(frame).user_data
    assert sys.getrefcount(frame) > before
    nested = [kv["Nested"] for _ in range(100)]
    del kv
    assert sys.getrefcount(frame) == before
    assert len(nested) == 100
    assert all(one == KVList(PAIRS["Nested"]) for one in nested)


class Odd:
    """A key that equals a text, and reads the list meanwhile."""

    def __init__(self, kv):
        self.kv = kv

    def __eq__(self, other):
        return other == "RTR" and len(self.kv.items()) > 0

    def __hash__(self):
        return hash("RTR")


def test_a_key_of_another_type_says_itself_which_text_it_equals():
    kv = view()
    assert kv[Odd(kv)] == KVList(PAIRS)[Odd(kv)] == 115


class Loud(str):
    __slots__ = ()

    def __eq__(self, other):
        return str(other) == self.lower()

    def __hash__(self):
        return hash(self.lower())


def test_a_subclass_of_str_compares_as_it_likes():
    kv = native.decode(reference.encode(msgspec.structs.replace(CALL, user_data=KVList({"rtr": 1})))).user_data
    assert kv[Loud("RTR")] == KVList({"rtr": 1})[Loud("RTR")] == 1


@pytest.mark.parametrize("wrong", [(), ("a", 1, 2)], ids=len)
def test_wrong_arguments_of_get_are_refused(wrong):
    with pytest.raises(TypeError):
        view().get(*wrong)


def test_get_knows_its_arguments_by_name_alone():
    with pytest.raises(TypeError):
        view().get("a", other=1)


def test_a_pair_that_is_kept_stays_as_it_is():
    pairs = iter(view())
    first = next(pairs)
    second = next(pairs)
    assert (first, second) == (("Queue", "7001"), ("RTR", 115))


def test_a_pair_that_is_dropped_leaves_its_hash_behind():
    hashes = [hash(pair) for pair in view()]
    assert hashes == [hash(pair) for pair in KVList(PAIRS)]


def test_an_iterator_outlives_its_list():
    pairs = iter(view())
    gc.collect()
    assert list(pairs) == list(KVList(PAIRS))


def test_a_packed_list_inside_a_list_is_written_as_it_stands():
    nested = msgspec.structs.replace(CALL, user_data=KVList([("a", view()), ("b", 1)]))
    assert native.encode(nested) == reference.encode(nested)


def test_a_packed_list_inside_a_list_counts_its_depth():
    limits = Limits(list_depth=3)  # PAIRS has three levels
    with pytest.raises(TLibError) as refused:
        native.encode(msgspec.structs.replace(CALL, user_data=KVList([("a", view())])), limits=limits)
    assert refused.value.code == "list-too-deep"
    assert native.encode(msgspec.structs.replace(CALL, user_data=view()), limits=limits) == FRAME


class Noose:
    """Cyclic garbage whose finaliser runs code when the collector does."""

    def __init__(self, code):
        self.code = code
        self.me = self

    def __del__(self):
        self.code()


@pytest.fixture
def eager_collector():
    """The collector runs at nearly every allocation."""
    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("eager_collector")
def test_the_collector_reads_the_same_list_meanwhile():
    for _ in range(200):
        kv = view()
        Noose(lambda kv=kv: len(kv))
        assert kv == KVList(PAIRS)
        Noose(lambda kv=kv: list(kv))
        assert len(kv.items()) == len(kv)


@pytest.mark.usefixtures("eager_collector")
def test_the_collector_uses_the_same_decoder_and_scanner_meanwhile():
    stream = b"".join(frames_of(TLIBRARY, 30))
    whole = [*native.scan(stream)]
    for _ in range(30):
        scanner = native.scan(stream)
        decoder = native.StreamDecoder()
        decoder.feed(stream)
        seen = 0
        for _ in range(10):
            Noose(lambda scanner=scanner: next(scanner, None))
            Noose(lambda decoder=decoder: (decoder.feed(stream * 3), next(decoder, None)))
            seen += next(scanner, None) is not None
            next(decoder, None)
        rest = [*scanner]
        assert seen + len(rest) <= len(whole)
        assert isinstance(next(native.scan(stream)), type(whole[0]))


# -- buffers of a caller --------------------------------------------------------------------------


def test_buffers_of_every_kind(tmp_path):
    path = tmp_path / "frames"
    path.write_bytes(FRAME * 3)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        for buffer in (bytes(mapped), bytearray(mapped), memoryview(bytes(mapped)), mapped):
            assert [seen["UserData"] for seen in native.scan(buffer)] == [KVList(PAIRS)] * 3
            decoder = native.StreamDecoder()
            decoder.feed(buffer)
            assert [item == CALL for item in decoder] == [True] * 3
            assert native.decode(memoryview(buffer)[: len(FRAME)]) == CALL
    for wrong in (memoryview(FRAME * 2)[::2], "text", 5, None):
        with pytest.raises((TypeError, BufferError, DecodeError)):
            native.decode(wrong)
        with pytest.raises((TypeError, BufferError)):
            native.StreamDecoder().feed(wrong)
        with pytest.raises((TypeError, BufferError)):
            native.scan(wrong)


def test_a_scanned_buffer_cannot_be_resized_and_is_released():
    buffer = bytearray(FRAME)
    scanner = native.scan(buffer)
    seen = next(scanner)
    for hold in (scanner, seen):
        with pytest.raises(BufferError):
            buffer.append(1)
        assert hold is not None
    del scanner, hold
    with pytest.raises(BufferError):
        buffer.append(1)
    del seen
    gc.collect()
    buffer.append(1)
    data = bytearray(FRAME)
    decoder = native.StreamDecoder()
    decoder.feed(data)
    native.decode(data)
    data.append(1)


def test_a_buffer_that_changes_under_a_view():
    """Whatever its owner writes: an answer or a DecodeError, and no byte beyond the frame."""
    rng = random.Random(5)
    answers = errors = 0
    for frame in frames_of(TLIBRARY, 150):
        buffer = bytearray(frame)
        for seen in native.scan(buffer):
            if isinstance(seen, Gap):
                continue
            for _ in range(20):
                at = rng.randrange(10, len(buffer) + 1) if len(buffer) > 10 else 0
                buffer[at : at + 2] = rng.choice((b"\xff\xff", b"\0\0", rng.randbytes(2)))[: len(buffer) - at]
                for number in TLIBRARY.dictionary:
                    try:
                        repr(seen.get(number))
                        answers += 1
                    except DecodeError:
                        errors += 1
                for call in (lambda: seen.event(policy=Policy.LENIENT), lambda: "ANI" in seen, lambda: seen.data):  # noqa: B023
                    try:
                        call()
                    except DecodeError:
                        errors += 1
    assert answers > 100
    assert errors > 100


def test_keys_of_a_frame_view():
    seen = next(native.scan(FRAME))
    expected = next(iter(__import__("tlib_codec.views").views.scan(FRAME)))
    for key in (-1, 0, 9, 65_535, 65_536, 2**70, *TLIBRARY.dictionary):
        assert (key in seen) == (key in expected)
        assert seen.get(key) == expected.get(key)
    for key in ("nothing", ""):
        with pytest.raises(LookupError):
            seen.get(key)


def test_huge_frames_leave_no_huge_room_behind():
    body = b"".join(n.to_bytes(2, "big") + b"\2\0\0\0" for n in range(0x9000, 0xF000))
    huge = b"TL\x01\x00\x00\x3c" + len(body).to_bytes(4, "big") + body
    text = reference.encode(msgspec.structs.replace(CALL, extra=type(CALL.extra)({"#61440": wire.RawValue(2, bytes(8 << 20))})))
    decoder = native.StreamDecoder()

    def work():
        for frame in (huge, text):
            assert native.decode(frame) is not None
            decoder.feed(frame)
            assert len(list(decoder)) == 1
            assert len(list(native.scan(frame))) == 1
        decoder.feed(FRAME)
        assert list(decoder) == [CALL]

    work()
    tracemalloc.start()
    try:
        work()
        decoder.feed(b"")
        gc.collect()
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert left < 2 << 20


# -- code of a user's own, called in the middle ---------------------------------------------------


class Reentrant(wire.Value):
    """A construct whose unpack decodes, encodes and scans."""

    wire_type = kinds.WireType.Binary
    python = bytes

    def unpack(self, data, limits=reference.DEFAULT_LIMITS):
        if data == b"bad":
            raise Malformed("value-range", offset=1, expected="good", actual="bad")
        if data == b"bug":
            raise ZeroDivisionError
        assert native.encode(native.decode(FRAME)) == FRAME
        assert len(list(native.scan(FRAME * 2))) == 2
        gc.collect()
        return data

    def pack(self, value, limits=reference.DEFAULT_LIMITS):
        assert native.decode(native.encode(CALL)) == CALL
        return value


@event(5)
class Calling(Event):
    inner: own.Annotated[bytes, Attribute(5, Reentrant(), "Inner")]
    note: own.Note | None = None


CALLING = Registry("Calling", events=[Calling])


def test_a_construct_that_decodes():
    good = Calling(inner=b"good", note="é")
    frame = native.encode(good, registry=CALLING)
    assert frame == reference.encode(good, registry=CALLING)
    assert native.decode(frame, registry=CALLING) == good
    bad, bug = frame.replace(b"\0\4good", b"\0\3bad"), frame.replace(b"\0\4good", b"\0\3bug")
    bad, bug = (data[:9] + bytes((data[9] - 1,)) + data[10:] for data in (bad, bug))
    with pytest.raises(Malformed) as refused:
        native.decode(bad, registry=CALLING)
    assert (refused.value.offset, refused.value.path) == (17, "Calling.Inner")
    with pytest.raises(ZeroDivisionError):
        native.decode(bug, registry=CALLING)
    seen = [*native.scan(frame + bad + frame, registry=CALLING)]
    assert [type(one) for one in seen] == [native.FrameView, MalformedFrame, native.FrameView]
    assert seen[0]["Inner"] == b"good"
    decoder = native.StreamDecoder(registry=CALLING)
    decoder.feed(frame + bug + frame)
    assert next(decoder) == good
    with pytest.raises(ZeroDivisionError):
        next(decoder)
    assert next(decoder) == good


def test_classes_that_make_themselves():
    for made in (
        own.Careful(note="abc"),
        own.Untracked(note="n", more=KVList({"a": 1})),
        own.Roomy(note="n", more=KVList({"a": 1})),
        own.Wide(**{f"w{i}": i for i in range(80)}),
        own.Wide(**{f"w{i}": i for i in range(0, 80, 3)}),
    ):
        frame = native.encode(made, registry=own.OWN)
        found = native.decode(frame, registry=own.OWN)
        assert found == made
        assert native.encode(found, registry=own.OWN) == frame
    lower = native.encode(own.Careful(note="ABC"), registry=own.OWN).replace(b"ABC", b"abc")
    assert native.decode(lower, registry=own.OWN) == reference.decode(lower, registry=own.OWN) == own.Careful(note="ABC")


def test_an_event_with_room_for_more_can_be_collected():
    frame = native.encode(own.Roomy(note="n"), registry=own.OWN)
    found = native.decode(frame, registry=own.OWN)
    found.__dict__["me"] = found
    gone = weakref.ref(found)
    del found
    gc.collect()
    assert gone() is None


# -- threads, and the end -------------------------------------------------------------------------


def in_threads(work, count=4):
    failed = []

    def run():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 told below
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert failed == []


def test_threads_decode_at_the_same_time():
    frames = frames_of(TLIBRARY, 100)
    answers = [native.core_error(frame) for frame in frames]

    def work():
        for _ in range(3):
            for frame, answer in zip(frames, answers, strict=True):
                try:
                    use(native.decode(frame, policy=Policy.LENIENT))
                    assert answer is None
                except DecodeError as error:
                    assert answer == (error.code, error.offset)

    in_threads(work)


def test_threads_read_the_same_views():
    views = [view() for _ in range(2_000)]

    def work():
        for kv in views:
            assert kv["Nested"]["Tier"] == "Gold"
            assert native.encode(msgspec.structs.replace(CALL, user_data=kv)) == FRAME

    in_threads(work)
    assert all(kv == KVList(PAIRS) for kv in views)


def test_threads_share_a_decoder():
    stream = b"".join(frames_of(TLIBRARY, 200))
    decoder = native.StreamDecoder()
    scanner = native.scan(stream)

    def work():
        for at in range(0, len(stream), 211):
            decoder.feed(stream[at : at + 211])
            for item in decoder:
                repr(item)
            for seen in scanner:
                repr(seen)

    in_threads(work)


def test_the_interpreter_ends_with_views_alive():
    code = (
        "import sys, threading\n"
        "from tlib_codec import KVList; from tlib_codec.native import engine as n\n"
        f"frame = bytes.fromhex('{FRAME.hex()}')\n"
        "class Mine(KVList):\n"
        "    def __del__(self): len(self)\n"
        "kept = [n.decode(frame) for _ in range(300)]\n"
        "more = [Mine(e.user_data) for e in kept]; more[0].me = more[0]\n"
        "sys.kept = [n.decode(frame).user_data for _ in range(300)]\n"
        "scan = n.scan(bytearray(frame * 3)); view = next(scan)\n"
        "decoder = n.StreamDecoder(); decoder.feed(frame + frame[:9]); next(decoder)\n"
        "sys.decoder = decoder, scan, view\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")

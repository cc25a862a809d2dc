"""Answers are judged, findings told apart, frames made small, runs repeated."""

import contextlib
import random
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import islice

import msgspec
import pytest
from weather import WEATHER

from tlib_codec import TLIBRARY
from tlib_codec.engine import decode
from tlib_codec.formats import jsonl
from tlib_codec.reference import Policy
from tlib_fuzz.cases import cases, expectation
from tlib_fuzz.cases.tree import Attribute, Frame, List, Pair
from tlib_fuzz.cli.common import explained
from tlib_fuzz.kit.findings import ABOUT, FRAME, HEX, NOT_FIRST, ORIGINAL, Finding, Findings, TargetOptions
from tlib_fuzz.kit.judge import Kind, judge
from tlib_fuzz.kit.protocol import Outcome, TargetError, Verdict
from tlib_fuzz.kit.reduce import Reducer
from tlib_fuzz.kit.report import Total, described, junit, summary
from tlib_fuzz.kit.session import Session
from tlib_fuzz.kit.workload import RAW, Workload
from tlib_schemas.errors import DecodeError, SchemaViolation

EVENT = next(case for case in cases(4, labels=("valid",)) if case.json and b'"UserData":[' in case.json and b'"CallUUID"' in case.json)


def accepted(data):
    return Outcome(Verdict.ACCEPT, json=msgspec.json.encode(data))


# -- judging -----------------------------------------------------------------------------------------


def test_a_right_answer_makes_no_difference():
    for case in islice(cases(1), 500):
        right = Outcome(Verdict.ACCEPT, json=case.json) if case.accept else Outcome(Verdict.REJECT, code=min(case.codes))
        assert judge(case, right, TLIBRARY) is None
        assert judge(case, Outcome(right.verdict), TLIBRARY) is None
        assert judge(case, Outcome(Verdict.SKIP), TLIBRARY) is None


def test_json_may_be_written_in_another_way():
    data = msgspec.json.decode(EVENT.json)
    backwards = dict(reversed(data.items()))
    numbered = {**data, "Event": TLIBRARY.messages[data["Event"]]}
    pairs = {
        **data,
        "UserData": [list(pair) for pair in data["UserData"].items()] if isinstance(data["UserData"], dict) else data["UserData"],
    }
    for other in (backwards, numbered, pairs):
        assert judge(EVENT, accepted(other), TLIBRARY) is None


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"CallUUID": "other"}, Kind.VALUE, 'accepted with CallUUID "other", but the correct value is'),
        ({"UserData": {}}, Kind.VALUE, "accepted with UserData"),
        ({"NoSuch": 1}, Kind.VALUE, "accepted with JSON that is not an event: "),
        ({"CallUUID": None}, Kind.VALUE, "accepted with JSON that is not an event: "),
    ],
)
def test_a_wrong_value_is_named(change, kind, message):
    difference = judge(EVENT, accepted({**msgspec.json.decode(EVENT.json), **change}), TLIBRARY)
    assert difference.kind is kind
    assert difference.message.startswith(message)


def test_verdicts_codes_and_text_that_is_no_json():
    wrong = expectation(b"TX")
    assert judge(wrong, Outcome(Verdict.ACCEPT), TLIBRARY).message == "accepted, but a correct parser refuses [bad-magic]"
    assert (
        judge(wrong, Outcome(Verdict.REJECT, code="bad-flags"), TLIBRARY).message
        == "refused with bad-flags, but the correct code is bad-magic"
    )
    assert judge(EVENT, Outcome(Verdict.REJECT, code="E7"), TLIBRARY).message == "refused [E7], but a correct parser accepts"
    assert judge(EVENT, Outcome(Verdict.ACCEPT, json=b"{"), TLIBRARY).signature == "syntax"
    assert judge(wrong, Outcome(Verdict.CRASH, signature="SIGSEGV"), TLIBRARY).kind is Kind.CRASH


# -- reducing ----------------------------------------------------------------------------------------


def code_of(data):
    try:
        decode(data)
    except (DecodeError, SchemaViolation) as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("code", "most"),
    [
        ("duplicate-attribute", 40),
        ("pair-unicode", 24),
        ("list-too-deep", 306),
        ("bad-flags", 10),
        ("pair-overrun", 23),
        ("attribute-header", 11),
    ],
)
def test_a_frame_that_one_code_refuses_is_reduced_to_that(code, most):
    case = max((case for case in islice(cases(3), 3_000) if code_of(case.frame) == code), key=lambda case: len(case.frame) % 5_000)
    small = Reducer(lambda data: code_of(data) == code, TLIBRARY).reduce(case.frame)
    assert code_of(small) == code
    assert len(small) <= min(most, len(case.frame))


def test_reducing_keeps_to_its_tries():
    tried = []
    Reducer(lambda data: bool(tried.append(data)), TLIBRARY, tries=50).reduce(EVENT.frame)
    assert len(tried) == 50


def test_bytes_of_no_frame_are_reduced_too():
    assert Reducer(lambda data: b"\x07" in data, TLIBRARY).reduce(bytes(range(9))) == b"\x07"
    assert Reducer(lambda data: True, TLIBRARY).reduce(random.Random(1).randbytes(300)) == b""


def test_a_list_is_replaced_by_the_one_inside_it():
    deep = Frame(0xFFFF, [Attribute(200, 3, List([Pair(3, b"a", List([Pair(3, b"b", List([Pair(4, b"c", b"\xff")]))]))]))])
    small = Reducer(lambda data: code_of(data) == "pair-unicode", TLIBRARY).reduce(deep.write())
    assert small == Frame(0xFFFF, [Attribute(200, 3, List([Pair(4, b"", b"\xff")]))]).write()


# -- plans and runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [TLIBRARY, WEATHER])
def test_a_chunk_depends_on_the_seed_and_its_number(registry):
    workload = Workload(seed=5, registry=registry)
    again = Workload(seed=5, registry=registry)
    assert list(workload.chunk(2, 200)) == list(again.chunk(2, 200)) != list(workload.chunk(3, 200))
    assert len(list(workload.chunk(0, 200))) == 200


def test_what_is_asked_for_is_sent():
    assert {case.label for case in Workload(seed=1, labels=("magic", "valid"), raw=0.0).chunk(0, 50)} == {"magic", "valid"}
    assert Counter(case.label for case in Workload(seed=1, raw=0.1).chunk(0, 100))[RAW] == 10
    assert {case.label for case in Workload(seed=1, labels=(), raw=1.0).chunk(1, 50)} == {RAW}
    assert [case.frame for case in Workload(seed=1, corpus=(b"TL", b"own")).chunk(0, 10)][:2] == [b"TL", b"own"]


def test_a_lenient_plan_accepts_what_is_well_formed():
    for case in Workload(seed=1, lenient=True, raw=0.5).chunk(0, 400):
        try:
            item = decode(case.frame, policy=Policy.LENIENT)
        except DecodeError as error:
            assert not case.accept
            assert error.code in case.codes or case.label != RAW
        else:
            right = jsonl.to_data(item)
            right.pop("$violations", None)
            assert (case.accept, msgspec.json.decode(case.json)) == (True, right)


class Answering:
    """A target in this process: what `answer` says of each frame."""

    def __init__(self, answer):
        self.answer = answer
        self.frames = []

    def run(self, frames):
        self.frames += frames
        return [self.answer(frame) for frame in frames]

    def close(self):
        pass


def test_a_label_that_kills_too_often_is_left_out():
    session = Session(Answering(lambda frame: Outcome(Verdict.HANG, signature="no reply")), Workload(seed=1, labels=("magic",), raw=0.0))
    result = session.chunk(0, 200)
    assert result.counts["magic"] < 200
    assert result.left_out["magic"] == 200 - result.counts["magic"]
    assert session.chunk(1, 200).counts["magic"] == 0


def test_a_chunk_tells_one_hit_of_each_nature_and_counts_the_others():
    result = Session(Answering(lambda frame: Outcome(Verdict.ACCEPT)), Workload(seed=1, raw=0.0)).chunk(0, 500)
    labels = [hit.case.label for hit in result.hits]
    assert len(labels) == len(set(labels))
    wrong = sum(not case.accept for case in Workload(seed=1, raw=0.0).chunk(0, 500))
    assert sum(result.times) == wrong


class Leaving(Answering):
    """A target that is gone after so many frames."""

    def run(self, frames):
        if len(self.frames) >= 100:
            raise TargetError("it does not come back")
        return super().run(frames)


def test_what_was_found_before_a_target_was_gone_is_kept():
    session = Session(Leaving(lambda frame: Outcome(Verdict.ACCEPT)), Workload(seed=1))
    assert session.chunk(0, 500).counts.total() == 128
    with pytest.raises(TargetError):
        session.chunk(1, 500)


def test_skipped_cases_are_counted():
    assert Session(Answering(lambda frame: Outcome(Verdict.SKIP)), Workload(seed=1)).chunk(0, 100).skipped.total() == 100


# -- findings ----------------------------------------------------------------------------------------

BLIND = """import sys
import time
while head := sys.stdin.buffer.read(4):
    frame = sys.stdin.buffer.read(int.from_bytes(head, 'big'))
    {}
    print('accept' if frame[:2] == b'TL' else 'reject', flush=True)
"""


def found_in(tmp_path, body, workload, chunks=1):
    script = tmp_path / "harness.py"
    script.write_text(BLIND.format(body))
    options = TargetOptions(command=f"{sys.executable} -S {script}", timeout=1.0)
    findings = Findings(tmp_path / "findings", workload, options, explained)
    with contextlib.closing(options.open()) as target, contextlib.closing(findings):
        session = Session(target, workload)
        for number in range(chunks):
            result = session.chunk(number, 200)
            for hit, times in zip(result.hits, result.times, strict=True):
                findings.add(hit, times)
    return list(findings.all.values())


def test_a_finding_is_a_folder_with_all_that_is_needed(tmp_path):
    found, *others = found_in(tmp_path, "pass", Workload(seed=1, labels=("flags",), raw=0.0))
    assert others == []
    folder = tmp_path / "findings" / found.name
    assert (folder / FRAME).read_bytes().hex() == found.frame
    assert (folder / FRAME).stat().st_size == 4
    assert expectation((folder / ORIGINAL).read_bytes()).codes == {"bad-flags"}
    assert "BROKEN: expected 0, found" in (folder / HEX).read_text()
    assert msgspec.json.decode((folder / ABOUT).read_bytes(), type=Finding).name == found.name
    assert (found.kind, found.label, found.actual) == (Kind.VERDICT, "flags", {"verdict": "accept"})
    assert found.expected == {"verdict": "reject", "codes": ["bad-flags"]}
    assert found.replay == f"tlib fuzz replay {folder}"


@pytest.mark.parametrize(
    ("body", "kind", "most"),
    [
        ("if b'\\x00\\x03\\x03' in frame: raise ValueError(frame[0])", Kind.CRASH, 30),
        ("if frame[4:6] == b'\\x00\\xa0': time.sleep(9)", Kind.HANG, 10),
    ],
)
def test_harm_is_reduced(tmp_path, body, kind, most):
    found = [finding for finding in found_in(tmp_path, body, Workload(seed=1, labels=("valid",), raw=0.0)) if finding.kind is kind]
    assert [finding.size <= most for finding in found] == [True]


def test_harm_without_a_place_is_one_finding_where_the_same_frame_does_it(tmp_path):
    body = "if len(frame) != 10: sys.exit(7)"  # the first of all frames has ten bytes
    found = found_in(tmp_path, body, Workload(seed=1, labels=("version", "int-length"), raw=0.0))
    crashes = [finding for finding in found if finding.kind is Kind.CRASH]
    assert [(finding.size, finding.message) for finding in crashes] == [(0, "exit status 7")]
    assert crashes[0].hits > 20


def test_refusals_without_a_code_are_reported_apart_by_what_is_left_of_them(tmp_path):
    body = "frame = b'' if b'\\x00\\x09\\x06' in frame else frame"
    found = found_in(tmp_path, body, Workload(seed=2, labels=("valid",), raw=0.0), chunks=2)
    assert [(finding.kind, finding.size) for finding in found] == [(Kind.VERDICT, 24)]
    assert found[0].hits > 20


def test_what_depends_on_the_frames_before_says_so(tmp_path):
    body = "seen = globals().get('seen', 0) + 1\n    if seen > 20: frame = b''"
    found = found_in(tmp_path, body, Workload(seed=2, labels=("valid",), raw=0.0))
    assert {finding.message.endswith(NOT_FIRST) for finding in found} == {True}
    assert all(finding.size == finding.original_size for finding in found)


def test_a_finding_in_a_target_that_does_not_come_back_is_kept_as_it_was(tmp_path):
    workload = Workload(seed=1, labels=("flags",), raw=0.0)
    hit = Session(Answering(lambda frame: Outcome(Verdict.ACCEPT)), workload).chunk(0, 50).hits[0]
    with contextlib.closing(Findings(tmp_path, workload, TargetOptions(command="./gone"), explained)) as findings:
        found = findings.add(hit, 1)
    assert found.size == found.original_size == len(hit.case.frame)
    assert found.message.endswith("the target does not restart, so it is not reduced")


# -- reports -----------------------------------------------------------------------------------------


def test_reports(tmp_path):
    found = found_in(tmp_path, "pass", Workload(seed=1, labels=("flags", "version"), raw=0.0))
    total = Total(7, Counter(flags=90, version=110, valid=0), Counter(nesting=5), Counter(flags=3), 2.0)
    lines = list(summary(total, found))
    assert lines[0] == "200 cases, 2.0 s, 100 a second, seed 7: 2 findings"
    assert lines[1] == "3 cases skipped by the target and not judged"
    assert lines[2] == "left out, because their labels had killed the target often enough: 5 nesting"
    junit(total, found, tmp_path / "fuzz.xml")
    suite = ET.parse(tmp_path / "fuzz.xml").getroot()
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["4", "2", "2"]
    assert {case.get("name") for case in suite.iter("testcase") if case.find("skipped") is not None} == {"valid", "nesting"}
    failed = {case.get("name"): case.find("failure").get("type") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert failed == {"flags": "wrong-verdict", "version": "wrong-verdict"}
    assert {p.get("name"): p.get("value") for p in suite.iter("property")} == {"seed": "7", "cases": "200"}


def test_the_words_on_a_finding_fit_its_numbers(tmp_path):
    found, *_ = found_in(tmp_path, "pass", Workload(seed=1, labels=("flags",), raw=0.0))
    change = msgspec.structs.replace
    assert list(described(change(found, path="", event="", reason="No.", size=1, original_size=1, hits=1)))[1:3] == [
        "    No.",
        "    1 byte; 1 hit",
    ]
    assert list(described(change(found, path="a.b", reason="No.", size=2, original_size=9, hits=1_000)))[1:3] == [
        "    No. (a.b)",
        "    2 bytes, reduced from 9; 1,000 hits",
    ]

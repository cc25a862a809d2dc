"""`tlib fuzz` as a person runs it."""

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import islice
from pathlib import Path

import pytest

from tlib_cli import main
from tlib_codec import StreamDecoder
from tlib_fuzz.cases import cases
from tlib_fuzz.cli.new import TEMPLATES
from tlib_fuzz.dictionary import dictionary

ROOT = Path(__file__).parents[2]
ENGINES = f"{sys.executable} {ROOT / 'tests' / 'fuzz' / 'engines.py'} reference"
HEADER = ("magic", "version", "flags", "header-cut", "frame-cut", "length-short", "length-long", "length-huge", "trailing-bytes", "valid")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def fuzz(*arguments):
    return main(["fuzz", *map(str, arguments)])


@pytest.fixture
def harness():
    """The Python template, which looks at the header only."""
    assert fuzz("new", "python") == 0
    return f"{sys.executable} -S harness.py"


# -- run and replay ------------------------------------------------------------------------------------


def test_nothing_is_found_in_our_own_engine(capsys):
    assert fuzz("run", "--target", ENGINES, "--cases", 600, "--seed", 3, "--timeout", 20) == 0
    assert " seed 3: 0 findings\n" in capsys.readouterr().out
    assert not Path("fuzz-findings").exists()


def test_findings_are_kept_and_can_be_replayed(harness, capsys):
    arguments = ("--cases", 200, "--seed", 1, "--only", "duplicate-attribute", "--junit", "fuzz.xml")
    assert fuzz("run", "--target", harness, *arguments) == 1
    summary = capsys.readouterr().out
    (folder,) = Path("fuzz-findings").iterdir()
    assert f"    tlib fuzz replay {folder}\n" in summary
    assert "200 cases, " in summary
    assert ET.parse("fuzz.xml").getroot().get("failures") == "1"
    assert fuzz("replay", folder, "--hex") == 1
    told = capsys.readouterr().out
    assert "expected: reject duplicate-attribute\nactual:   accept\nwrong-verdict: accepted, but a correct parser refuses" in told
    assert "BROKEN: expected id" in told
    assert fuzz("replay", folder, "--original", "--target", ENGINES) == 0
    assert "the answer is correct" in capsys.readouterr().out


def test_a_run_is_repeated_by_its_seed_with_any_number_of_processes(harness, capsys):
    def told(*more):
        shutil.rmtree("fuzz-findings", ignore_errors=True)
        assert (
            fuzz(
                "run", "--target", harness, "--cases", 1_500, "--seed", 5, "--only", "flags", "--only", "int-length", "--only", "raw", *more
            )
            == 1
        )
        about = [json.loads((folder / "finding.json").read_bytes()) for folder in sorted(Path("fuzz-findings").iterdir())]
        return capsys.readouterr().out.split(": ", 1)[1], about

    first = told()
    assert first == told() == told("--jobs", 2)
    assert len(first[1]) > 2


def test_without_a_seed_a_new_one_is_reported(capsys):
    for _ in range(2):
        assert fuzz("run", "--target", ENGINES, "--cases", 20, "--timeout", 20) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.rpartition("seed ")[2] != second.rpartition("seed ")[2]


def test_a_run_ends_by_time(capsys):
    assert fuzz("run", "--target", ENGINES, "--time", 0.01, "--timeout", 20) == 0
    assert "1,000 cases" in capsys.readouterr().out


def test_frames_of_ones_own_are_sent_first(harness, capsys):
    assert (
        fuzz("run", "--target", harness, "--corpus", ROOT / "examples" / "calls.tlb", "--cases", 100, "--only", "valid", "--seed", 1) == 0
    )
    assert "165 cases" in capsys.readouterr().out


def test_a_lenient_parser_is_not_blamed(harness, capsys):
    arguments = ("run", "--target", harness, "--cases", 100, "--only", "mandatory-missing", "--seed", 1)
    assert fuzz(*arguments) == 1
    assert fuzz(*arguments, "--lenient") == 0


def test_the_bytes_that_are_shown_are_those_that_are_sent(harness, capsys):
    assert fuzz("run", "--target", harness, "--cases", 50, "--seed", 1, "--only", "duplicate-attribute") == 1
    (folder,) = Path("fuzz-findings").iterdir()
    capsys.readouterr()
    assert fuzz("replay", folder, "--hex") == 1
    reduced = capsys.readouterr().out
    assert reduced.startswith((folder / "frame.txt").read_text())
    assert fuzz("replay", folder, "--hex", "--original") == 1
    assert f"a frame of {(folder / 'original.bin').stat().st_size} bytes" in (told := capsys.readouterr().out)
    assert told.splitlines()[1] != reduced.splitlines()[1]


FORGETFUL = """import sys
seen = 0
while head := sys.stdin.buffer.read(4):
    frame = sys.stdin.buffer.read(int.from_bytes(head, 'big'))
    seen += 1
    print('{}' if seen > {} else 'reject bad-magic', flush=True)
"""


def test_what_one_frame_cannot_show_is_not_called_right(capsys):
    Path("harness.py").write_text(FORGETFUL.format("accept", 20))
    assert fuzz("run", "--target", f"{sys.executable} -S harness.py", "--cases", 60, "--seed", 1, "--only", "magic") == 1
    (folder,) = Path("fuzz-findings").iterdir()
    capsys.readouterr()
    assert fuzz("replay", folder) == 2
    told = capsys.readouterr().out
    assert "answer is correct" not in told
    assert "this frame alone does not show it: accepted, but a correct parser refuses [bad-magic]; but not as the first frame" in told
    Path("harness.py").write_text(FORGETFUL.format("skip", 1))
    assert fuzz("replay", folder) == 2
    assert "not judged: the target skips it\n" in capsys.readouterr().out


def test_a_run_in_which_nothing_is_judged_is_no_success(capsys):
    Path("harness.py").write_text(FORGETFUL.format("skip", 1))
    assert fuzz("run", "--target", f"{sys.executable} -S harness.py", "--cases", 30, "--seed", 1, "--junit", "fuzz.xml") == 2
    told = capsys.readouterr()
    assert "30 cases skipped by the target" in told.out
    assert told.err == "tlib: no case was judged: the target skips them all\n"
    suite = ET.parse("fuzz.xml").getroot()
    assert suite.get("skipped") == suite.get("tests") != "0"


def test_findings_of_a_program_that_reads_a_file(capsys):
    Path("once.sh").write_text("exit 0\n")
    arguments = ("--mode", "process", "--only", "magic", "--only", "version", "--cases", 20, "--seed", 1)
    assert fuzz("run", "--target", "sh once.sh @@", *arguments) == 1
    assert ": 2 findings\n" in capsys.readouterr().out
    for folder in Path("fuzz-findings").iterdir():
        assert fuzz("replay", folder) == 1


def test_a_file_of_no_known_format_suggests_no_missing_option(capsys):
    Path("corpus.bin").write_bytes(b"\x01\x02\x03nothing of ours")
    for command in (("run", "--target", "true", "--corpus", "corpus.bin"), ("corpus", "corpus.bin")):
        assert fuzz(*command) == 2
        assert "--format" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--target", "./nothing"), "tlib: the target './nothing' does not start: No such file or directory; is it built"),
        (("run", "--target", "./nothing", "--jobs", 2), "tlib: the target './nothing' does not start: "),
        (("run", "--target", "./nothing", "--jobs", 2, "--mode", "process"), "tlib: the target './nothing' does not start: "),
        (("run", "--target", "true", "--only", "magick"), "tlib: no label 'magick'; did you mean magic?; docs/defects.md lists them"),
        (("run", "--target", "true", "--only", "raw", "--skip", "raw"), "tlib: --skip leaves no label to send"),
        (("run", "--target", "true", "--corpus", "none.tlb"), "tlib: none.tlb: "),
        (("replay", "."), "tlib: .: not a finding: it has no finding.json"),
        (("run",), "Missing option '--target'"),
        (("new", "cobol"), "'cobol' is not one of"),
        (("nww",), "did you mean new?"),
    ],
)
def test_what_cannot_be_done_is_reported_in_one_line(arguments, message, capsys):
    assert fuzz(*arguments) == 2
    assert message in capsys.readouterr().err


def test_a_finding_that_is_damaged(capsys):
    Path("finding.json").write_text("{}")
    assert fuzz("replay", ".") == 2
    assert "tlib: finding.json: Object missing required field" in capsys.readouterr().err


# -- new -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TEMPLATES)
def test_a_template_speaks_the_protocol_and_checks_the_header(language, capsys):
    template = TEMPLATES[language]
    assert fuzz("new", language) == 0
    told = capsys.readouterr().out
    for command in filter(None, (template.build, template.start)):
        assert command.format(template.file) in told
        tool = command.split()[0]
        if not tool.startswith("./") and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if template.build:
        subprocess.run(template.build.format(template.file).split(), check=True, capture_output=True)
    chosen = [part for label in HEADER for part in ("--only", label)]
    assert fuzz("run", "--target", template.start.format(template.file), "--cases", 500, "--seed", 2, "--timeout", 20, *chosen) == 0
    assert (
        fuzz("run", "--target", template.start.format(template.file), "--cases", 50, "--seed", 2, "--timeout", 20, "--only", "int-length")
        == 1
    )


def test_commands_that_are_reported_can_be_pasted(capsys):
    assert fuzz("new", "c", "-o", "a b.c") == 0
    assert "undefined 'a b.c' -o harness" in capsys.readouterr().out
    assert fuzz("new", "python", "-o", "a b.py") == 0
    assert """--target 'python3 '"'"'a b.py'"'"''""" in capsys.readouterr().out


def test_a_harness_is_not_written_over(capsys):
    assert fuzz("new", "c", "-o", "mine.c") == 0
    assert fuzz("new", "c", "-o", "mine.c") == 2
    assert "mine.c: exists already; -o FILE writes another" in capsys.readouterr().err


# -- vectors and corpus --------------------------------------------------------------------------------


def test_vectors_are_of_their_schema_and_say_what_the_cases_say(capsys):
    jsonschema = pytest.importorskip("jsonschema")
    assert fuzz("vectors", "--per-label", 2, "-o", "v") == 0
    made = json.loads(Path("v/tlib_vectors.json").read_bytes())
    schema = json.loads(Path("v/tlib_vectors_schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(made, schema)
    tests = [test for group in made["testGroups"] for test in group["tests"]]
    assert [test["tcId"] for test in sorted(tests, key=lambda test: test["tcId"])] == list(range(1, made["numberOfTests"] + 1))
    assert {test["flags"][0] for test in tests} == set(made["notes"])
    for test in tests:
        assert set(test.get("codes", ())) <= set(made["codes"])
        assert (test["result"] == "valid") is (made["notes"][test["flags"][0]]["codes"] == [])
    assert f"{made['numberOfTests']} tests of {len(made['notes'])} labels" in capsys.readouterr().out


def test_a_corpus_has_ones_own_frames_generated_ones_and_a_dictionary():
    assert fuzz("corpus", ROOT / "examples" / "calls.tlb", "--count", 50, "-o", "c", "--max-size", 500) == 0
    decoder = StreamDecoder()
    decoder.feed((ROOT / "examples" / "calls.tlb").read_bytes())
    own = {decoder.data for _ in decoder}
    seeds = {path.read_bytes() for path in Path("c/seeds").iterdir()}
    assert seeds == {frame for frame in own | {case.frame for case in islice(cases(0), 50)} if len(frame) <= 500}
    assert Path("c/tlib.dict").read_text() == dictionary()


def test_the_dictionary_has_each_word_once_in_the_form_that_fuzzers_read():
    words = [line.split("=", 1) for line in dictionary().splitlines()]
    assert len({value for _, value in words}) == len(words) > 100
    for name, value in words:
        assert name.isidentifier() or name[0].isalpha()
        assert value[0] == value[-1] == '"'
        assert value[1:-1].encode().decode("unicode_escape")

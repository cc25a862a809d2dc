"""Run every example of the pages, and compare its output with the page.

Conventions of a page:

- All ```` ```python ```` blocks of a page run in one namespace; a ```` ```text ```` block right after one is its output.
  A block with ``>>>`` is a doctest.
- A ```` ```console ```` block has ``$ command`` lines and their output (both streams). It runs in a directory with a
  copy of examples/. ``...`` matches any text.
- ``no-run`` after the language skips a block, such as set-up commands.
"""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import tlib_simulator  # noqa: F401 registers the codes of scenarios
from tlib_codec import CODES, TLIBRARY
from tlib_codec.formats import formats

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page."""

    line: int
    language: str
    text: str
    adjoining: bool  # it follows the block before directly


def blocks(page):
    text = page.read_text(encoding="utf-8")
    parsed = [Block(text.count("\n", 0, match.start()) + 1, match[1].strip(), match[2], False) for match in FENCE.finditer(text)]
    ends = [match.end() for match in FENCE.finditer(text)]
    starts = [match.start() for match in FENCE.finditer(text)]
    return [block._replace(adjoining=i > 0 and not text[ends[i - 1] : starts[i]].strip()) for i, block in enumerate(parsed)]


def of(language):
    return [page for page in PAGES if any(block.language == language for block in blocks(page))]


def name(page):
    return page.name


@pytest.mark.parametrize("page", of("python"), ids=name)
def test_python_examples(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": page.stem}
    for block, after in pairwise([*blocks(page), Block(0, "", "", False)]):
        if block.language != "python":
            continue
        if ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(block.text, namespace, page.name, str(page), block.line)
            failures = io.StringIO()
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=failures.write, clear_globs=False)
            namespace.update(test.globs)
            assert failures.getvalue() == ""
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True), namespace)
        expected = after.text if after.language == "text" and after.adjoining else ""
        assert printed.getvalue() == expected, f"{page.name}:{block.line}"


def commands(text):
    """Yield the commands of a console block, each with its output."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console block begins with $"
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more.removeprefix("> ")
        yield command, output.rstrip("\n")


@pytest.mark.parametrize("page", of("console"), ids=name)
def test_shell_examples(page, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    environment.pop("FORCE_COLOR", None)
    for block in blocks(page):
        if block.language != "console":
            continue
        for command, expected in commands(block.text):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=120,
            )
            pattern = ".*".join(re.escape(part) for part in "\n".join(line.rstrip() for line in expected.split("\n")).split("..."))
            printed = "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n"))
            assert re.fullmatch(pattern, printed, re.DOTALL), f"{page.name}:{block.line}: $ {command}\n{printed}"


def test_the_generated_parts_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_code_has_its_section():
    sections = re.findall(r"^### (\S+)$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    formats()
    assert sorted(sections) == sorted(CODES)


def test_every_attribute_and_event_is_on_the_protocol_page():
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    for attribute in TLIBRARY.dictionary.values():
        assert f"| {int(attribute.id)} | {attribute.name} " in page
    for cls in TLIBRARY.events:
        assert f"### {cls.__name__} ({int(cls.message)})" in page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in slugs, f"{page.name} links to {target}"

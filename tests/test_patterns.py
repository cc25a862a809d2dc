"""Every regular expression of ours takes time that is linear in its text, whatever the text.

Strategy: the patterns come from the modules themselves, and the worst texts from each pattern: for each repetition without a bound, its
prefix and its body many times, alone and over and over, with an end that does not match. A pattern that backtracks takes four times as long
for twice the text; a cheap one is not measured twice.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import time
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

import hypothesis  # noqa: F401 before its own plugin, which is a module of ours
import pytest

PACKAGES = ("tlib_schemas", "tlib_codec", "tlib_simulator", "tlib_cli", "tlib_pytest", "tlib_fuzz")
ROOT = Path(__file__).parent.parent
LENGTH = 2_000
ELSEWHERE = {
    # by the module that makes them in a function
    "literals.py": "the pattern of a query is its user's",
    "pcap.py": "fixed widths",
    "crashes.py": "kept in a table, which is searched for patterns",
}


def modules():
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield root
        for one in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not one.name.endswith("__main__") and ".templates" not in one.name:
                try:
                    yield importlib.import_module(one.name)
                except ImportError:  # an extra that is not installed
                    continue


def patterns_in(value, depth=4):
    """Yield the patterns of a value: itself, its items, its fields, the pattern of a bound method."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(getattr(value, "__self__", None), re.Pattern):
        yield value.__self__
    elif depth and isinstance(value, tuple | list | frozenset | set):
        for one in value:
            yield from patterns_in(one, depth - 1)
    elif depth and isinstance(value, dict):
        for one in value.values():
            yield from patterns_in(one, depth - 1)
    elif depth and isinstance(value, type) and value.__module__.startswith("tlib_"):
        for one in vars(value).values():
            yield from patterns_in(one, 1)
    elif depth and hasattr(value, "__struct_fields__") and not isinstance(value, type):
        for name in value.__struct_fields__:
            yield from patterns_in(getattr(value, name), depth - 1)


def collected():
    found = {}
    for module in modules():
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                found.setdefault((pattern.pattern, pattern.flags), (f"{module.__name__}.{name}", pattern))
    return sorted(found.values(), key=lambda one: (one[0], str(one[1].pattern)))


FOUND = collected()

# -- texts ----------------------------------------------------------------------------------------

CATEGORIES = {
    op.CATEGORY_DIGIT: "0", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_DIGIT: "a", op.CATEGORY_NOT_SPACE: "a", op.CATEGORY_NOT_WORD: " ",
}  # fmt: skip
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def holds(character, items):
    negated = False
    inside = False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            inside |= ord(character) == value
        elif kind is op.RANGE:
            inside |= value[0] <= ord(character) <= value[1]
        elif kind is op.CATEGORY:
            classes = {op.CATEGORY_DIGIT: str.isdigit, op.CATEGORY_SPACE: str.isspace, op.CATEGORY_WORD: lambda c: c.isalnum() or c == "_"}
            positive = classes.get(value)
            inside |= positive(character) if positive else not {
                op.CATEGORY_NOT_DIGIT: str.isdigit, op.CATEGORY_NOT_SPACE: str.isspace, op.CATEGORY_NOT_WORD: str.isalnum
            }[value](character)  # fmt: skip
    return inside is not negated


def sample(items):
    """Return a short text that the items of a parsed pattern match."""
    text = ""
    for kind, value in items:
        if kind is op.LITERAL:
            text += chr(value)
        elif kind is op.NOT_LITERAL:
            text += "a" if value != ord("a") else "b"
        elif kind is op.ANY:
            text += "a"
        elif kind is op.IN:
            text += next(c for c in " a0" + string.printable + "".join(map(chr, range(256))) if holds(c, value))
        elif kind in REPEATS:
            text += sample(value[2]) * max(value[0], 1)
        elif kind is op.SUBPATTERN:
            text += sample(value[3])
        elif kind is op.ATOMIC_GROUP:
            text += sample(value)
        elif kind is op.BRANCH:
            text += sample(value[1][0])
    return text


def repetitions(items, prefix=""):
    """Yield the text before each repetition without a bound, and that of its body."""
    for position, (kind, value) in enumerate(items):
        before = prefix + sample(items[:position])
        if kind in REPEATS:
            if value[1] is op.MAXREPEAT or value[1] > 64:
                yield before, sample(value[2])
                if value[2][0][0] is op.IN:
                    for character in " \t\n'0a,[":
                        if holds(character, value[2][0][1]):
                            yield before, character
            yield from repetitions(value[2], before)
        elif kind is op.SUBPATTERN:
            yield from repetitions(value[3], before)
        elif kind is op.ATOMIC_GROUP:
            yield from repetitions(value, before)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from repetitions(value[1], before)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from repetitions(branch, before)


def texts(pattern):
    """Yield functions from a length to a text that is bad for the pattern."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = _parser.parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    wanted = dict.fromkeys(repetitions(list(parsed)))
    for prefix, body in wanted:
        for end in ("\x00", prefix[:1] or "!"):
            yield lambda n, prefix=prefix, body=body, end=end: prefix + body * (n // max(len(body), 1)) + end
        whole = prefix + body
        yield lambda n, whole=whole: whole * (n // len(whole)) + "\x00"
        yield lambda n, prefix=prefix, body=body: (prefix + body * 40) * (n // (len(prefix) + 40 * len(body))) + "\x00"
        yield lambda n, prefix=prefix: (prefix or "x") * (n // len(prefix or "x")) + "\x00"


SOURCES = [*ROOT.glob("codec/**/*.py"), *ROOT.glob("schemas/**/*.py"), *ROOT.glob("fuzz/tlib_fuzz/**/*.py")]
TEXTS = {path: path.read_text(encoding="utf-8") for path in SOURCES}
METHODS = {"search", "match", "fullmatch", "finditer", "findall", "split", "sub"}


def used(name, pattern):
    """Return the methods of a pattern that its module calls, else those that any module calls; for one that stands in a table, all."""
    module, _, short = name.rpartition(".")
    own = Path(importlib.import_module(module).__file__)
    call = re.compile(rf"\b{re.escape(short)}\.(\w+)\(|^{re.escape(short)} = re.compile\(.*\)\.(\w+)$", re.MULTILINE)
    methods = {one or other for one, other in call.findall(TEXTS[own])} & METHODS
    methods = methods or {one or other for text in TEXTS.values() for one, other in call.findall(text)}
    chosen = (methods & METHODS) or {"search", "match", "fullmatch"}
    return [
        {
            "match": pattern.match,
            "fullmatch": pattern.fullmatch,
            "search": pattern.search,
        }.get(method, lambda text: sum(1 for _ in pattern.finditer(text)))
        for method in sorted(chosen)
    ]


def cost(use, text):
    """Return the least CPU time of a few runs, in ns."""
    best = None
    for _ in range(5):
        began = time.process_time_ns()
        use(text)
        spent = time.process_time_ns() - began
        best = spent if best is None else min(best, spent)
        if best < 500 * LENGTH:
            break  # half a microsecond a character: no more than a few steps
    return best


@pytest.mark.parametrize(("name", "pattern"), FOUND, ids=[name for name, _ in FOUND])
def test_a_pattern_takes_linear_time(name, pattern):
    for make in texts(pattern):
        given = [make(n) if isinstance(pattern.pattern, str) else make(n).encode("latin-1") for n in (LENGTH // 4, LENGTH // 2, LENGTH)]
        for use in used(name, pattern):
            if cost(use, given[2]) < 500 * LENGTH:
                continue
            short, _, long = (cost(use, text) for text in given)
            assert long < 10 * short, f"{name}: {given[0][:60]!r}…"


def test_the_search_for_worst_texts_finds_a_quadratic_pattern():
    name = "tlib_codec.formats.logs.values._BYTES"
    with pytest.raises(AssertionError, match=name):
        test_a_pattern_takes_linear_time(name, re.compile(r"\[(\d{1,9})\]((?:\s+[0-9a-fA-F]{2})*)\s*(\.\.)?\s*"))


def test_every_pattern_is_collected():
    """A pattern is compiled where a module is imported, or in a module that `ELSEWHERE` names, and no function of `re` compiles one."""
    sources = {str(pattern.pattern) for _, pattern in FOUND}
    assert len(sources) > 80
    strays = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {id(node) for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.Lambda) for node in ast.walk(one)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
                continue
            if node.func.attr != "escape" and (node.func.attr != "compile" or (id(node) in inside and path.name not in ELSEWHERE)):
                strays.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert strays == []

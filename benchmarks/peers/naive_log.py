"""The script that anyone writes for a T-Server log: dicts of strings and numbers, no checks, a JSON object a message.

Run it: python benchmarks/peers/naive_log.py LOG JSONL
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec


def parse(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield a dict a message."""
    event: dict[str, Any] | None = None
    lists: list[dict[str, Any]] = []
    for line in lines:
        if line[:1] == "\t" and event is not None:
            depth = len(line) - len(line.lstrip("\t"))
            if depth == 1:
                name, _, text = line.strip().partition("\t")
                lists = [{}]
                event[name.removeprefix("Attribute")] = lists[0] if text[:1] == "[" else value(text)
            else:
                key, _, text = line.strip()[1:].partition("'")
                del lists[depth - 1 :]
                if text.startswith("(list)"):
                    lists.append({})
                    lists[-2][key] = lists[-1]
                else:
                    lists[-1][key] = value(text.strip())
        elif (at := line.rfind("message ")) >= 0:
            if event is not None:
                yield event
            event = {"Event": line[at + 8 :].strip()}
    if event is not None:
        yield event


def value(text: str) -> str | int:
    """Return a printed value: a text without its quotes, a decimal number, or the first word."""
    if text[:1] == "'":
        return text[1:-1]
    word = text.split(" ", 1)[0]
    return int(word) if word.lstrip("-").isdecimal() and (word[0] != "0" or word == "0") else word


def convert(log: str, target: str) -> None:
    """Write the messages of a log as JSON lines."""
    encode = msgspec.json.Encoder().encode
    with open(log, encoding="utf-8", errors="replace") as lines, open(target, "wb") as file:  # noqa: PTH123 as anyone writes it
        file.writelines(encode(event) + b"\n" for event in parse(lines))


if __name__ == "__main__":
    convert(*sys.argv[1:])

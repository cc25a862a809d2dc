"""Name the outputs of many inputs: a tree of files below a folder, whose names are pseudonyms.

Strategy: a file stands below the folder as it stood below the argument that led to it. Names of files and folders may hold
personal data, so each becomes a pseudonym; the suffixes that tell the format stay. Two names with one pseudonym are numbered.
"""

from __future__ import annotations

from pathlib import Path, PurePath

from tlib_codec.formats.zipped import MARK
from tlib_codec.redact import Redactor


def is_tree(paths: tuple[str, ...], inputs: tuple[str, ...], output: str | None) -> bool:
    """Return whether the inputs that `paths` stand for go to a folder."""
    return inputs != paths or len(inputs) > 1 or (output is not None and (output.endswith("/") or Path(output).is_dir()))


def targets(paths: tuple[str, ...], inputs: tuple[str, ...], output: str, redactor: Redactor) -> list[Path]:
    """Return the output of each input below the folder `output`."""
    taken: set[Path] = set()
    return [_target(Path(output), _below(paths, name), redactor, taken) for name in inputs]


def _below(paths: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the names of the folders, and of the file, between the argument that led to an input and the input."""
    if name == "-":
        return ("input",)
    for path in paths:
        if name != path and name.startswith((f"{path.rstrip('/')}/", f"{path}{MARK}")):
            return tuple(part for part in PurePath(name[len(path) :].replace(MARK, "/")).parts if part not in {"/", "..", "."})
    return (PurePath(name).name,)


def _target(folder: Path, names: tuple[str, ...], redactor: Redactor, taken: set[Path]) -> Path:
    *folders, file = names
    parent = folder.joinpath(*(redactor.file_name(name) for name in folders))
    stem, suffixes = redactor.file_name_parts(file)
    target, number = parent / (stem + suffixes), 1
    while target in taken:
        number += 1
        target = parent / f"{stem}-{number}{suffixes}"
    taken.add(target)
    return target

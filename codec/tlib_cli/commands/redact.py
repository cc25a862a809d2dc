"""``tlib redact``: make frames, JSONL, logs and captures safe to share, and keep their format."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import click

from tlib_cli.inputs import AUTO, InputError, expanded, format_of, open_source
from tlib_cli.options import build_query, query_options, registry_option, report_unmatched
from tlib_cli.output import opened
from tlib_cli.reports import Unusable, report
from tlib_cli.rewriter import Kept, Rewriter
from tlib_cli.trees import is_tree, targets
from tlib_cli.view.progress import Progress
from tlib_codec.access import closest
from tlib_codec.formats import readable
from tlib_codec.formats.compression import SUFFIXES, CompressionError, compressed
from tlib_codec.redact import Redactor, Rules, stretched
from tlib_schemas.errors import EncodeError
from tlib_schemas.kinds import HARMLESS, Category
from tlib_schemas.registry import Registry
from tlib_schemas.wire import Enum

_VARIABLE = "TLIB_SECRET"
_CATEGORIES = tuple(category.value for category in Category if category not in {Category.CODES, Category.OTHER})
_REPLACED = ", ".join(category.value for category in Category if category not in HARMLESS)


@click.command()
@click.argument("files", metavar="[FILE|FOLDER|-]...", nargs=-1)
@click.option(
    "--format",
    "format_name",
    type=click.Choice((AUTO, *readable())),
    default=AUTO,
    show_default=True,
    help="Read the inputs as this format; auto detects it from the first bytes.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER/",
    help="Write to FILE, compressed if it ends in .gz, .zst, .bz2 or .xz; several inputs to FOLDER, under pseudonyms of their names."
    " Default: the standard output.",
)
@click.option(
    "--secret",
    "secret_file",
    metavar="FILE",
    help=f"Read the secret from FILE. Default: the variable {_VARIABLE}, else a random secret for this run.",
)
@click.option("--keep", "kept", multiple=True, metavar="NAME,…", help=f"Keep the values of these attributes or categories: {_REPLACED}.")
@click.option(
    "--replace", "replaced", multiple=True, metavar="NAME,…", help="Replace the values of these too, such as ids; calls stay linked."
)
@click.option("--only-keys", multiple=True, metavar="PATTERN", help="Replace only the list values whose key matches. Default: all.")
@click.option("--keep-keys", multiple=True, metavar="PATTERN", help="Keep the list values whose key matches.")
@click.option("--keep-lines", is_flag=True, help="Keep log lines outside messages; read them before you share the log.")
@click.option("--keep-malformed", is_flag=True, help="Keep malformed frames and gaps as they are; they may hold personal data.")
@click.option(
    "--keep-other", is_flag=True, help="Keep the payload of other connections and protocols in a capture; it may hold personal data."
)
@click.option("--addresses", is_flag=True, help="Replace the IP addresses of a capture too; addresses of one network stay in one network.")
@query_options
@registry_option
def command(
    files: tuple[str, ...],
    format_name: str,
    output: str | None,
    secret_file: str | None,
    kept: tuple[str, ...],
    replaced: tuple[str, ...],
    only_keys: tuple[str, ...],
    keep_keys: tuple[str, ...],
    keep_lines: bool,
    keep_malformed: bool,
    keep_other: bool,
    addresses: bool,
    events: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    registry: Registry,
) -> int:
    """Replace personal data, so that files are safe to share.

    The output shows what happened without revealing who was involved, in the format of the input: a capture, a frame
    file, JSONL or a log. Every value becomes a pseudonym of the same length and shape unless the registry declares it
    harmless; equal values get equal pseudonyms, in every file that you redact with the same secret. docs/redact.md lists
    the categories. A query (--event, --where, --since, --until) sees the original values; other events are omitted, and
    blank in a capture.

    \b
    tlib redact server.log -o safe.log
    tlib redact calls.tlb -o safe.tlb --keep agents,queues --keep-keys 'Segment*'
    tlib redact calls.pcapng -o safe.pcapng.gz --addresses
    TLIB_SECRET=… tlib redact day/ -o safe/
    """  # noqa: D301
    rules = Rules(
        keep=_names(kept, "--keep", registry),
        replace=_names(replaced, "--replace", registry),
        only_keys=only_keys or ("*",),
        keep_keys=keep_keys,
    )
    query = build_query(events=events, where=where, since=since, until=until, registry=registry)
    redactor = Redactor(_secret(secret_file), rules=rules, registry=registry)
    paths = files or ("-",)
    inputs = expanded(paths)
    rewriter = Rewriter(redactor, query, Kept(lines=keep_lines, malformed=keep_malformed, other=keep_other, addresses=addresses))
    reads = (*inputs, secret_file) if secret_file is not None else inputs
    status = 0
    with Progress(output) as progress:
        if is_tree(paths, inputs, output):
            status = _tree(paths, inputs, output, reads, format_name, rewriter, redactor, progress)
        else:
            _rewrite(inputs[0], output, reads, format_name, rewriter, progress)
    rewriter.summary()
    if query:
        report_unmatched(query.tally)
    return max(status, rewriter.status)


def _tree(
    paths: tuple[str, ...],
    inputs: tuple[str, ...],
    output: str | None,
    reads: tuple[str, ...],
    format_name: str,
    rewriter: Rewriter,
    redactor: Redactor,
    progress: Progress,
) -> int:
    """Rewrite many inputs into a folder; return 2 where one of them is of no use. Raise UsageError without a folder."""
    if output is None or output == "-":
        raise click.UsageError("several inputs need a folder: give -o FOLDER/")
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise Unusable(f"{output}: several inputs need a folder; this is a file")
    for path in paths:
        if Path(path).is_dir() and folder.resolve().is_relative_to(Path(path).resolve()):
            raise Unusable(f"{output}: the output is inside the input {path}; write to another folder")
    status = written = 0
    for name, target in zip(inputs, targets(paths, inputs, output, redactor), strict=True):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _rewrite(name, str(target), reads, format_name, rewriter, progress)
            written += 1
        except InputError as error:
            report(str(error))
            status = Unusable.exit_code
        except OSError as error:
            raise Unusable(f"{error.filename or target}: {error.strerror or error}") from None
    report(f"{written} files written to {output}; their names are pseudonyms")
    return status


def _rewrite(name: str, output: str | None, reads: tuple[str, ...], format_name: str, rewriter: Rewriter, progress: Progress) -> None:
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(open_source(name, moved=progress.moved))
        progress.opened(source)
        input_format = format_of(source, format_name)  # an unusable input fails before the output exists
        rewriter.check(input_format)
        packed = output is not None and output.lower().endswith(SUFFIXES)
        binary = packed or input_format.name not in {"log", "jsonl"}
        target = stack.enter_context(opened(output, reads, binary=binary))
        if output is not None and packed:
            try:
                target = stack.enter_context(compressed(output, target))
            except CompressionError as error:
                raise Unusable(f"{output}: {error}") from None
        rewriter.rewrite(source, input_format, target)
        target.flush()


def _secret(path: str | None) -> bytes:
    if path is not None:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from None
        if not secret:
            raise Unusable(f"{path}: expected a secret; the file is empty")
        return stretched(secret)
    variable = os.environ.get(_VARIABLE, "")
    if variable:
        return stretched(os.fsencode(variable))
    report(f"this run uses a random secret; give --secret or {_VARIABLE} to get the same pseudonyms again")
    return secrets.token_bytes(32)


def _names(options: tuple[str, ...], option: str, registry: Registry) -> tuple[str, ...]:
    """Return the categories and attributes that an option names. Raise BadParameter."""
    names = tuple(name for text in options for name in text.split(","))
    for name in names:
        if name in _CATEGORIES:
            continue
        try:
            number = registry.attribute_number(name)
        except EncodeError:
            known = [*_CATEGORIES, *(label for a in registry.dictionary.values() for label in (a.name, *a.aliases))]
            unknown = f"{name!r} is neither a category nor an attribute of {registry.name}"
            raise click.BadParameter(f"{unknown}{closest(name, known)}", param_hint=option) from None
        attribute = registry.dictionary.get(number)
        if option == "--replace" and attribute is not None and isinstance(attribute.value, Enum):
            raise click.BadParameter(f"{name} is an enumeration and identifies nobody; give another attribute", param_hint=option)
    return names

"""``tlib fuzz``: the kit on the command line; each sub-command is a module, imported when it is named."""

from __future__ import annotations

from tlib_cli.app import LazyGroup

command: LazyGroup = LazyGroup(
    "fuzz",
    {name: f"{__name__}.{name}" for name in ("run", "replay", "new", "vectors", "corpus")},
    help="""Test a parser of T-Library frames, in any language.

    \b
    tlib fuzz new c                       write a harness for your parser
    tlib fuzz run --target ./harness      find its faults
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

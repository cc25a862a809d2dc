"""``tlib fuzz``: the kit on the command line, one file a sub-command, loaded when it is named."""

from __future__ import annotations

from tlib_cli.app import LazyGroup

command = LazyGroup(
    "fuzz",
    {name: f"{__name__}.{name}" for name in ("run", "replay", "new", "vectors", "corpus")},
    help="""Test a parser of these frames, in any language: cases with what is right, findings made small.

    \b
    tlib fuzz new c                       a testee to begin with
    tlib fuzz run --target ./testee       what is wrong with it
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

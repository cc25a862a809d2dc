"""The group `tlib`: one module a sub-command, imported when it is named."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

_COMMANDS = {name: f"{__package__}.{name}" for name in ("decode", "calls", "encode", "inspect", "check", "redact", "schema")}
_COMMANDS["fuzz"] = "tlib_fuzz.cli"  # a floor above: named, never imported from here


class Ended(Exception):
    """The command ended early: `cause` is a BrokenPipeError or KeyboardInterrupt.

    click has ends of its own for those, with a status and an empty line that we do not want.
    """

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


class LazyGroup(click.Group):
    """A group whose commands are the `command` of modules, given by name in the order in which a person meets them."""

    def __init__(self, name: str | None, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(name, **settings)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in that order."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now; None where there is none. Raises UsageError where its extra is missing."""
        if cmd_name not in self._modules:
            return None
        try:
            command = importlib.import_module(self._modules[cmd_name]).command
        except ImportError as error:
            if "pip install" not in str(error):  # an extra's module says which one it is
                raise
            raise click.UsageError(str(error)) from None
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Raises Ended."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, KeyboardInterrupt) as error:
            raise Ended(error) from None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the closest name where there is no such command."""
        name = args[0]
        close = difflib.get_close_matches(name, self._modules, n=1)
        if name not in self._modules and close:
            ctx.fail(f"No such command {name!r}; did you mean {close[0]}?")
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from . import version  # noqa: PLC0415

        click.echo(version())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    modules=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exit status: 0 all fine, 1 something malformed or invalid, 2 unusable input or wrong usage.
Shell completion: eval "$(_TLIB_COMPLETE=bash_source tlib)"   (or zsh_source, fish_source)
""",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show version and engine.")
def tlib() -> None:
    """Read and write Genesys T-Library call-based events: frames, hex, logs, JSON.

    \b
    tlib decode calls.tlb                 what happened, as a person reads it
    tlib decode calls.log | jq .ConnID    … and as a program does
    """  # noqa: D301

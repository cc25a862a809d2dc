"""The group `tlib`: one module a sub-command, imported when it is named."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_NAMES = ("decode", "calls", "encode", "inspect", "check", "redact", "simulate", "listen", "replay", "schema")
_GROUP = "tlib.commands"  # the entry points by which other packages add sub-commands


class Ended(Exception):
    """The command ended early: `cause` is a BrokenPipeError or KeyboardInterrupt.

    click has ends of its own for those, with a status and an empty line that we do not want.
    """

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is named.

    `modules` are the names of modules in the order of the help; each has its command as `command`. `entry_points` names
    the group of entry points by which other packages add commands; they are looked up where `modules` does not suffice.
    """

    def __init__(self, name: str | None, modules: Mapping[str, str], *, entry_points: str = "", **settings: Any) -> None:
        super().__init__(name, **settings)
        self._modules = modules
        self._entry_points = entry_points

    def _added(self) -> dict[str, EntryPoint]:
        if not self._entry_points:
            return {}
        from importlib.metadata import entry_points  # noqa: PLC0415 reads the metadata of every distribution

        return {point.name: point for point in entry_points(group=self._entry_points)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names: this package's first, then those that others add."""
        return [*self._modules, *sorted(self._added())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command of that name; None where there is none. Raises UsageError where its extra is missing."""
        try:
            if cmd_name in self._modules:
                command = importlib.import_module(self._modules[cmd_name]).command
            elif (point := self._added().get(cmd_name)) is not None:
                command = point.load()
            else:
                return None
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
        """Resolve the command as click does; a missing one is refused with the closest name."""
        name = args[0]
        names = list(self._modules) if name in self._modules else self.list_commands(ctx)
        if name not in names and (close := difflib.get_close_matches(name, names, n=1)):
            ctx.fail(f"No such command {name!r}; did you mean {close[0]}?")
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from . import version  # noqa: PLC0415

        click.echo(version())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    modules={name: f"{__package__}.commands.{name}" for name in _NAMES},
    entry_points=_GROUP,
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

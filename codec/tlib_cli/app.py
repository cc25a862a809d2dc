"""The group `tlib`: one module per sub-command, imported when a user names the sub-command."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_NAMES = ("decode", "calls", "encode", "inspect", "check", "connections", "redact", "simulate", "listen", "replay", "schema")
_GROUP = "tlib.commands"  # the entry points by which other packages add sub-commands


class Ended(Exception):
    """The command ended early: `cause` is a BrokenPipeError or KeyboardInterrupt.

    The exception carries them past click, which would print an empty line and choose another exit status.
    """

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


class LazyGroup(click.Group):
    """A group that imports the module of a command when a user names the command.

    `modules` maps command names, in the order of the help, to module names; each module defines `command`.
    `entry_points` is the entry-point group through which other packages add commands; the group reads it only when
    `modules` lacks a name.
    """

    def __init__(self, name: str | None, modules: Mapping[str, str], *, entry_points: str = "", **settings: Any) -> None:
        super().__init__(name, **settings)
        self._modules = modules
        self._entry_points = entry_points

    @property
    def own(self) -> tuple[str, ...]:
        """Return the names of the commands of this package."""
        return tuple(self._modules)

    def _added(self) -> dict[str, EntryPoint]:
        if not self._entry_points:
            return {}
        from importlib.metadata import entry_points  # noqa: PLC0415 reads the metadata of every distribution

        return {point.name: point for point in entry_points(group=self._entry_points)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names: first those of this package, then those that other packages add."""
        return [*self._modules, *sorted(self._added())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called `cmd_name`, or None. Raise UsageError if the command needs an extra that is not installed."""
        try:
            if cmd_name in self._modules:
                command = importlib.import_module(self._modules[cmd_name]).command
            elif (point := self._added().get(cmd_name)) is not None:
                command = point.load()
            else:
                return None
        except ImportError as error:
            if "pip install" not in str(error):  # the module of a missing extra names the extra
                raise
            raise click.UsageError(str(error)) from None
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Raise Ended if a closed pipe or Ctrl-C ends it."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, KeyboardInterrupt) as error:
            raise Ended(error) from None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command as click does. Raise UsageError with the closest name if no command has this name."""
        name = args[0]
        names = list(self._modules) if name in self._modules else self.list_commands(ctx)
        if name not in names:
            import difflib  # noqa: PLC0415

            if close := difflib.get_close_matches(name, names, n=1):
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
Exit status: 0 success, 1 malformed or invalid data, 2 unusable input or output or wrong usage,
128 + N ended by signal N (Ctrl-C: 130).
Shell completion: eval "$(_TLIB_COMPLETE=bash_source tlib)"   (or zsh_source, fish_source)
""",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version and the engine.")
def tlib() -> None:
    """Read and write Genesys T-Library call-based events: frames, hex, logs, captures, JSON.

    \b
    tlib decode calls.tlb                 print the events as a table
    tlib decode calls.log | jq .ConnID    pipe the events as JSON lines
    """  # noqa: D301

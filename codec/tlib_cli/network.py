"""Addresses, TLS, signals and the live status line, for the commands that use a network."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl as tls
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import click

from tlib_schemas.errors import printable

from .reports import Unusable, report
from .signals import ENDING, blocked, raise_signal

_REFRESH = 4  # times a second


def address(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Parse an option: HOST:PORT, [HOST]:PORT for IPv6, and :PORT or PORT for this machine."""
    return None if value is None else _address(value)


def addresses(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> list[tuple[str, int]]:
    """Parse addresses to connect to, with commas between them; nobody connects to port 0."""
    return [] if value is None else [_address(one, lowest=1) for one in value.split(",")]


def _address(text: str, *, lowest: int = 0) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    bracketed = host[:1] == "[" and host[-1:] == "]"
    if not (port.isascii() and port.isdigit() and lowest <= int(port) <= 0xFFFF) or (not bracketed and set(host) & set("[]:")):
        raise click.BadParameter(f"{text!r} is not an address: give HOST:PORT, such as localhost:3000 or [::1]:3000")
    return (host[1:-1] if bracketed else host) or "127.0.0.1", int(port)


def shown(endpoint: tuple[str, int]) -> str:
    """Return an address as a user writes it."""
    host, port = endpoint
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def server_context(certificate: str | None, key: str | None) -> tls.SSLContext | None:
    """Return the TLS context of a server with a certificate; None without one. Raises Unusable."""
    if certificate is None:
        if key is not None:
            raise click.UsageError("--tls-key needs --tls-cert")
        return None
    context = tls.create_default_context(tls.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, tls.SSLError) as error:
        raise Unusable(f"{certificate}: {error.strerror or error}") from None
    return context


def client_context(wanted: bool, authority: str | None) -> tls.SSLContext | None:
    """Return the TLS context of a client that trusts `authority`, or the system's; None without TLS. Raises Unusable."""
    if not wanted and authority is None:
        return None
    try:
        return tls.create_default_context(cafile=authority)
    except (OSError, tls.SSLError) as error:
        raise Unusable(f"{authority}: {error.strerror or error}") from None


def run_until_signal(work: Coroutine[Any, Any, int]) -> int:
    """Run `work` and return its status. A signal cancels it between two events, and is raised when it has ended."""
    caught: list[int] = []

    async def run() -> int:
        task = asyncio.create_task(work)

        def catch(number: int) -> None:
            if not caught:
                task.cancel()
            caught.append(number)

        with _caught(catch):
            try:
                return await task
            except asyncio.CancelledError:
                return 0

    status = asyncio.run(run())
    if caught:
        raise_signal(caught[0])
    return status


@contextlib.contextmanager
def _caught(catch: Callable[[int], None]) -> Iterator[None]:
    """Give the signals that end a command to `catch`, in the running loop."""
    loop = asyncio.get_running_loop()
    before = {} if threading.current_thread() is not threading.main_thread() else {one: signal.getsignal(one) for one in ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C interrupts anyway
                loop.add_signal_handler(number, catch, number)
    try:
        yield
    finally:
        with blocked():  # the loop leaves the default handlers, which end the process at once
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)


@contextlib.contextmanager
def status_line(text: Callable[[], str]) -> Iterator[Callable[[str], None]]:
    """Show `text()` on standard error several times a second, if that is a terminal.

    Yield the function that reports lines meanwhile.
    """
    if not sys.stderr.isatty():
        yield report
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True)

    def line() -> Text:
        return Text(printable(text()), "bold", no_wrap=True)

    with Live(get_renderable=line, console=console, refresh_per_second=_REFRESH, redirect_stdout=False, redirect_stderr=False):
        yield lambda message: console.print(Text(f"tlib: {printable(message)}"))

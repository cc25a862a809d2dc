"""The headers of messages in the logs of T-Server's clients, as data.

Strategy: a T-Server opens a message with a line that ends in ``message X`` (`tserver`), the Platform SDK with one that ends in ``'X' (87)``
(`platform_sdk`). Other programs open the same messages in words of their own: each has a line in `FORMS`. Attributes must follow
such a header before it is believed, since the same words stand in summaries. docs/logs.md has an example of each form.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form of header: the programs that print it, a text that every line of it has, and its pattern.

    The pattern searches a line; its groups are `name` (of the message), `peer` (the other side) and, where the form tells both ways, `way`
    (``from`` or ``to``). `kind` names the form of the attributes below it. `bare_names`: they stand without the word ``Attribute``.
    """

    programs: str
    probe: str
    header: re.Pattern[str]
    kind: str = "tserver"
    bare_names: bool = False


FORMS: Final = (
    Form(
        programs="ORS, ICON, StatServer, OCS",
        probe="nteraction message ",
        header=re.compile(r"\bInteraction message \"(?P<name>\w{1,80})\" received from (?P<peer>\S.*)", re.ASCII),
    ),
    Form(
        programs="ORS, ICON",
        probe="Message ",
        header=re.compile(r"\bTrc 04541 Message (?P<name>\w{1,80}) received from (?P<peer>\S.*)", re.ASCII),
    ),
    Form(
        programs="StatServer",
        probe="Switch '",
        header=re.compile(r"\bServer: Switch '(?P<peer>[^']{1,200})'\s*->\s*'(?P<name>\w{1,80})'", re.ASCII),
        bare_names=True,
    ),
    Form(
        programs="Interaction Server",
        probe="essage '",
        header=re.compile(
            r"\bmessage '(?P<name>\w{1,80})'.{0,200}? (?P<way>from|to) (?:client|server) '(?P<peer>[^']{1,200})'", re.ASCII | re.IGNORECASE
        ),
        kind="platform-sdk",
    ),
)


def header_of(line: str, kind: str) -> tuple[Form, re.Match[str]] | None:
    """Return the form of a header in `FORMS` that `line` has, and its match; None where it has none."""
    for form in FORMS:
        if form.probe in line and form.kind == kind and (match := form.header.search(line)) is not None:
            return form, match
    return None


def direction_of(match: re.Match[str]) -> str:
    """Return ``received`` or ``sent`` for the match of a header."""
    return "sent" if match.groupdict().get("way") == "to" else "received"

"""Logs that hold secrets in headers, in attributes, in pairs, behind them, between them and around the messages.

Strategy: a place is a template: of a header, of a line among the attributes of a message, or of a line between messages. In a template
``{}`` is the secret, ``{!}`` one that is no number of 64 bits, ``<hex>`` its bytes as a log prints them, ``<n>`` their number.
Attributes that the registry declares are printed by the project's writer of logs.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_schemas.errors import EncodeError
from tlib_schemas.events import UnknownEvent
from tlib_schemas.registry import Registry
from tlib_schemas.values import Attributes

from . import frames
from .secrets import Planted, Secret

DAMAGED: Final = 0.3  # of the pieces
_DAMAGE: Final = ("", "", " ", "\t", "\n", "'", '"', "[", "]", "(", ")", "=", ":", ".", "\r", "1", "a", "(list)", "'\t'", "message ")
_STAMP: Final = dt.datetime(2026, 3, 14, 16, 45, 24)  # noqa: DTZ001 a log prints local time


class _Places(NamedTuple):
    """Templates of one kind of log; `first` makes a reader recognise the kind."""

    first: str
    header: str
    attribute: str
    headers: Sequence[str]
    inside: Sequence[str]
    around: Sequence[str]
    names: Sequence[str]
    """Lines in which the secret is a name: none for a secret that reads as one."""


_TSERVER: Final = _Places(
    first="@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n\tAttributeThisDN\t'1'\n\n",
    header="@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n",
    attribute="\tAttributeThisDN\t'1'\n",
    headers=(
        "@16:45:24.5942 {} distribute_event: message EventRinging\n",
        "@16:45:24.5942 [{}] 8.1.101.25 distribute_event: message EventRinging\n",
        "@16:45:24.5942 [0] {} distribute_event: message EventRinging\n",
        "@16:45:24.5942 [0] 8.1.101.25 {}: message EventRinging\n",
        "@16:45:24.5942 [0] 8.1.101.25 distribute_event: {} message EventRinging\n",
        "@16:45:24.5942{} [0] 8.1.101.25 distribute_event: message EventRinging\n",
        "{}@16:45:24.5942 [0] distribute_event: message EventRinging\n",
        "16:45:24.594 Trc {} received from 65200(URS 10.0.0.1:5000): message EventRinging\n",
        "16:45:24.594 Trc 04541 received from 65200({} 10.0.0.1:5000): message EventRinging\n",
        "16:45:24.594 received from 65200(URS {}:5000): message EventRinging\n",
        "16:45:24.594 received from 65200(URS 10.0.0.1:5000){}: message EventRinging\n",
        "16:45:24.594 received from {}(URS): message EventRinging\n",
        "16:45:24.594 received from 7{}(URS): message EventRinging\n",
        "16:45:24.594 request to 7({}): message RequestMakeCall\n",
        "16:45:24.594 [ISCC] {} message EventRinging\n",
        "16:45:24.594 [ISCC]{}: message EventRinging\n",
        "{}: message EventRinging\n",
        "{}) message 87\n",
        "16:45:24.594 send_to_client: message EventRinging(refid={})\n",
        "16:45:24.594 distribute_event: message Event{}\n",
        "16:45:24.594 distribute_event: message {}\n",
        '16:45:24.594 Int 04543 Interaction message "EventRinging" received from 65200 ("{}")\n',
        '16:45:24.594 Int 04543 Interaction message "EventRinging" received from {} ("ORS")\n',
        '16:45:24.594 Int 04543 Interaction message "Event{}" received from 65200 ("ORS")\n',
        '{} Int 04543 Interaction message "EventRinging" received from 65200 ("ORS")\n',
        '16:45:24.594 Trc 04541 Message EventRinging received from 65200 ("{}") \n',
        '16:45:24.594 Trc 04541 Message Event{} received from 65200 ("ORS") \n',
        "16:45:24.594 Trc 04541 RequestMakeCall received from [66] (00000e85 {} 10.51.7.21:49280)\nmessage RequestMakeCall\n",
        "16:45:24.594 Trc 04541 {} received from [66] (x)\nmessage RequestMakeCall\n",
        "16:45:24.594 Trc 04541 RequestMakeCall received from [{}] (x)\n: message RequestMakeCall\n",
        "Server: Switch '{}' -> 'EventRinging'\n\tThisDN 1\n",
        "Server: Switch 'S' -> 'Event{}'\n\tThisDN 1\n",
        "{} Server: Switch 'S' -> 'EventRinging'\n\tThisDN 1\n",
        "Server: Switch 'S' -> 'EventRinging' {}\n\tThisDN 1\n",
    ),
    inside=(
        "\tAttributeMystery\t'{}'\n",
        "\tAttributeMystery\t{}\n",
        "\tAttributeMystery\t7 ({})\n",
        "\tAttributeMystery\t[<n>] <hex>\n",
        "\tAttributeMystery\t[99] <hex>..\n",
        "\tAttributeMystery\t[9] 00 01 00 00..\n\t\t'k'\t'{}'\n",
        "\tAttributeMystery\t[9] 00 01 00 00.. {}\n",
        "\tAttributeMystery\t'over\n{}'\n",
        "\tAttributeMystery\t1\n\t\t{}\n",
        "\tAttribute#40711\t'{}'\n",
        "\tAttribute#40711\t{}\n",
        "\tAttribute#40711\t[<n>] <hex>\n",
        "\tAttribute#40711\t[9] 00 01 00 00..\n\t\t'k'\t'{}'\n",
        "\tAttribute#40711\t[9] {}\n",
        "\tISCCAttributeOtherDN\t'{}'\n",
        "\tSDAttributeOtherDN\t'{}'\n",
        "\tattributeANI '{}'\n",
        "\tAttributeani '{}'\n",
        "\tAttributeCallType\t{!}\n",
        "\tAttributeCallType\t2 [{}]\n",
        "\tAttributeCallType\t2 {}\n",
        "\tAttributeCallID\t{!}\n",
        "\tAttributeCallID\t7 ({})\n",
        "\tAttributeCallID\t7{}\n",
        "\tAttributeCallID\t'{!}'\n",
        "\tAttributeTimeinSecs\t1432917924 ({})\n",
        "\tAttributeTimeinSecs\t{!}\n",
        "\tAttributeEventSequenceNumber\t{!}\n",
        "\tAttributeEventSequenceNumber\t00000000000000a1 {}\n",
        "\tAttributeErrorCode\t{!}\n",
        "\tAttributeErrorCode\t50 [{}]\n",
        "\tAttributeConnID\t{}\n",
        "\tAttributeConnID\t006c02462a161006 ({})\n",
        "\tAttributeConnID\t006c02462a161006{}\n",
        "\tAttributeCallUUID\t'{}'\n",
        "\tAttributeCallUUID\t{}\n",
        "\tAttributeThisDN\t'1'\n\tAttributeThisDN\t'{}'\n",
        "\tAttributeThisDN\t'1' {}\n",
        "\tAttributeThisDN\t'1'\tAttributeOtherDN\t'{}'\n",
        "\tAttributeOtherDN\t{}\n",
        "\tAttributeOtherDN\t'{}\n",
        "\tAttributeOtherDN\t'{}::'\n",
        "\tAttributeOtherDN\t'two\n{}'\n",
        "\tAttributeOtherDN\t'{}\nlines\n\nand more'\n",
        "\tAttributeOtherDN\t'2001'{}\n",
        "\tAttributeOtherDN {} '2001'\n",
        "AttributeOtherDN '{}'\r\n",
        "\tAttributeReferenceID\t71\tAttributeOtherDN\t'{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00.. {}\n",
        "\tAttributeUserData\t[68] 00 01 00 00..{}\n",
        "\tAttributeUserData\t[68] 00 01 00 00.. '{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00.. 'k'\t'{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00.. 'k'(list) {}\n",
        "\tAttributeUserData\t[{}] 00 01 00 00..\n",
        "\tAttributeUserData\t[68] <hex>..\n",
        "\tAttributeUserData\t[<n>] <hex>\n",
        "\tAttributeUserData\t[68] {}\n",
        "\tAttributeUserData\t{}\n",
        "\tAttributeUserData\t'{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t'{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t{}\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t5 ({})\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t5 [{}]\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t[<n>] <hex>\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t[<n>] <hex>..\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t'{}\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t'a\n{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t'a' {}\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'(list) {}\n\t\t\t'x'\t1\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'(list) 'l'(list) 'x'\t'{}'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k' {}\t'x'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'{}'x'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t{}\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t{}'k'\t'x'\n",
        "AttributeUserData [68] 00 02 00 00..\n'l'(list)\n'k' '{}'\n'n' 5 {}\n",
        "\tAttributeExtensions\t[68] 00 02 00 00..\n\t\t'ct-0'\t2\n\t\t'conn-0'\t'{}'\n",
        "\tAttributeExtensions\t[68] 00 02 00 00..\n\t\t'ct-0'\t{}\n",
        "\tAttributeISLinkList\t[68] 00 02 00 00..\n\t\t'conn'\t'{}'\n",
        "\tAttributeISLinkList\t[68] 00 02 00 00..\n\t\t'Switch'\t{}\n",
        "\t({})\n",
        "\t{}\n",
        "{}\n",
        "16:45:24.600 Std 12345 {}\n",
        "message {}\n",
        "'k'\t'{}'\n",
        "\t'k'\t{}\n",
    ),
    around=(
        "{}\n",
        "\n{}\n\n",
        "Application name: {}\n",
        "Local time:      2026-03-14T23:38:02.000 {}\n",
        "Local time:      {}\n",
        "UTC time:        2026-03-14T21:38:02.000{}\n",
        "16:45:24.600 Std 04503 {}\n",
        "@16:45:24.600 {}\n",
        "\tAttributeOtherDN\t'{}'\n",
        "'k'\t'{}'\n",
        "message EventRinging {}\n",
        "{}\0{}\n",
    ),
    names=(
        "\tAttributeX{}\t'x'\n",
        "\tAttributeX{} \n",
        "\tAttributeOtherDN{}\t'2001'\n",
        "\tAttribute{}\t5\n",
        "Attribute{}\n",
        "\tAttributeMystery\t[9] 00 01 00 00..\n\t\t'{}'\t'x'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'{}'\t'x'\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'{}'\t5\n",
        "\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'a {}'(list)\n\t\t\t'x'\t1\n",
        "\tAttributeUserData\t[68] 00 01 00 00.. '{}'(list) 'x'\t1\n",
        "\tAttributeExtensions\t[68] 00 01 00 00..\n\t\t'conn-{}'\t'x'\n",
        "\tAttributeISLinkList\t[68] 00 01 00 00..\n\t\t'{}'\t'x'\n",
    ),
)

_PLATFORM: Final = _Places(
    first="'EventRinging' ('60')\nmessage attributes:\nAttributeThisDN [str] = \"1\"\n\n",
    header="2026-03-14 23:38:02,137 DEBUG [THREAD : 25] - Proxy got message 'EventRinging' ('60')\nmessage attributes:\n",
    attribute='AttributeThisDN [str] = "1"\n',
    headers=(
        "2026-03-14 23:38:02,137 DEBUG [THREAD : {}] - Proxy got message 'EventRinging' ('60')\n",
        "2026-03-14 23:38:02,137 {} Proxy got message 'EventRinging' ('60')\n",
        "2026-03-14 23:38:02,137{} Proxy got message 'EventRinging' ('60')\n",
        "{} 'EventRinging' ('60')\n",
        "{}'EventRinging' ('60')\n",
        "Proxy got message 'Event{}' ('60')\n",
        "Proxy got message '{}' ('60') message attributes:\n",
        "INFO  [THREAD : 25] - Sending message to TServer - tcp://{}:5001\n'EventRinging' ('60')\n",
        "INFO  [THREAD : 25] - Sending message to {} - tcp\n'EventRinging' ('60')\n",
        "12:00:00.000 message 'EventRinging' {} from client '1'\n",
        "12:00:00.000 message 'EventRinging' from client '{}'\n",
        "12:00:00.000 message 'Event{}' to server '1'\n",
        "{} message 'EventRinging' from client '1'\n",
        "12:00:00.000 message 'EventRinging' from client '1' {}\n",
        "'EventRinging' ('60')\n{} attributes:\n",
    ),
    inside=(
        "{}:\n",
        "{} = ComplexClass(TimeStamp):\n",
        "Time = ComplexClass({}):\n",
        "\t{} attributes:\n",
        'AttributeOtherDN [str] = "{}"\n',
        'AttributeOtherDN [{}] = "x"\n',
        'AttributeOtherDN {} = "x"\n',
        "AttributeOtherDN [str] = {}\n",
        'AttributeOtherDN [str] = "{}\n',
        'AttributeOtherDN [str] = "a\n{}"\n',
        'AttributeOtherDN [str] = "a" {}\n',
        'AttributeOtherDN = "{}"\n',
        'AttributeMystery [str] = "{}"\n',
        "AttributeMystery [bstr] = [<n>] <hex>\n",
        "AttributeMystery [int] = {}\n",
        "AttributeMystery [bstr] = KVList: {}\n",
        "AttributeMystery [bstr] = KVList: \n\t\t'k' [str] = \"{}\"\n",
        "AttributeCallType [int] = {!}\n",
        "AttributeCallType [int] = 2 [{}]\n",
        "AttributeCallID [int] = 7 ({})\n",
        "AttributeCallID [int] = {!}\n",
        "AttributeConnID [long] = {}\n",
        "AttributeConnID [{}] = 006c03aaf743a001\n",
        "AttributeUserData [bstr] = KVList: {}\n",
        "AttributeUserData [bstr] = {}\n",
        "AttributeUserData [bstr] = [<n>] <hex>\n",
        "AttributeUserData [bstr] = KVList: 'k' [str] = \"{}\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [str] = \"{}\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [{}] = \"x\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [str] = {}\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [int] = 5 {}\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [bstr] = [<n>] <hex>\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [bstr] = KVList: {}\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [bstr] = KVList: 'l' [str] = \"{}\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [str] = \"{}\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' [str] = \"a\n{}\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'k' {} [str] = \"x\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t{}\n",
        "AttributeUserData [bstr] = KVList: \n\t\t{}'k' [str] = \"x\"\n",
        "\t({})\n",
        "{}\n",
        "\t{}\n",
        '"{}"\n',
    ),
    around=(
        "{}\n",
        "2026-03-14 23:38:02,137 DEBUG [THREAD : 25] - {}\n",
        "Sending message to {}\n",
        '\n\nAttributeOtherDN [str] = "{}"\n',
        "'k' [str] = \"{}\"\n",
        "message attributes:\n{}\n",
    ),
    names=(
        'AttributeX{} [str] = "x"\n',
        "Attribute{} [int] = 5\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'{}' [str] = \"x\"\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'{}' [int] = 5\n",
        "AttributeUserData [bstr] = KVList: \n\t\t'{}' [bstr] = KVList: \n\t\t\t'x' [int] = 1\n",
        "AttributeUserData [bstr] = KVList: '{}' [bstr] = KVList: 'x' [int] = 1\n",
        "AttributeMystery [bstr] = KVList: \n\t\t'{}' [str] = \"x\"\n",
    ),
)


def tserver(rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return the log of a T-Server or one of its clients."""
    return _log(_TSERVER, rng, secrets, registry)


def platform(rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    """Return the log of a program that prints messages by the Platform SDK."""
    return _log(_PLATFORM, rng, secrets, registry)


def _log(places: _Places, rng: random.Random, secrets: Sequence[Secret], registry: Registry) -> tuple[bytes, list[Planted]]:
    parts, planted = [places.first.encode()], []
    for number, secret in enumerate(secrets):
        text, place = next(_pieces(places, number, secret, rng, registry))
        if rng.random() < DAMAGED and not secret.named:
            text, place = _damaged(text, secret, rng), f"{place}, damaged"
        end = rng.choice((b"\n", b"\n", b"\n", b"\r\n"))
        parts.append(text.encode("utf-8", "surrogateescape").replace(b"\n", end))
        planted.append(Planted(secret, place))
    return b"".join(parts), planted


def _pieces(places: _Places, number: int, secret: Secret, rng: random.Random, registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield a piece of a log with the secret, and the place; more than one where a log cannot print the first."""
    kinds = (places.headers, places.inside, places.inside, places.around, places.names)
    while number % 6 == 5:
        name, attribute, value = next(frames.plants(secret, rng, registry))
        item = UnknownEvent(87, Attributes({registry.attribute_name(attribute): value}))
        try:
            text = tserver_text(item, _STAMP, registry=registry) if places is _TSERVER else platform_sdk_text(item, registry=registry)
        except EncodeError:  # a type that no log prints
            continue
        yield text, name
    kind = kinds[number % 6]
    if kind is places.names and secret.named:
        kind = places.inside
    if secret.plain and len(secret.text) < len(str(1 << 64)):  # a number that is declared harmless stays
        kind = [template for template in kind if "{!}" not in template]
    template = kind[(number // 6) % len(kind)].replace("{!}", "{}")
    piece = _filled(template, secret)
    if kind is places.headers:
        text = piece + places.attribute
    elif kind is places.around:
        text = piece
    else:
        before, after = (places.attribute * rng.choice((0, 1)) for _ in range(2))
        text = places.header + before + piece + after.replace("ThisDN", "DNIS")
    yield text + rng.choice(("\n", "\n", "")), repr(template)


def _damaged(text: str, secret: Secret, rng: random.Random) -> str:
    """Return the piece with a few characters replaced, removed or added outside the secret."""
    found = text
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        changed = text[:at] + rng.choice(_DAMAGE) + text[at + rng.choice((0, 1, 1, 3)) :]
        if secret.loose in changed:
            found = text = changed
    return found


def _filled(template: str, secret: Secret) -> str:
    data = secret.data
    return template.replace("{}", secret.loose).replace("<hex>", data.hex(" ")).replace("<n>", str(len(data)))

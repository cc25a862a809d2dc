"""Makes the examples of this directory: a T-Server log, a Platform SDK log, and the frames of the events in the former; the logs of
two sites with the events of parties alone.

Everything is invented and drawn from a fixed seed, so a second run writes the same bytes.

    python examples/make_examples.py                        # tserver.log, platform_sdk.log, calls.tlb, lake.log, hill.log
    python examples/make_examples.py --size 1G -o big.log   # a log of that size, for measurements
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tlib_codec import (
    TLIBRARY,
    AbstractDNCall,
    Attributes,
    Event,
    EventAddressInfo,
    EventCallCreated,
    EventCallDataChanged,
    EventCallDeleted,
    EventRegistered,
    EventReleased,
    Item,
    KVList,
    MessageType,
    TAddressInfoType,
    TCallState,
    TCallType,
    TCause,
    Timestamp,
    TReliability,
    UnknownEvent,
    encode,
    extensions_of,
)
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_lines, tserver_text
from tlib_simulator.flows import Day

HERE = Path(__file__).parent
VERSION = "8.1.101.25"
UTC_OFFSET = dt.timedelta(hours=2)
START = dt.datetime(2026, 3, 14, 23, 38, 2)  # noqa: DTZ001 a log's stamps are in the server's local time
EPOCH_OF_CONN_ID = 788_947_200  # 1995-01-01T08:00Z
ABSTRACT_DN = "SIP_Lakeside::"
BASE32HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
CLIENT = "00000e85 RoutingServer_1 10.51.7.21:49280"
NOISE = (
    "SIPTR: Begin step 0 - SipTransactionInvite",
    "-- created: CRequest@4a:0-InternalRequestRouting",
    "statistics: calls 14, transactions 37, timers 61",
    "KPLSN: keep-alive from client 24",
)


class Call:
    """The identifiers of one call."""

    def __init__(self, log: Log, kind: TCallType, **known: Any) -> None:
        log.calls += 1
        self.conn_id = f"{0x006C:04x}{log.started - EPOCH_OF_CONN_ID:09x}{log.calls % 4096:03x}"
        self.uuid = call_uuid(log.random, log.calls)
        self.call_id = 16_777_216 + log.calls
        self.kind = kind
        self.known = known
        self.agent = ""


def call_uuid(rng: random.Random, sequence: int) -> str:
    """A CallUUID: base32hex of a random UUID and a six-digit sequence number."""
    digits = base64.b32hexencode(uuid.UUID(int=rng.getrandbits(128), version=4).bytes).decode().rstrip("=")
    return digits + "".join(BASE32HEX[sequence >> shift & 31] for shift in range(25, -1, -5))


class Log:
    """What a T-Server would write while calls go through it: text, items, and the clock."""

    def __init__(self, start: dt.datetime, seed: int = 20260314) -> None:
        self.random = random.Random(seed)
        self.now = start
        self.started = int((start - UTC_OFFSET).replace(tzinfo=dt.UTC).timestamp())
        self.calls = 0
        self.sequence = 160
        self.reference = 70
        self.text: list[str] = []
        self.items: list[Item] = []

    def wait(self, seconds: float) -> None:
        """Let time pass, a little randomly."""
        micro = int(seconds * 1_000_000 * self.random.uniform(0.8, 1.2)) // 100 * 100
        self.now += dt.timedelta(microseconds=micro + 100)

    def stamp(self) -> Timestamp:
        """The time as an event carries it."""
        return Timestamp.of((self.now - UTC_OFFSET).replace(tzinfo=dt.UTC))

    def noise(self) -> None:
        """A line that is no message."""
        self.wait(0.002)
        self.text.append(f"{self._at()} [0] {VERSION} {self.random.choice(NOISE)}\n")

    def _numbered(self) -> dict[str, Any]:
        self.sequence += 1
        return {"EventSequenceNumber": self.sequence}

    def _write(self, item: Item, how: str) -> None:
        self.text.append(tserver_text(item, self.now, how=how, version=VERSION))
        self.items.append(item)

    def call_event(self, event: Callable[..., Event], **fields: Any) -> None:
        """An event of the call model: its time stands beside its table."""
        self.wait(0.003)
        stamp = self.stamp()
        extra = {"TimeinSecs": stamp.seconds, "TimeinuSecs": stamp.microseconds, **self._numbered()}
        self._write(event(**fields, extra=Attributes(extra)), "distribute call/party event")
        if self.random.random() < 0.3:
            self.noise()

    def abstract(self, event: Callable[..., Event], how: str = "distribute_event", **fields: Any) -> None:
        """An event on an abstract DN."""
        self.wait(0.003)
        self._write(event(**fields, this_dn=ABSTRACT_DN, server=0, time=self.stamp(), extra=Attributes(self._numbered())), how)

    def other(self, message: MessageType, how: str = "distribute_event", **attributes: Any) -> None:
        """A message that is no call-based event."""
        self.wait(0.003)
        stamp = self.stamp()
        attributes |= {"TimeinSecs": stamp.seconds, "TimeinuSecs": stamp.microseconds, **self._numbered()}
        self._write(_item(message, attributes), how)
        self.text.append(f"{self._iso()} Trc 04542 {message.label} sent to [24] ({CLIENT})\n")

    def _at(self) -> str:
        return f"@{self.now:%H:%M:%S}.{self.now.microsecond // 100:04d}"

    def _iso(self) -> str:
        return f"{self.now:%Y-%m-%dT%H:%M:%S}.{self.now.microsecond // 1000:03d}"

    def request(self, message: MessageType, **attributes: Any) -> None:
        """A client's request."""
        self.wait(0.05)
        self.reference += 1
        item = _item(message, {**attributes, "ReferenceID": self.reference})
        head = f"{self._iso()} Trc 04541 {message.label} received from [66] ({CLIENT})\nmessage {message.label}\n"
        self._lines(head, item)

    def sync(self, message: MessageType, **attributes: Any) -> None:
        """What the primary sends to its backup."""
        self.wait(0.001)
        head = f"{self._at()} [BSYNC] Trace: Send to backup (SIP_Lakeside_B) [20]:\nmessage {message.label}\n"
        self._lines(head, _item(message, attributes))

    def iscc(self, message: MessageType, **attributes: Any) -> None:
        """What another site's T-Server sends."""
        self.wait(0.01)
        head = f"{self._at()} [ISCC] Received from location 'Hillside': message {message.label}\n"
        self._lines(head, _item(message, attributes), prefix="ISCC")

    def _lines(self, head: str, item: UnknownEvent, prefix: str = "") -> None:
        _, values = TLIBRARY.lay_out(item)
        lines = [line.replace("\tAttribute", f"\t{prefix}Attribute", 1) for line in tserver_lines(values, self.now)]
        self.text.append(head + "\n".join([*lines, "", ""]))
        self.items.append(item)


def _item(message: MessageType, attributes: dict[str, Any]) -> Item:
    """The item of a message with these attributes, as a log holds it."""
    return TLIBRARY.assemble(message, {TLIBRARY.attribute_number(name): value for name, value in attributes.items()}, printed=True)


# -- the calls -----------------------------------------------------------------------------------


def created(log: Log, call: Call, **fields: Any) -> None:
    """A call begins."""
    log.call_event(
        EventCallCreated, call_uuid=call.uuid, conn_id=call.conn_id, call_type=call.kind, call_id=call.call_id, **call.known, **fields
    )


def deleted(log: Log, call: Call, **fields: Any) -> None:
    """A call ends."""
    log.call_event(EventCallDeleted, call_uuid=call.uuid, conn_id=call.conn_id, **fields)


def party(log: Log, message: MessageType, call: Call, dn: str, other: str, **attributes: Any) -> None:
    """An event of one party's."""
    log.other(
        message,
        ConnID=call.conn_id,
        CallUUID=call.uuid,
        CallID=call.call_id,
        CallType=call.kind,
        CallState=TCallState.Ok,
        ThisDN=dn,
        OtherDN=other,
        **attributes,
    )


def inbound(log: Log) -> Call:
    """A customer calls; data is attached; an agent answers."""
    rng = log.random
    ani = f"55510{rng.randrange(10_000):05d}"
    agent = f"7{rng.randrange(100):03d}"
    call = Call(log, TCallType.Inbound, ani=ani, dnis="8005550100")
    created(log, call)
    data = KVList(
        [
            ("CustomerName", rng.choice(["Zoë Müller", "J. O'Neil", "Ana Souza", "李 伟"])),
            ("Priority", rng.randrange(1, 100)),
            ("RTargetAgentGroup", "VAG_Skill1"),
            (
                "IVR",
                KVList([("Language", "en"), ("Steps", rng.randrange(2, 9)), ("Menu", KVList([("Choice", "3"), ("Label", "Billing")]))]),
            ),
        ]
    )
    log.request(MessageType.RequestAttachUserData, ThisDN="5100", ConnID=call.conn_id, UserData=data)
    log.call_event(EventCallDataChanged, call_uuid=call.uuid, conn_id=call.conn_id, user_data=data, ctrl_party="5100")
    party(log, MessageType.EventRinging, call, agent, ani, UserData=data)
    log.request(MessageType.RequestAnswerCall, ThisDN=agent, ConnID=call.conn_id)
    log.sync(MessageType.RequestAnswerCall, ThisDN=agent, ConnID=call.conn_id)
    party(log, MessageType.EventEstablished, call, agent, ani, AgentID=f"agent{agent}")
    call.agent = agent
    log.wait(40)
    return call


def consult(log: Log, main: Call, target: str) -> Call:
    """The agent asks a colleague, in a call of its own."""
    agent = main.agent
    call = Call(log, TCallType.Consult, orig_call_uuid=main.uuid)
    log.request(MessageType.RequestInitiateTransfer, ThisDN=agent, OtherDN=target, ConnID=main.conn_id)
    created(log, call)
    party(log, MessageType.EventDialing, call, agent, target, PreviousConnID=main.conn_id)
    party(log, MessageType.EventEstablished, call, target, agent, PreviousConnID=main.conn_id)
    log.wait(20)
    return call


def merged(log: Log, gone: Call, main: Call, cause: TCause, state: TCallState) -> None:
    """A consult call ends in the main call."""
    deleted(log, gone, cause=cause, ref_call_uuid=main.uuid, ref_conn_id=main.conn_id, ctrl_party=main.agent)
    log.abstract(
        EventReleased,
        call_id=gone.call_id,
        call_state=state,
        call_type=gone.kind,
        conn_id=gone.conn_id,
        ref_conn_id=main.conn_id,
        previous_conn_id=main.conn_id,
        reliability=TReliability.Ok,
    )


def transfer(log: Log) -> None:
    """An inbound call, transferred after a consultation."""
    main = inbound(log)
    second = consult(log, main, "7210")
    log.request(MessageType.RequestCompleteTransfer, ThisDN=main.agent, ConnID=main.conn_id, TransferConnID=second.conn_id)
    merged(log, second, main, TCause.Transfer, TCallState.Transferred)
    log.call_event(EventCallDataChanged, call_uuid=main.uuid, conn_id=main.conn_id, ctrl_party="7210")
    log.wait(60)
    log.other(MessageType.EventOnHook, ThisDN="7210")
    deleted(log, main)


def conference(log: Log) -> None:
    """An inbound call to which a supervisor is added; its data is deleted in the end."""
    main = inbound(log)
    second = consult(log, main, "7900")
    log.request(MessageType.RequestCompleteConference, ThisDN=main.agent, ConnID=main.conn_id, ConferenceConnID=second.conn_id)
    merged(log, second, main, TCause.Conference, TCallState.Conferenced)
    party(log, MessageType.EventPartyAdded, main, main.agent, "7900", ThirdPartyDN="7900")
    log.wait(90)
    log.call_event(EventCallDataChanged, call_uuid=main.uuid, conn_id=main.conn_id, user_data=KVList())
    deleted(log, main)


def outbound(log: Log) -> None:
    """An agent calls out."""
    number = f"9155{log.random.randrange(10**7):07d}"
    agent = f"7{log.random.randrange(100):03d}"
    call = Call(log, TCallType.Outbound)
    log.request(MessageType.RequestMakeCall, ThisDN=agent, OtherDN=number)
    created(log, call, dialed_number=number)
    party(log, MessageType.EventDialing, call, agent, number)
    party(log, MessageType.EventEstablished, call, agent, number)
    log.wait(75)
    deleted(log, call, ctrl_party=agent)


def mistake(log: Log) -> None:
    """A request that fails; T-Server explains the code in words."""
    log.request(MessageType.RequestAnswerCall, ThisDN="7777", ConnID="0000000000000000")
    log.other(MessageType.EventError, how="send_to_client", ErrorCode=61, ReferenceID=log.reference, ThisDN="7777")
    head, _, rest = log.text[-2].partition("\n")
    log.text[-2] = f"{head}\n\t(Invalid Called DN)\n{rest}"


def query(log: Log, live: list[Call]) -> None:
    """A client registers the abstract DN and asks for its calls."""
    calls = [AbstractDNCall(index=i, conn_id=call.conn_id, call_type=call.kind, call_uuid=call.uuid) for i, call in enumerate(live)]
    log.request(MessageType.RequestRegisterAddress, ThisDN=ABSTRACT_DN)
    common = {"extensions": extensions_of(calls), "reference_id": log.reference}
    log.abstract(EventRegistered, how="send_to_client", info_type=TAddressInfoType.AddressType, **common)
    log.request(MessageType.RequestQueryAddress, ThisDN=ABSTRACT_DN, InfoType=TAddressInfoType.DNStatus)
    common["reference_id"] = log.reference
    log.abstract(EventAddressInfo, how="send_to_client", info_type=TAddressInfoType.DNStatus, info_status=len(calls), **common)


def switchover(log: Log, live: list[Call]) -> None:
    """The backup becomes primary: clients reconnect and are told of the calls that live, links to other sites included."""
    log.wait(2)
    log.text.append(f"{log.now:%Y-%m-%dT%H:%M:%S}.{log.now.microsecond // 1000:03d} Std 04562 Warm Standby (primary) mode activated\n")
    log.other(MessageType.EventLinkConnected, ApplicationName="SIP_Lakeside")
    for call in live:
        link = KVList([("hillside", KVList([("location", "Hillside"), ("conn-id", f"0071{call.conn_id[4:]}")]))])
        created(log, call, is_link_list=link)


def other_site(log: Log) -> None:
    """Messages between sites."""
    log.iscc(MessageType.EventRemoteConnectionSuccess, ConnID="0071026f3c2a1004", ReferenceID=9, ThisDN="5100")


def header(log: Log) -> str:
    """The beginning of a log file."""
    local, utc = log.now, log.now - UTC_OFFSET
    return (
        f"Local time:      {local:%Y-%m-%dT%H:%M:%S}.000\nUTC time:        {utc:%Y-%m-%dT%H:%M:%S}.000\n"
        f"Application name: SIP_Lakeside\nApplication type: TServer (1)\nVersion:         {VERSION}\n\n"
    )


def day(log: Log) -> None:
    """Every kind of call once; midnight falls into it."""
    transfer(log)
    conference(log)
    outbound(log)
    mistake(log)
    other_site(log)
    live = [inbound(log), inbound(log)]
    query(log, live)
    log.wait(900)
    switchover(log, live)
    for call in live:
        deleted(log, call)


# -- files ---------------------------------------------------------------------------------------


def platform_sdk_log(log: Log) -> Iterator[str]:
    """The same items as an application prints them."""
    moment = START
    for index, item in enumerate(log.items[:120]):
        moment += dt.timedelta(milliseconds=137)
        stamp = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"
        name = TLIBRARY.message_name(item.message) if isinstance(item.message, int) else item.message
        text = platform_sdk_text(item).rstrip("\n")
        if str(name).startswith("Request"):
            yield f"{stamp} INFO  [THREAD : 25] - Sending message to TServer - tcp://10.51.7.20:5001\n{text}\n"
        else:
            yield f"{stamp} DEBUG [THREAD : SelectorThread] - Proxy got message {text}\n. Processing with state Opened\n"
        if index % 7 == 0:
            yield f"{stamp} DEBUG [THREAD : 25] - Screen pop for line {index} took 12 ms\n"


def write_examples() -> None:
    """Write the files."""
    log = Log(START)
    text = header(log)
    day(log)
    (HERE / "tserver.log").write_bytes((text + "".join(log.text)).encode())
    (HERE / "platform_sdk.log").write_bytes("".join(platform_sdk_log(log)).encode())
    (HERE / "calls.tlb").write_bytes(b"".join(encode(item) for item in log.items))
    sites = Day(seed=499, calls=7)
    for site in sites.logs:
        (HERE / f"{site}.log").write_bytes(sites.text(site).encode())


def write_big(path: Path, size: int) -> None:
    """Write a log of at least `size` bytes: some hours of calls, once for every day it takes."""
    log = Log(dt.datetime(2026, 3, 14, 6, 0, 0))  # noqa: DTZ001 local time
    head = header(log).encode()
    while log.now.day == 14:
        day(log)
    block = "".join(log.text).encode()
    date = dt.date(2026, 3, 14)
    with path.open("wb") as file:
        written = file.write(head)
        while written < size:
            written += file.write(block)
            # some lines carry their date: the calls of the next day, whose end is past midnight
            for day_after in (date + dt.timedelta(days=1), date):
                block = block.replace(f"\n{day_after}T".encode(), f"\n{day_after + dt.timedelta(days=1)}T".encode())
            date += dt.timedelta(days=1)


def _size(text: str) -> int:
    units = {"K": 10, "M": 20, "G": 30}
    return int(text[:-1]) << units[text[-1].upper()] if text[-1].upper() in units else int(text)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=_size, help="make one log of this size (1G, 200M) instead of the examples")
    parser.add_argument("-o", "--output", type=Path, help="where to write it")
    arguments = parser.parse_args()
    if (arguments.size is None) is not (arguments.output is None):
        parser.error("--size and --output go together")
    if arguments.size is None:
        write_examples()
    else:
        write_big(arguments.output, arguments.size)


if __name__ == "__main__":
    main()

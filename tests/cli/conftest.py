"""Sample events, files that hold them, and `tlib` run in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tlib_cli.app import tlib
from tlib_codec import EventCallCreated, EventCallDeleted, KVList, TCallType, TCause, Unicode, UnknownEvent, encode
from tlib_codec.formats.source import InputError
from tlib_codec.reference import Policy
from tlib_schemas.values import Attributes, RawValue

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CONN = "006c02462a161006"
LOG = """@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging
\tAttributeThisDN\t'2001'
\tAttributeMystery\t'x'
\tAttributeConnID\t006c02462a161006

@16:45:25.0000 [0] 8.1.101.25 distribute_event: message EventReleased
\tAttributeConnID\t006c02462a161006
\tAttributeCallID\tseven

@16:45:26.0000 [0] 8.1.101.25 distribute_event: message EventNotPublic
\tAttributeMystery\t'y'

"""


@pytest.fixture
def sample():
    created = EventCallCreated(
        call_uuid=UUID,
        conn_id=CONN,
        call_type=TCallType.Inbound,
        ani="5551000",
        user_data=KVList({"Group": "VAG", "RTR": 115, "Seg.ment": {"Tier": Unicode("Gold")}}),
    )
    deleted = EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Transfer)
    ringing = UnknownEvent(60, Attributes({"ThisDN": "2001", "#200": RawValue(7, b"\x00\x01")}))
    invalid = EventCallDeleted(call_uuid=UUID, conn_id=CONN, cause=TCause.Busy, ref_conn_id=CONN)
    frames = [encode(e) for e in (created, deleted, ringing)]
    return SimpleNamespace(
        created=created,
        deleted=deleted,
        ringing=ringing,
        frames=b"".join(frames),
        first=frames[0],
        invalid=encode(invalid, policy=Policy.LENIENT),
    )


@dataclass
class Done:
    """The result of a run of `tlib`: exit status, standard output as text and bytes, standard error."""

    status: int
    out: str
    err: str
    raw: bytes

    @cached_property
    def events(self) -> list[Any]:
        """Return the JSON objects of the output, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run():
    """Run `tlib` with arguments and the bytes `input` on its standard input."""

    def call(*arguments, input=b""):  # noqa: A002
        done = CliRunner().invoke(tlib, [str(a) for a in arguments], input=input, standalone_mode=False)
        match done.exception:
            case InputError() as error:
                return Done(2, "", f"tlib: {error}\n", b"")
            case click.ClickException() as error:
                return Done(error.exit_code, "", error.format_message(), b"")
            case None | SystemExit():
                return Done(done.return_value or 0, done.stdout, done.stderr, done.stdout_bytes)
            case error:
                raise error

    return call


@pytest.fixture
def folder(tmp_path, sample, run):
    (tmp_path / "good.tlb").write_bytes(sample.frames)
    (tmp_path / "bad.tlb").write_bytes(b"junk!" + sample.first + sample.first[:70] + sample.frames + sample.invalid)
    (tmp_path / "good.jsonl").write_bytes(run("decode", tmp_path / "good.tlb").raw)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "calls.log").write_text(LOG)
    return tmp_path

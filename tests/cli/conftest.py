"""Events that are easy to tell apart, their frames, and `tlib` run in this process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from tlib_cli.app import tlib
from tlib_codec import EventCallCreated, EventCallDeleted, KVList, TCallType, TCause, Unicode, UnknownEvent, encode
from tlib_codec.formats.source import InputError
from tlib_codec.reference import Policy
from tlib_schemas.values import Attributes, RawValue

UUID = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U"
CONN = "006c02462a161006"


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


@pytest.fixture
def run():
    """Run `tlib` with arguments; bytes in, and status, output and errors out."""

    def call(*arguments, input=b""):  # noqa: A002
        done = CliRunner().invoke(tlib, [str(a) for a in arguments], input=input, standalone_mode=False)
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            import click

            if isinstance(done.exception, InputError):
                return SimpleNamespace(status=2, out="", err=f"tlib: {done.exception}\n", raw=b"")
            if not isinstance(done.exception, click.ClickException):
                raise done.exception
            return SimpleNamespace(status=done.exception.exit_code, out="", err=done.exception.format_message(), raw=b"")
        return SimpleNamespace(status=done.return_value or 0, out=done.stdout, err=done.stderr, raw=done.stdout_bytes)

    return call

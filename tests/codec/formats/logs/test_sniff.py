"""Recognise the kind of a log by its first lines."""

import json
from pathlib import Path

import pytest

from tlib_codec import EventCallDeleted, encode
from tlib_codec.formats.logs.sniff import sniff

FRAME = encode(EventCallDeleted(call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U", conn_id="006c02462a161006"))
EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.mark.parametrize(
    "head",
    [
        b"@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n",
        b"\n\tAttributeThisDN\t'1'\n",
        b"AttributeConnID 006c02462a161006\r\n",
        b"talk\n2015-05-29T12:21:16.438 Trc 04541 RequestQueryCall received from [66] (x)\n",
        b"12:21:16.438 received from 65200(NAME)host:1(fd=) message EventDNDOn\n",
        b"request to 65200(NAME) message RequestAnswerCall\n",
    ],
)
def test_tserver(head):
    assert sniff(head) == "tserver"


def test_platform_sdk():
    assert (
        sniff(b"INFO start\nProxy got message 'EventDNDOn' ('77')\nmessage attributes:\nAttributeThisDN [str] = \"2214\"\n")
        == "platform-sdk"
    )


@pytest.mark.parametrize(
    "head",
    [
        b"",
        FRAME,
        FRAME.hex(" ").encode(),
        FRAME.hex().encode(),
        json.dumps({"Event": "EventDNDOn", "ThisDN": "@16:45:24.5942 \n\tAttributeThisDN\t'1'"}).encode(),
        b"The attribute AttributeThisDN holds the DN; T-Server sends message EventDNDOn.\nAttributes are listed below\n",
        b"\0@16:45:24.5942 [0] x\n",
        b"16:45:24 INFO nothing\n",
    ],
)
def test_neither(head):
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("name", "kind"), [("tserver.log", "tserver"), ("platform_sdk.log", "platform-sdk"), ("calls.tlb", None), ("make_examples.py", None)]
)
def test_the_examples(name, kind):
    assert sniff((EXAMPLES / name).read_bytes()[:65536]) == kind

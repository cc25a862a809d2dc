"""Every form of message in docs/logs.md is read, also after redaction; words that only look like one are not."""

from __future__ import annotations

import sys
from pathlib import Path

import logtext
import pytest
from logtext import codes, one

from tlib_codec import TLIBRARY
from tlib_codec.formats.logs.forms import FORMS as HEADERS
from tlib_codec.formats.logs.forms import header_of
from tlib_codec.formats.logs.sniff import kind_of, sniff
from tlib_codec.redact import Redactor
from tlib_codec.redact.logtext import LogRedactor

sys.path.insert(0, str(Path(__file__).parents[4] / "docs"))
from log_forms import FORMS

sys.path.pop(0)
EACH = pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])


def name_of(record):
    return TLIBRARY.message_name(record.item.message)


@EACH
def test_the_message_of_an_example_is_read(form):
    assert name_of(one(form.example)) == form.message


@EACH
def test_the_attributes_of_an_example_are_read(form):
    assert one(form.example).item.attributes["ThisDN"] == "7001"


@EACH
def test_the_direction_of_an_example_is_known(form):
    assert one(form.example).origin.direction == form.direction


@EACH
def test_an_example_is_recognised_as_a_log(form):
    assert sniff(form.example.encode()) is not None


@EACH
def test_an_example_is_recognised_by_its_header_or_its_attributes(form):
    assert kind_of(form.example.encode()) in ("tserver", "platform-sdk")


@EACH
def test_a_redacted_example_has_the_same_message_and_direction(form):
    lines = b"".join(LogRedactor(Redactor(b"secret")).lines([form.example.encode()]))
    record = one(lines)
    assert (name_of(record), record.origin.direction) == (form.message, form.direction)


@EACH
def test_a_redacted_example_names_no_server(form):
    lines = b"".join(LogRedactor(Redactor(b"secret")).lines([form.example.encode()]))
    assert b"SIP_Lake" not in lines
    assert b"7001" not in lines


@pytest.mark.parametrize("form", HEADERS, ids=[form.programs + form.probe for form in HEADERS])
def test_an_example_has_each_header(form):
    lines = [line for example in FORMS for line in example.example.splitlines()]
    assert any((found := header_of(line, form.kind)) is not None and found[0] is form for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        '16:41:55.299 Int 04545 Interaction message "EventDNDOn" sent to 65200 ("ICON")\n',
        "16:41:55.299 Trc 04542 Message EventDNDOn sent to 'SIP@7001'\n",
        "16:41:55.299 Trc 50002 TEvent: EventDNDOn\n",
        "16:41:55.299 METRIC <log sid='KL89' expr='Switch to EventDNDOn' level='1' />\n",
    ],
)
def test_a_summary_is_no_header(line):
    assert codes(logtext.read(line + "\tAttributeThisDN\t'7001'\n", kind="tserver")) == ["log-orphan"]


def test_a_header_of_a_client_without_attributes_is_a_summary():
    assert logtext.read('16:41:55.299 Int 04543 Interaction message "EventDNDOn" received from 65200 ("SIP@7001")\n\n') == []


def test_the_peer_is_the_one_that_the_line_names():
    record = one('16:41:55.299 Int 04543 Interaction message "EventDNDOn" received from 65200 ("SIP@7001")\n\tAttributeThisDN\t\'1\'\n')
    assert record.origin.peer == '65200 ("SIP@7001")'


@pytest.mark.parametrize("value", ["7001", "'7001'", "'70 01'"])
def test_a_text_of_stat_server_may_stand_in_quotes_or_not(value):
    record = one(f"Server: Switch 'Lake'->'EventDNDOn'\n\tThisDN {value}\n")
    assert record.item.attributes == {"ThisDN": value.strip("'")}


def test_the_attributes_of_stat_server_stand_on_indented_lines():
    record, diagnostics = logtext.message("Server: Switch 'Lake'->'EventDNDOn'\n\tThisDN 7001\n\tAttributeOtherDN '2'\nANI 5551000\n")
    assert (dict(record.item.attributes), diagnostics) == ({"ThisDN": "7001", "OtherDN": "2"}, [])


def test_a_stray_attribute_of_stat_server_resumes_its_message():
    record, diagnostics = logtext.message("Server: Switch 'Lake'->'EventDNDOn'\n\tThisDN 7001\nother thread\n\tOtherDN 2\n")
    assert dict(record.item.attributes) == {"ThisDN": "7001", "OtherDN": "2"}
    assert codes(diagnostics) == ["log-line"]


def test_an_attribute_that_a_message_of_stat_server_has_already_does_not_resume_it():
    record, _ = logtext.message("Server: Switch 'Lake'->'EventDNDOn'\n\tThisDN 7001\nother thread\n\tThisDN 7002\n\tOtherDN 2\n")
    assert dict(record.item.attributes) == {"ThisDN": "7001"}

"""Lines of another thread inside a message: which ones a message goes on after, and what is reported."""

from __future__ import annotations

import logtext
import pytest
from logtext import codes, records

from tlib_codec import KVList
from tlib_codec.formats.logs.lines import LogLimits

HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventDNDOn\n"
THIS = "\tAttributeThisDN\t'7001'\n"
OTHER = "\tAttributeOtherDN\t'7002'\n"
STRAY = "16:45:24.594 Std 04504 Check point\n"


def read(text, **options):
    return logtext.read(text, kind="tserver", **options)


def attributes(text, **options):
    return [dict(record.item.attributes) for record in records(read(text, **options))]


@pytest.mark.parametrize("stray", [STRAY, "no time stamp\n", "@16:45:25.0000 [0] SIPTR: timer\n", STRAY * 32])
def test_a_message_goes_on_after_a_line_of_another_thread(stray):
    assert attributes(HEAD + THIS + stray + OTHER) == [{"ThisDN": "7001", "OtherDN": "7002"}]


def test_a_message_goes_on_after_a_line_right_below_its_header():
    assert attributes(HEAD + STRAY + THIS) == [{"ThisDN": "7001"}]


def test_a_list_goes_on_after_a_line_of_another_thread():
    text = HEAD + "\tAttributeUserData\t[34] 00 02 00 00..\n\t\t'a'\t'1'\n" + STRAY + "\t\t'b'\t'2'\n"
    assert attributes(text) == [{"UserData": KVList([("a", "1"), ("b", "2")])}]


def test_each_stray_line_is_reported_where_it_stands():
    found = read(HEAD + THIS + STRAY + STRAY + OTHER)[1:]
    assert [(one.code, one.origin.line, one.origin.offset) for one in found] == [
        ("log-line", line, len(HEAD + THIS) + len(STRAY) * (line - 3)) for line in (3, 4)
    ]


def test_lines_after_the_last_attribute_are_not_of_the_message():
    assert codes(read(HEAD + THIS + STRAY + "\n")) == []


ENDS = [
    "\n",
    STRAY * 33,
    "16:45:24.594 Trc 04542 EventDNDOn sent to [24] (0e85 C 10.1.1.1:4)\n",
    "a message of another form\n",
    "16:45:24.594 received from somewhere\n",
    "@16:45:25.0000 [ISCC] Debug: nothing\n",
    "Local time: 2015-05-29T16:45:24.000\n",
]


@pytest.mark.parametrize("line", ENDS)
def test_a_message_does_not_go_on_after(line):
    assert attributes(HEAD + THIS + line + OTHER) == [{"ThisDN": "7001"}]


@pytest.mark.parametrize("line", ENDS)
def test_attributes_after_the_end_of_a_message_are_orphans(line):
    assert codes(read(HEAD + THIS + line + OTHER)) == ["log-orphan"]


def test_the_next_header_ends_a_message_that_waits():
    assert attributes(HEAD + THIS + STRAY + HEAD + OTHER) == [{"ThisDN": "7001"}, {"OtherDN": "7002"}]


@pytest.mark.parametrize("again", [THIS, "\tAttributeMystery\t'y'\n"], ids=["numbered", "without a number"])
def test_an_attribute_that_the_message_has_already_is_of_another_message(again):
    assert codes(read(HEAD + THIS + "\tAttributeMystery\t'x'\n" + STRAY + again)) == ["log-orphan"]


def test_a_pair_without_a_list_does_not_resume_a_message():
    assert codes(read(HEAD + THIS + STRAY + "\t\t'a'\t'1'\n")) == []


def test_a_message_that_is_cut_does_not_go_on():
    assert codes(read(HEAD + THIS + STRAY + OTHER, limits=LogLimits(message=20))) == ["log-message-too-long"]


def test_a_header_that_nothing_proves_does_not_wait():
    assert codes(read("message EventDNDOn\n" + STRAY + THIS)) == ["log-orphan"]


PLATFORM = "2015-01-07 13:20:31,665 Proxy got message 'EventDNDOn' ('77')\nmessage attributes:\n"


def test_a_platform_sdk_message_goes_on_after_a_line_of_another_thread():
    text = PLATFORM + 'AttributeThisDN [str] = "7001"\n2015-01-07 13:20:31,665 DEBUG timer\nAttributeOtherDN [str] = "7002"\n'
    assert [dict(record.item.attributes) for record in records(logtext.read(text, kind="platform-sdk"))] == [
        {"ThisDN": "7001", "OtherDN": "7002"}
    ]


def test_a_platform_sdk_message_does_not_go_on_after_a_line_about_sending():
    text = PLATFORM + 'AttributeThisDN [str] = "7001"\n2015-01-07 13:20:31,665 sending it\nAttributeOtherDN [str] = "7002"\n'
    assert codes(logtext.read(text, kind="platform-sdk")) == ["log-orphan"]

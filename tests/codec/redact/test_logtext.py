"""Logs rewritten in place: what is read from the safe log is what the safe events are."""

import datetime as dt
import re
from pathlib import Path

import own
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logtext import read, records

from tlib_codec import Attributes, KVList, UnknownEvent
from tlib_codec.formats.logs.lines import LogLimits
from tlib_codec.formats.logs.writer import platform_sdk_text, tserver_text
from tlib_codec.redact import LogRedactor, Redactor, Rules
from tlib_schemas import wire

EXAMPLES = Path(__file__).parents[3] / "examples"
TIME = dt.datetime.fromisoformat("2015-05-29T16:45:24.5942")
HEAD = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventRinging\n"
UUID, CONN = "01FES9JKSOFQLEKK3CSH5B5AES00JV1U", "006c02462a161006"


def rewritten(text, *, keep_lines=False, **rules):
    rewriter = LogRedactor(Redactor(b"s", rules=Rules(**rules)), keep_lines=keep_lines)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return b"".join(rewriter.lines([data])).decode("utf-8", "surrogateescape"), rewriter


def items(text):
    return [record.item for record in records(read(text))]


LOGS = pytest.mark.parametrize("name", ["tserver.log", "platform_sdk.log"])
RULES = pytest.mark.parametrize(
    "rules",
    [
        {},
        {"replace": ("ids",)},
        {"keep": ("agents", "queues")},
        {"only_keys": ("Customer*",)},
        {"keep_keys": ("IVR", "RTarget*")},
        {"keep_keys": ("IVR.Menu.Label",)},
    ],
)


def example(name):
    return (EXAMPLES / name).read_text(encoding="utf-8")


@LOGS
@RULES
def test_the_examples_read_as_their_redacted_events(name, rules):
    redactor = Redactor(b"s", rules=Rules(**rules))
    assert items(rewritten(example(name), **rules)[0]) == [redactor.item(item) for item in items(example(name))]


@LOGS
@RULES
def test_redaction_leaves_no_diagnostic_and_keeps_time_direction_and_version(name, rules):
    def kept(text):
        return [(one.origin.local_time, one.origin.direction, one.origin.version) for one in read(text, name=name)]

    assert kept(rewritten(example(name), **rules)[0]) == kept(example(name))


@LOGS
@RULES
@pytest.mark.parametrize("secret", ["5551006967", "91557218480", "10.51.7.21", "RoutingServer", "Invalid Called DN", "Screen pop"])
def test_no_secret_of_the_examples_is_left(name, rules, secret):
    assert secret not in rewritten(example(name), **rules)[0]


@LOGS
@pytest.mark.parametrize("secret", ["Müller", "Billing"])
def test_no_user_data_of_the_examples_is_left(name, secret):
    assert secret not in rewritten(example(name))[0]


@pytest.mark.parametrize("attribute", ["ConnID", "Time", "UserData", "CallUUID"])
def test_the_lines_of_an_attribute_that_names_nobody_stay(attribute):
    def lines(text):
        return [line for line in text.splitlines() if line.startswith(f"\tAttribute{attribute}")]

    original = example("tserver.log")
    assert lines(original)
    assert lines(rewritten(original)[0]) == lines(original)


TEXT = st.text(st.sampled_from("ab12 'é\"(),:-李"), max_size=12).filter(
    lambda text: not any(m in text for m in ("'(list)", "' [", "'  ", "' '"))
)
VALUE = TEXT | st.integers(0, 2**31 - 1) | st.just("two\nlines 5551000")
KEYS = st.text(st.sampled_from("abcKey "), min_size=1, max_size=5)
PAIRS = st.recursive(
    st.lists(st.tuples(KEYS, VALUE), max_size=4),
    lambda inner: st.lists(st.tuples(KEYS, VALUE | inner.map(KVList)), max_size=4),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries({"ThisDN": TEXT, "OtherDN": TEXT | st.just("7\n8"), "Location": TEXT, "UserData": PAIRS.map(KVList)}),
    st.booleans(),
    st.booleans(),
)
def test_any_message_reads_as_its_redacted_event(attributes, platform, keep):
    item = UnknownEvent(60, Attributes({name: attributes[name] for name in ("ThisDN", "OtherDN", "UserData", "Location")}))
    text = platform_sdk_text(item) if platform else tserver_text(item, TIME)
    before = items(text)
    if before != [item] or ('"' in text and platform):
        return  # the log's own marks stand in a value: nobody can tell
    rules = {"keep_keys": ("a*",)} if keep else {}
    safe, _ = rewritten(text, **rules)
    assert items(safe) == [Redactor(b"s", rules=Rules(**rules)).item(item)]
    assert len(safe.encode()) == len(text.encode())


def test_a_kept_value_of_several_lines_stays_whole():
    text = f"{HEAD}\tAttributeOtherDN\t'7\n8'\n\tAttributeUserData\t[9] 00 01 00 00..\n\t\t'a'\t'two\nlines'\n\tAttributeLocation\t'x\ny'\n"
    safe, _ = rewritten(text, keep_keys=("a",), keep=("Location",))
    assert safe.endswith("'two\nlines'\n\tAttributeLocation\t'x\ny'\n")
    assert "'7\n8'" not in safe
    assert rewritten(text, only_keys=("b",), keep=("Location",))[0] == safe


def test_lines_that_are_no_message_are_left_out_or_kept():
    text = f"started by ana 5551000\n{HEAD}\tAttributeThisDN\t'7001'\n\t(remark about 5551000)\n\tgarbage 5551000\n\nbye 5551000\n"
    safe, rewriter = rewritten(text)
    assert "5551000" not in safe
    assert safe.splitlines()[0] == HEAD.strip()
    assert rewriter.dropped == 4
    kept, rewriter = rewritten(text, keep_lines=True)
    assert kept.count("5551000") == 4
    assert "'7001'" not in kept
    assert rewriter.dropped == 0


def test_what_looked_like_a_message_and_is_none():
    text = "he left a message Hello\nand 5551000\n"
    assert rewritten(text)[0] == ""
    assert rewritten(text)[1].dropped == 2
    opened = "thing: message Hello\nAttribute\n"
    assert "Hello" not in rewritten(opened)[0]
    assert rewritten(opened, keep_lines=True)[0] == opened


def test_values_that_are_broken_or_unknown_are_replaced_all_the_same():
    text = (
        f"{HEAD}\tAttributeANI\t5551000\n\tAttributeThisDN\t'7001'\n\tAttributeThisDN\t'7002'\n\tAttributePrivate\t'5551000'\n"
        "\tAttributePrivateCount\t5551000 [Many]\n\tAttributePrivateList\t[34] 00 01 00 00 05 55 10\n\t\t'Key'\t'5551000'\n"
        "\tAttributeUserData\t[18] 00 01 00 00 03 00 07 41\n\t\t'Key'\t'5551000'\n\tAttributeDTMFDigits\t'5551000\n\tAttributeCLID\t[3] 55 51 00\n"
        "\tAttributePartyID\t00006c5551000abc\n\tAttributeExtensions\t[9] 00 02 00 00..\n\t\t'ct-0'\t2\n\t\t'conn-0'\t'5551000'\n\t\t'Flat'(list) 'x'\t'5551000'\n"
    )
    safe, _ = rewritten(text)
    assert "5551000" not in safe
    assert "7001" not in safe
    assert "7002" not in safe
    assert "55 10" not in safe
    assert "[18] 00 01 00 00..\n" in safe
    assert "'ct-0'\t2\n" in safe
    assert len(safe.splitlines()) == len(text.splitlines())


def test_identifiers_in_a_log():
    text = f"{HEAD}\tAttributeConnID\t{CONN}\n\tAttributeCallUUID\t'{UUID}'\n\tAttributeISLinkList\t[9] 00 01 00 00..\n\t\t'conn'\t'{CONN}'\n\t\t'where'\t'Hill'\n"
    redactor = Redactor(b"s")
    assert rewritten(text)[0] == text.replace("Hill", redactor.text("Hill"))
    safe, _ = rewritten(text, replace=("ids",))
    assert safe == text.replace(CONN, redactor.text(CONN)).replace(UUID, redactor.text(UUID)).replace("Hill", redactor.text("Hill"))


def test_lost_indentation_keeps_too_little_rather_than_too_much():
    text = f"{HEAD}AttributeUserData [54] 00 02 03 00..\n'Keep'(list)\n'Tier' 'Gold1234'\n'Other' 'Tin1234'\n"
    safe, _ = rewritten(text, keep_keys=("Keep.Tier",))
    assert "Tin1234" not in safe


def test_carriage_returns_long_lines_and_several_lines():
    text = f"{HEAD}\tAttributeOtherDN\t'5551\n000'\n\tAttributeUserData\t[2] 00 01 00 00..\n\t\t'Note'\t'one\n\ntwo 5551000'\n".replace(
        "\n", "\r\n"
    )
    safe, _ = rewritten(text)
    assert safe.count("\r\n") == text.count("\r\n")
    assert items(safe) == [Redactor(b"s").item(item) for item in items(text)]
    rewriter = LogRedactor(Redactor(b"s"), limits=LogLimits(line=80, message=200))
    long = f"{HEAD}\tAttributeThisDN\t'{'7' * 90}'\n" + "\tAttributeANI\t'5551000'\n" * 20
    assert "777" not in b"".join(rewriter.lines([long.encode()])).decode()
    assert rewriter.dropped >= 1


@given(st.lists(st.sampled_from([HEAD.encode(), b"\tAttributeThisDN\t'5551000'\n", b"\tAttributeUserData\t[9] 00 01..\n", b"\t\t'k'\t'5551000'\n",
                                 b"'k'(list) 'x'\t'5551000\n", b"5551000'\n", b"\tAttributeX\t'5551000\n", b"\n", b"\xff\x00 5551000\n", b"message 5551000\n",
                                 b"@16:45:25.000 5551000 received from [66] (5551000)\n", b"message EventRinging\n"]), max_size=25))  # fmt: skip
def test_nothing_gets_through_whatever_stands_in_the_log(lines):
    rewriter = LogRedactor(Redactor(b"s"))
    safe = b"".join(rewriter.lines(lines))
    assert b"5551000" not in safe
    assert b"555100" not in b"".join(LogRedactor(Redactor(b"s")).lines([b"".join(lines)], kind="platform-sdk"))


# -- values where they stand


def line_of(text, name, **rules):
    """Return the printed value of attribute `name` in the redacted message whose lines are `text`."""
    (line,) = [line for line in rewritten(HEAD + text, **rules)[0].splitlines() if line.startswith(f"\tAttribute{name}\t")]
    return line.split("\t", 2)[2]


def test_the_name_behind_a_number_and_a_bracket_is_replaced():
    text = "@16:45:24.5942 [0] 8.1.101.25 received from 65200(ana_desk) message EventRinging\n\tAttributeThisDN\t'7001'\n"
    assert "ana_desk" not in rewritten(text)[0]


def test_the_number_before_a_bracket_stays():
    text = "@16:45:24.5942 [0] 8.1.101.25 received from 65200(ana_desk) message EventRinging\n\tAttributeThisDN\t'7001'\n"
    assert " 65200(" in rewritten(text)[0]


def test_an_attribute_without_a_value_stays():
    assert "\tAttributeANI\n" in rewritten(f"{HEAD}\tAttributeANI\n\tAttributeThisDN\t'7001'\n")[0]


def test_a_number_of_the_model_in_quotes_stays():
    assert line_of("\tAttributeCallID\t'7'\n", "CallID") == "'7'"


def test_a_text_without_quotes_is_replaced():
    assert line_of("\tAttributeANI\tana\n", "ANI") == Redactor(b"s").text("ana")


def test_bytes_of_an_attribute_without_a_type_are_replaced():
    assert line_of("\tAttributeCLID\t[3] 55 51 00\n", "CLID") == f"[3] {Redactor(b's').pseudonyms.data(bytes.fromhex('555100')).hex(' ')}"


def test_bytes_of_an_attribute_without_a_type_read_as_its_redacted_value():
    text = f"{HEAD}\tAttributeCLID\t[3] 55 51 00\n"
    assert items(rewritten(text)[0]) == [Redactor(b"s").item(item) for item in items(text)]


def test_bytes_of_an_unknown_attribute_are_replaced():
    assert line_of("\tAttributePrivate\t[3] 55 51 00\n", "Private")[:12] not in {"", "[3] 55 51 00"}


def test_cut_bytes_of_an_unknown_attribute_stay_cut():
    assert line_of("\tAttributePrivate\t[9] 55 51 00 00..\n", "Private").endswith("..")


@pytest.mark.parametrize("pair", ["'Name'\t'Ana5551'", "'Deep'(list) 'Name'\t'Ana5551'", "'Deep'(list) Ana5551", "'Deep'(list)"])
def test_a_pair_on_the_line_of_its_list_is_replaced(pair):
    assert "Ana5551" not in line_of(f"\tAttributeUserData\t[9] 00 01 00 00.. {pair}\n", "UserData")


def test_a_kept_pair_on_the_line_of_its_list_stays():
    assert line_of("\tAttributeUserData\t[9] 00 01 00 00.. 'Name'\t'Ana5551'\n", "UserData", keep_keys=("Name",)).endswith("'Ana5551'")


def test_kept_lines_stand_in_their_order():
    text = b"one\ntwo\nthree\n\n@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventOnHook\n\tAttributeCallID\t5\n"
    assert rewritten(text, keep_lines=True)[0] == text.decode()


def test_the_name_of_a_message_that_nobody_declared_is_replaced():
    text = "@16:45:24.5942 [0] 8.1.101.25 distribute_event: message EventNotPublic\n\tAttributeThisDN\t'2001'\n\n"
    assert f"message Event{Redactor(b's').text('NotPublic')}\n" in rewritten(text)[0]


# -- a whitelist


def header_of(line, kind=""):
    """Return the redacted header of a message that opens with `line`."""
    attribute = kind or "\tAttributeThisDN\t'2001'\n"
    return rewritten(f"{HEAD}{attribute}\n{line}\n{attribute}\n")[0].split("\n\n")[1].split("\n")[0]


PLATFORM = 'AttributeThisDN [str] = "2001"\n'


@pytest.mark.parametrize(
    "line",
    [
        "@16:45:24.5942 [0] 8.1.101.25 distribute call/party event: message EventRinging",
        "16:45:24.594 Trc 04541 received from 65200(): message EventRinging",
        '16:45:24.594 Int 04543 Interaction message "EventRinging" received from ("")',
        "16:45:24.594 request to 7(): message 87",
    ],
)
def test_known_words_of_a_header_stay(line):
    assert header_of(line) == line


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("16:45:24.594 distribute_event: message EventRinging(refid=", "123456789", ")"),
        ("16:45:24.594 [", "7001", "] distribute_event: message EventRinging"),
        ("16:45:24.594 [0] ", "10.51.7.21", " distribute_event: message EventRinging"),
        ("16:45:24.594 Std ", "123456", " distribute_event: message EventRinging"),
        ("16:45:24.594 received from ", "555100", "(): message EventRinging"),
        ("16:45:24.594 received from ", "65536", "(): message EventRinging"),
        ("16:45:24.594 distribute_event: message ", "65536", ""),
        ("16:45:24.594 distribute_event: message Event", "Ana", ""),
        ("16:45:24.594 distribute_event: message ", "Ana", ""),
        ("16:45:24.594 Event", "Ana", " distribute_event: message EventRinging"),
        ('16:45:24.594 Int 04543 Interaction message "EventRinging" received from ', "65200", ' ("")'),
        ("16:45:24.594 Trc 04541 Message EventRinging received from (", "Ana", ")"),
        ("", "99:99:99.594", " distribute_event: message EventRinging"),
    ],
)
def test_other_words_of_a_header_are_replaced(before, secret, after):
    assert header_of(before + secret + after) == before + Redactor(b"s").text(secret) + after


def test_the_first_line_of_a_header_of_two_lines_that_looks_like_a_message_stays():
    attribute = "\tAttributeThisDN\t'2001'\n"
    text = f"{HEAD}{attribute}\n16:45:24.594 Trc 04541 Message RequestMakeCall received from 7 (x)\nmessage RequestMakeCall\n{attribute}\n"
    safe, rewriter = rewritten(text)
    assert "16:45:24.594 Trc 04541 " in safe
    assert len(safe.splitlines()) == len(text.splitlines())
    assert rewriter.dropped == 0


def test_a_number_in_brackets_has_the_pseudonym_of_the_value():
    text = "16:45:24.594 received from 7(555100 'Ana'): message EventRinging\n\tAttributeThisDN\t'555100'\n\tAttributeCallID\t7 (555100)\n"
    assert rewritten(HEAD + text)[0].count(Redactor(b"s").text("555100")) == 3


def test_a_stamp_that_is_no_time_is_replaced():
    text_of = Redactor(b"s").text
    want = f"{text_of('2026-13-32')} {text_of('16:45:24.594')} distribute_event: message EventRinging"
    assert header_of("2026-13-32 16:45:24.594 distribute_event: message EventRinging") == want


def test_text_behind_a_header_of_another_form_is_replaced():
    text = f"{HEAD}\nServer: Switch 'S' -> 'EventRinging' Ana\n\tThisDN 2001\n"
    text_of = Redactor(b"s").text
    assert f"Server: Switch '{text_of('S')}' -> 'EventRinging'{text_of(' Ana')}\n" in rewritten(text)[0]


def test_text_inside_a_header_of_another_form_is_replaced():
    text = "'EventRinging' ('60')\nAttributeThisDN [str] = \"1\"\n\nmessage 'EventRinging' about Ana from client 'x'\n" + PLATFORM
    text_of = Redactor(b"s").text
    assert f"message 'EventRinging' {text_of('about')} {text_of('Ana')} from client '{text_of('x')}'\n" in rewritten(text)[0]


@pytest.mark.parametrize(
    ("name", "number", "kept"), [("EventRinging", "60", True), ("EventAna", "60", False), ("EventRinging", "99999", False)]
)
def test_the_name_and_number_of_a_platform_message_are_those_of_a_message(name, number, kept):
    text = f"'{name}' ('{number}')\n{PLATFORM}"
    assert (rewritten(text)[0].split("\n")[0] == text.split("\n", maxsplit=1)[0]) is kept


@pytest.mark.parametrize("line", ["Ana Souza:", "Ana = ComplexClass(TimeStamp):", "Time = ComplexClass(Ana):"])
def test_only_the_known_headings_of_a_platform_message_stay(line):
    safe, rewriter = rewritten(f"'EventRinging' ('60')\nmessage attributes:\n{line}\n{PLATFORM}")
    assert "Ana" not in safe
    assert "message attributes:\n" in safe
    assert rewriter.dropped == 1


@pytest.mark.parametrize(("shown", "kept"), [("str", True), ("int", True), ("Ana", False)])
def test_the_type_in_brackets_stays_where_it_is_one(shown, kept):
    text = f"'EventRinging' ('60')\nAttributeThisDN [{shown}] = \"1\"\nAttributeUserData [bstr] = KVList: \n\t\t'k' [{shown}] = \"x\"\n"
    safe, _ = rewritten(text)
    assert safe.count(f"[{shown}] = ") == 2 * kept


@pytest.mark.parametrize(
    ("name", "text", "safe"),
    [
        ("CallType", "2 [Inbound]", None),
        ("CallType", "2 (Inbound)", None),
        ("CallType", "Inbound", None),
        ("CallType", "2 [Ana]", "2 [{Ana}]"),
        ("CallType", "2 [Outbound]", "2 [{Outbound}]"),
        ("CallType", "Ana", "{Ana}"),
        ("CallID", "7", None),
        ("CallID", "4294967295", None),
        ("CallID", "7 (Ana)", "7 ({Ana})"),
        ("CallID", "'7'", None),
        ("CallID", "'Ana'", "'{Ana}'"),
        ("CallID", "Ana", "{Ana}"),
        ("TimeinSecs", "1432917924 (16:45:24)", None),
        ("TimeinSecs", "1432917924 (99:45:24)", "1432917924 ({99:45:24})"),
        ("TimeinSecs", "1432917924 (Ana)", "1432917924 ({Ana})"),
        ("EventSequenceNumber", "00000000000000a1", None),
        ("EventSequenceNumber", "00000000000000a1 (Ana)", "00000000000000a1 ({Ana})"),
        ("EventSequenceNumber", "161", None),
        ("ConnID", "006c02462a161006", None),
        ("ConnID", "6c02462a161006", None),
        ("ConnID", "006c02462a161006 (Ana)", "006c02462a161006 ({Ana})"),
        ("ConnID", "555100", "{555100}"),
        ("CallUUID", f"'{UUID}'", None),
        ("CallUUID", "'Ana'", "'{Ana}'"),
        ("ANI", "Ana", "{Ana}"),
        ("Mystery", "7 (Ana)", "{7} ({Ana})"),
        ("Mystery", "00000000000000ff", "{00000000000000ff}"),
        ("UserData", "'Ana'", "'{Ana}'"),
        ("UserData", "Ana", "{Ana}"),
        ("UserData", "[68] 00 02 00 00..", None),
        ("UserData", "[68] 00 02 05 01..", "[68] 00 02 00 00.."),
        ("UserData", "[2] 00 00", None),
        ("UserData", "[555100696] 00 02 00 00..", "[{555100696}] 00 02 00 00.."),
        ("UserData", "[68] 00 02 00 00.. Ana", "[68] 00 02 00 00.. {Ana}"),
        ("UserData", "[68] 00 02 00 00.. Ana'k'\t'x'", "[68] 00 02 00 00.. {Ana}'k'\t'{x}'"),
        ("UserData", "[68] 00 02 00 00.. 'k'(list) Ana", "[68] 00 02 00 00.. 'k'(list) {Ana}"),
        ("UserData", "[68] 00 02 00 00.. 'Ana Souza'\t5", "[68] 00 02 00 00.. '{Ana Souza}'\t{5}"),
        ("UserData", "[68] 00 02 00 00.. 'k'\t5 (Ana)", "[68] 00 02 00 00.. 'k'\t{5} ({Ana})"),
        ("UserData", "[68] 00 02 00 00.. 'k'\t5551006967000", "[68] 00 02 00 00.. 'k'\t{5551006967000}"),
        ("UserData", "[68] 00 02 00 00.. 'k'\t", "[68] 00 02 00 00.. '{k}'\t"),
        ("UserData", "[68] 41 42 00 00..", "[68] 00 01 00 00.."),
    ],
)
def test_of_a_printed_value_only_what_its_attribute_explains_stays(name, text, safe):
    want = re.sub(r"\{(.*?)\}", lambda match: Redactor(b"s").text(match[1]), text if safe is None else safe)
    assert line_of(f"\tAttribute{name}\t{text}\n", name) == want


@pytest.mark.parametrize("text", ["-7", "4294967295", "2147483647", "[2] 41 42", "[9] 41 42..", "12345678901234567890"])
def test_a_replaced_value_without_quotes_reads_as_the_redacted_one(text):
    lines = f"{HEAD}\tAttributeCLID\t{text}\n\tAttributeUserData\t[68] 00 01 00 00..\n\t\t'k'\t{text}\n"
    safe = rewritten(lines)[0]
    assert text not in safe.split("\n", 1)[1]
    assert items(safe) == [Redactor(b"s").item(item) for item in items(lines)]


def test_bytes_of_a_text_are_replaced():
    assert line_of("\tAttributeANI\t[3] 55 51 00\n", "ANI") == f"[3] {Redactor(b's').pseudonyms.data(bytes.fromhex('555100')).hex(' ')}"


@pytest.mark.parametrize("shown", ["[3] 41 6e 61", "[4] 41 6e 61 00", "[1] 41", "7", "Ana", "'Ana'"])
@pytest.mark.parametrize("name", [attribute.name for attribute in own.OWN.dictionary.values()])
def test_a_value_of_any_attribute_of_a_callers_own_is_replaced_or_a_number(name, shown):
    rewriter = LogRedactor(Redactor(b"s", registry=own.OWN))
    safe = b"".join(rewriter.lines([f"{HEAD}\tAttribute{name}\t{shown}\n".encode()], kind="tserver")).decode()
    assert f"\tAttribute{name}\t" in safe
    assert "Ana" not in safe
    assert "41 6e 61" not in safe


def test_a_list_in_bytes_is_replaced():
    packed = wire.KVList.pack(KVList({"Name": "Ana"})).hex(" ")
    safe, _ = rewritten(f"'EventRinging' ('60')\nmessage attributes:\nAttributeUserData [bstr] = [17] {packed}\n")
    assert b"Ana".hex(" ") not in safe


def test_a_message_that_is_not_wanted_is_left_out_with_its_counts():
    redactor = Redactor(b"s")
    rewriter = LogRedactor(redactor, wanted=lambda record: False)
    assert b"".join(rewriter.lines([f"{HEAD}\tAttributeThisDN\t'2001'\n".encode()])) == b""
    assert not redactor.counts


def test_the_keys_of_a_kept_list_stay():
    text = f"{HEAD}\tAttributeUserData\t[68] 00 01 00 00 00 05..\n\t\t'Ana Souza'\t'x'\n"
    assert rewritten(text, keep=("UserData",))[0] == text


@pytest.mark.parametrize("text", ["7", "[2] 41 42", "'x'", "006c02462a161006", "-7"])
def test_a_value_of_a_kept_attribute_stays(text):
    assert line_of(f"\tAttributeCLID\t{text}\n", "CLID", keep=("CLID",)) == text


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("AttributeMystery", None),
        ("AttributeX7001", "Attribute{X7001}"),
        ("ISCCAttributeOtherDN", None),
        ("AttributeÄna", "Attribute{Äna}"),
    ],
)
def test_the_name_of_an_attribute_stays_where_it_is_known_or_a_name_of_a_program(name, safe):
    want = name if safe is None else re.sub(r"\{(.*)\}", lambda match: Redactor(b"s").text(match[1]), safe)
    assert f"\t{want}\t" in rewritten(f"{HEAD}\t{name}\t'x'\n")[0]


def test_a_pair_behind_a_number_that_stays_is_replaced():
    safe, _ = rewritten(f"{HEAD}\tAttributeCallID\t5\n\t\t'k'\t'Ana'\n")
    assert safe.endswith(f"\t\t'k'\t'{Redactor(b's').text('Ana')}'\n")


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251", "gbk", "shift_jis", "euc-kr"])
def test_a_value_in_a_legacy_encoding_is_replaced(encoding):
    secret = {"gbk": "田中木村", "shift_jis": "田中木村", "euc-kr": "한국어말"}.get(encoding, "Душанбе").encode(encoding)
    text = HEAD.encode() + b"\tAttributeThisDN\t'" + secret + b"'\n"
    safe = b"".join(LogRedactor(Redactor(b"s")).lines([text]))
    assert len(safe) == len(text)
    assert secret not in safe

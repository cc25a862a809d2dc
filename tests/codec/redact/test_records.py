"""Records without the people in them."""

import pytest

from tlib_codec import Gap, UnknownEvent
from tlib_codec.records import Origin, Record
from tlib_codec.redact import Redactor, safe_record, stretched
from tlib_codec.redact.records import safe_origin
from tlib_schemas.values import Attributes

EVENT = UnknownEvent(13, Attributes({}))


def test_an_origin_keeps_places_and_times():
    kept = Origin(line=7, packet=8, offset=9, time=1, local_time=2, time_of_day=3, direction="sent", connection=3)
    assert safe_origin(Redactor(b"s"), kept) == kept


@pytest.mark.parametrize(
    "members",
    [
        {"src": "ana:1"},
        {"dst": "bob:2"},
        {"peer": "ana-pc"},
        {"text": "5551000 is busy"},
        {"other": {"host": "ana-pc"}},
        {"version": "ana"},
        {"direction": "ana"},
        {"connection": "ana"},
    ],
    ids=str,
)
def test_an_origin_loses_names_and_words(members):
    assert safe_origin(Redactor(b"s"), Origin(line=1, **members)) == Origin(line=1)


def test_an_origin_loses_the_name_of_its_file():
    assert safe_origin(Redactor(b"s"), Origin(file="/home/ana/5551000.log")) == Origin(file="input")


def test_a_changed_origin_is_counted():
    redactor = Redactor(b"s")
    safe_origin(redactor, Origin(peer="ana"))
    assert redactor.counts == {"$source": 1}


def test_an_unnumbered_attribute_is_replaced_with_a_name_that_is_none():
    (pair,) = safe_record(Redactor(b"s"), Record(EVENT, unnumbered={"Ana Souza": "'5551000'"})).unnumbered.items()
    assert "Ana Souza" not in pair
    assert "'5551000'" not in pair


def test_an_unnumbered_attribute_keeps_a_name_of_a_program():
    assert list(safe_record(Redactor(b"s"), Record(EVENT, unnumbered={"AttributePrivate": "7"})).unnumbered) == ["AttributePrivate"]


def test_a_gap_is_refused():
    with pytest.raises(TypeError, match="leave it out"):
        safe_record(Redactor(b"s"), Record(Gap(0, b"5551000")))


def test_a_secret_is_stretched_to_a_key():
    assert len(stretched(b"a secret")) == 32
    assert stretched(b"a secret") == stretched(b"a secret") != stretched(b"another")

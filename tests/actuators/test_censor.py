"""A value is taken out of texts however it is spelt there, and nothing else is."""

import base64
import html
import json
from random import Random
from urllib.parse import quote, quote_plus

import pytest

from handrail.actuators.base import sanitise
from handrail.actuators.censor import SECRET, Censor

VALUE = 'p&ss "w0rd"/\\ é\u4e2d\U0001f600+%41'


def censor(*values: str) -> Censor:
    made = Censor()
    for value in values:
        made.learn(value)
    return made


@pytest.mark.parametrize(
    "spelt",
    [
        VALUE,
        VALUE.upper(),
        quote(VALUE),
        quote(VALUE, safe="").lower(),
        quote_plus(VALUE),
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        html.escape(VALUE),
        ascii(VALUE)[1:-1],
        sanitise(VALUE),
        "\0".join(VALUE),
    ],
)
def test_every_spelling_goes(spelt: str) -> None:
    assert censor(VALUE).clean(f"before {spelt} after") == f"before {SECRET} after"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", ["", "u", "me", "me:", "user:"])
def test_base64_goes_wherever_the_value_begins_in_it(encoding: str, before: str) -> None:
    data = before.encode("latin-1") + VALUE.encode(encoding) + b" and more"
    for code in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        cleaned = censor(VALUE).clean(f"Basic {code.decode()}")
        assert SECRET in cleaned
        assert len(cleaned) < len("Basic ") + len(code) - len(VALUE)


def test_what_holds_no_value_stays_as_it_is() -> None:
    letters = "abcdefgh123 %+&"
    random = Random(1)
    knows = censor("correct horse", "Tr0ub4dor")
    for _ in range(300):
        text = "".join(random.choices(letters, k=80))
        assert knows.clean(text) == text
        assert not knows.finds(text)
    assert Censor().clean(VALUE) == VALUE


def test_a_longer_value_goes_as_a_whole() -> None:
    assert censor("hunter", "hunter2000").clean("it is hunter2000!") == f"it is {SECRET}!"


def test_short_values_are_not_learnt_and_words_stay_words() -> None:
    knows = censor("abc")
    assert (bool(knows), knows.clean("abc")) == (False, "abc")
    assert knows.spans("abc") == []


def test_it_tells_where_and_shows_nothing_of_itself() -> None:
    knows = censor("hunter2")
    assert knows.spans("a hunter2 b HUNTER2") == [(2, 9), (12, 19)]
    assert "hunter2" not in repr(knows)

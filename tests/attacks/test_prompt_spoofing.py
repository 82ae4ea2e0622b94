"""What a page may write, and what the person who is asked sees of it."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.p13_prompts import PAYLOADS, PLACES, dishonest, prompt, request


@pytest.mark.parametrize("place", PLACES)
def test_no_payload_changes_the_shape_of_the_prompt(place: str) -> None:
    plain = prompt(request(place, "harmless"))
    for payload, before in product(PAYLOADS, ("", "OK ")):
        assert dishonest(prompt(request(place, before + payload)), plain) == ""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.text(st.characters(), max_size=120))
def test_no_text_changes_the_shape_of_the_prompt(place: str, payload: str) -> None:
    if place in {"window", "address"} and payload == "":
        return  # what is not there has no line
    plain = prompt(request(place, "harmless"))
    assert dishonest(prompt(request(place, payload)), plain) == ""


def test_what_would_be_typed_is_shown_escaped_and_not_obeyed() -> None:
    text = prompt(request("text", "ls\nrm -rf ~\n\x1b[8m"))
    assert '  text: "ls\\u000arm -rf ~\\u000a\\u001b[8m"' in text

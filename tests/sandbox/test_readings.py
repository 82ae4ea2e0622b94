"""What a text names is found in a time that no page can stretch."""

import time

import pytest

from handrail.sandbox.readings import values

_LONG = 8_000
_SECONDS = 1.0


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "-a", "a-", ".a", "1", "1.", "1-", "a1", "a!", "a ", "@", "%25", "ab12 c3 "],
)
def test_no_long_text_holds_the_gate_up(piece: str) -> None:
    text = piece * (_LONG // len(piece)) + " mallory@evil.test"
    started = time.process_time()
    found = values(text)
    assert time.process_time() - started < _SECONDS
    assert any("mallory@evil.test" in value.text for value in found)

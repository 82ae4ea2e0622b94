"""Names of files can be written down and read again, whatever bytes they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.sandbox.file_names import read, written


@given(st.binary(max_size=300))
def test_every_name_is_read_back(name: bytes) -> None:
    shown = written(name)
    assert read(shown) == name
    assert shown.isprintable()
    shown.encode("utf-8")


def test_what_is_plain_stays_plain() -> None:
    assert written("/home/zoë/notes 1.txt".encode()) == "/home/zoë/notes 1.txt"
    assert written(b"a\nb\\\xff") == "a\\x0ab\\x5c\\xff"


@pytest.mark.parametrize("text", ["a\nb", "\\", "\\x41", "a\\xzz", "\\xFF"])
def test_what_was_never_written_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a written name"):
        read(text)

"""The one sanitiser: nothing that it returns can style, erase, hide, reorder or break a line."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.actuators.base import sanitise
from handrail.actuators.observation import ScreenText


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Sign in", "Sign in"),
        ("Zoë 中文 שלום Ж 😀", "Zoë 中文 שלום Ж 😀"),
        ("[bold green]SAFE[/]", "[bold green]SAFE[/]"),
        ("\x1b[2K\x1b[1G", "\\u001b[2K\\u001b[1G"),
        ("\x9b31m", "\\u009b31m"),
        ("a\r\nb\tc\x08\x7f", "a\\u000d\\u000ab\\u0009c\\u0008\\u007f"),
        ("a\u2028b\u2029c\x85", "a\\u2028b\\u2029c\\u0085"),
        ("\x1b]8;;https://evil.test\x07ok\x1b]8;;\x07", None),
        ("\u202egpj.exe\u2066\u200e\u061c", "\\u202egpj.exe\\u2066\\u200e\\u061c"),
        ("De\u200bl\u200de\u2060te\ufeff\u00ad", "De\\u200bl\\u200de\\u2060te\\ufeff\\u00ad"),
        ("\U000e0041\U000e0100", "\\U000e0041\\U000e0100"),
        ("a\u3164\u2800\u034f\ufe0f", "a\\u3164\\u2800\\u034f\\ufe0f"),
        ("a\u00a0b\u3000c", "a\\u00a0b\\u3000c"),
        ("\ue000\U0010ffff\ud800", "\\ue000\\U0010ffff\\ud800"),
        ("\u0301a\u0301", "\\u0301a\u0301"),
        ("a\u20e3", "a\\u20e3"),
        ("C:\\u001b", "C:\\\\u001b"),
        ("", ""),
    ],
)
def test_the_corpus(raw: str, shown: str | None) -> None:
    if shown is not None:
        assert sanitise(raw) == shown
    assert harmless(sanitise(raw))


def harmless(text: str) -> bool:
    """Tell whether a text is one line of visible characters, marks only in small stacks."""
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me"}:
            return False
        if character.isspace() and character != " ":
            return False
    marks = "".join("m" if unicodedata.category(c)[0] == "M" else "." for c in text)
    return not marks.startswith("m") and "mmmm" not in marks


def unescaped(shown: str) -> str:
    """Undo the sanitiser's escapes."""
    return re.sub(
        r"\\(\\|u([0-9a-f]{4})|U([0-9a-f]{8}))",
        lambda m: "\\" if m[1] == "\\" else chr(int(m[2] or m[3], 16)),
        shown,
    )


@given(st.text(st.characters(), max_size=60))
def test_any_text_becomes_harmless_and_can_be_told_from_any_other(raw: str) -> None:
    shown = sanitise(raw, limit=2_000)
    assert harmless(shown)
    assert unescaped(shown) == raw


@given(st.text(st.characters(), max_size=60), st.integers(min_value=1, max_value=30))
def test_a_cut_text_is_short_and_tells_its_length(raw: str, limit: int) -> None:
    shown = sanitise(raw, limit=limit)
    assert harmless(shown)
    kept, cut, _ = shown.rpartition("... (")
    if cut and shown.endswith(f"({len(raw)} characters)"):
        assert len(kept) <= limit
        assert raw.startswith(unescaped(kept))
    else:
        assert unescaped(shown) == raw


@pytest.mark.parametrize(
    "raw", ["a" * 10_240, "\x1b" * 10_240, "a" + "\u0301" * 10_240, "\n" * 10_240]
)
def test_a_flood_is_cut(raw: str) -> None:
    shown = sanitise(ScreenText(raw))
    assert len(shown) < 250
    assert shown.endswith(f"... ({len(raw)} characters)")


def test_the_limit_itself_is_not_cut() -> None:
    assert sanitise("a" * 200) == "a" * 200
    assert sanitise("a" * 201) == "a" * 200 + "... (201 characters)"

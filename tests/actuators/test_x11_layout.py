"""Keyboard maps as data: levels, AltGr, groups, borrowed keys, and text split to fit them."""

from handrail.actuators.x11_layout import Layout, Stroke, neighbours, parts

SHIFT, ALTGR, CAPS, NUM, CTRL = 50, 108, 66, 77, 37
MODIFIERS = (
    frozenset({SHIFT}),
    frozenset({CAPS}),
    frozenset({CTRL}),
    frozenset[int](),
    frozenset({NUM}),
    frozenset[int](),
    frozenset[int](),
    frozenset({ALTGR}),
)
KEYMAP = {
    9: (0xFF1B, 0, 0, 0, 0, 0),
    24: (ord("q"), ord("Q"), 0x6CA, 0x6EA, ord("@"), 0x7D9),
    SHIFT: (0xFFE1, 0, 0, 0, 0, 0),
    ALTGR: (0xFE03, 0, 0, 0, 0, 0),
    CAPS: (0xFFE5, 0, 0, 0, 0, 0),
    NUM: (0xFF7F, 0, 0, 0, 0, 0),
    CTRL: (0xFFE3, 0, 0, 0, 0, 0),
    79: (0xFF95, 0xFFB7, 0xFF95, 0xFFB7, 0, 0),
    93: (0, 0, 0, 0, 0, 0),
    97: (0, 0, 0, 0, 0, 0),
    122: (0x1008FF11, 0, 0x1008FF11, 0, 0, 0),
    123: (0x1008FF13, ord("x"), 0, 0, 0, 0),
}


def test_levels_need_shift_and_altgr() -> None:
    layout = Layout(KEYMAP, MODIFIERS, 0)
    assert layout.stroke(ord("q")) == Stroke(24)
    assert layout.stroke(ord("Q")) == Stroke(24, (SHIFT,))
    assert layout.stroke(ord("@")) == Stroke(24, (ALTGR,))
    assert layout.stroke(0x7D9) == Stroke(24, (SHIFT, ALTGR))
    assert layout.stroke(0x6CA) is None


def test_the_second_group_and_groups_beyond() -> None:
    assert Layout(KEYMAP, MODIFIERS, 1).stroke(0x6CA) == Stroke(24)
    assert Layout(KEYMAP, MODIFIERS, 1).stroke(ord("q")) is None
    assert Layout(KEYMAP, MODIFIERS, 2).stroke(ord("q")) is None


def test_without_altgr_its_level_is_not_on_the_layout() -> None:
    plain = (*MODIFIERS[:7], frozenset[int]())
    assert Layout(KEYMAP, plain, 0).stroke(ord("@")) is None


def test_keypad_digits_are_not_trusted_to_shift() -> None:
    assert Layout(KEYMAP, MODIFIERS, 0).stroke(0xFFB7) is None
    assert Layout(KEYMAP, MODIFIERS, 0).stroke(0xFF95) == Stroke(79)


def test_empty_and_media_keys_can_be_borrowed_and_neighbours_are_preferred() -> None:
    layout = Layout(KEYMAP | {98: (0,), 99: (0x1008FF14,), 130: (0,)}, MODIFIERS, 0)
    assert layout.spare() == (93, 97, 122, 98, 99)
    assert layout.borrow(1) == (93,)
    assert layout.borrow(2) == (97, 98)
    assert layout.borrow(4) == (97, 98, 99, 93)
    assert len(layout.borrow(9)) == 5
    assert layout.priming_code() == 130


def test_neighbours() -> None:
    assert neighbours([9, 3, 8, 4, 20]) == [(3, 4), (8, 9), (20,)]
    assert neighbours([]) == []


def test_modifiers_that_a_person_can_hold_are_without_locks() -> None:
    layout = Layout(KEYMAP, MODIFIERS, 0)
    assert layout.holders() == {SHIFT, CTRL, ALTGR}
    assert layout.caps_lock == CAPS


def test_text_is_split_where_borrowed_keys_run_out() -> None:
    layout = Layout(KEYMAP, MODIFIERS, 0)
    text = "qabQaqbcq"
    found = list(parts(text, layout, 2))
    assert [(p.text, bytes(p.borrowed)) for p in found] == [("qabQaqb", b"ab"), ("cq", b"c")]
    assert "".join(p.text for p in parts(text, layout, 1)) == text
    assert list(parts("", layout, 2)) == []

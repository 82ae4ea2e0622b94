"""Placeholders, what they may stand for, and what an error may tell of it."""

import pytest
from PIL import Image
from pydantic import SecretStr

from handrail.actuators.actions import Press
from handrail.actuators.censor import Censor
from handrail.actuators.errors import ActionInDoubt, ActionRefused, ObservationFailed
from handrail.actuators.geometry import Box
from handrail.actuators.masking import FILL, masked
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.actuators.secret import (
    Clipboard,
    NoSecrets,
    clean_element,
    clean_surface,
    discreetly,
    filled,
    secret_names,
)

HERE = Surface("fake", "fake", window=ScreenText("hunter2"), url="https://a.test/hunter2")
PLACE = Box(left=0, top=0, right=9, bottom=9)
FIELD = Element("textbox", ScreenText("say hunter2"), PLACE, editable=True, secret=True)


class Known:
    """Resolves what it is given."""

    def __init__(self, **values: str) -> None:
        self.censor = Censor()
        self._values = values

    def resolve(self, name: str, element: Element | None, surface: Surface) -> SecretStr:
        self.censor.learn(self._values[name])
        return SecretStr(self._values[name])


def test_names_are_read_in_order_once() -> None:
    assert secret_names("a {{secret:b.c-1}}{{secret:_x}} {{secret:b.c-1}}") == ("b.c-1", "_x")
    assert secret_names("{{user}} {secret:x} secret:x") == ()


@pytest.mark.parametrize(
    "text",
    ["{{secret:}}", "{{secret:a b}}", "{{ secret:a}}", "{{SECRET:a}}", "{{secret:a}",
     "{{secret:-}}", "{{secret:a}} {{secret:{{secret:a}}", "{{secret:" + "a" * 65 + "}}"],
)  # fmt: skip
def test_what_looks_like_a_placeholder_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(ActionRefused, match="a secret is written"):
        secret_names(text)


def test_text_is_filled_once_and_not_again() -> None:
    """A secret that looks like a placeholder is typed as it is."""
    known = Known(a="{{secret:b}}", b="hunter2")
    text = filled("<{{secret:a}}|{{secret:b}}>", FIELD, HERE, known)
    assert text.get_secret_value() == "<{{secret:b}}|hunter2>"
    assert "hunter2" not in repr(text)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("two\nlines", "line break"),
        ("bell\x07", "cannot be typed"),
        ("x" * 5000, "longer than"),
        ("with space", "may not be a field"),
    ],
)
def test_what_cannot_be_typed_as_it_is_is_refused(value: str, says: str) -> None:
    element = None if says == "may not be a field" else FIELD
    with pytest.raises(ActionRefused, match=says) as caught:
        filled("{{secret:a}}", element, HERE, Known(a=value))
    assert value not in str(caught.value)


def test_without_a_source_there_is_no_secret() -> None:
    with pytest.raises(ActionRefused, match="no secret a here"):
        filled("{{secret:a}}", FIELD, HERE, NoSecrets())


def test_elements_and_surfaces_are_told_without_values() -> None:
    known = Known(a="hunter2")
    assert clean_surface(HERE, known.censor) == HERE
    assert clean_element(FIELD, known.censor) is FIELD
    known.resolve("a", FIELD, HERE)
    told = clean_surface(HERE, known.censor)
    assert (told.window.raw, told.url) == ("[secret]", "https://a.test/[secret]")
    element = clean_element(FIELD, known.censor)
    assert element is not None
    assert (element.name.raw, element.secret) == ("say [secret]", True)


def test_an_error_of_ours_keeps_its_kind_and_loses_the_value() -> None:
    known = Known(a="hunter2")

    def fail() -> None:
        raise ObservationFailed("hunter2 is not there")

    with pytest.raises(ObservationFailed, match="hunter2 is"):
        discreetly(fail, known.censor, typing=False)
    known.resolve("a", FIELD, HERE)
    with pytest.raises(ObservationFailed, match=r"^\[secret\] is not there$") as caught:
        discreetly(fail, known.censor, typing=False)
    assert caught.value.__context__ is None


def test_a_refusal_keeps_its_reason() -> None:
    known = Known(a="hunter2")
    known.resolve("a", FIELD, HERE)

    def fail() -> None:
        raise ActionRefused("covered by hunter2", "covered")

    with pytest.raises(ActionRefused, match=r"^covered by \[secret\]$") as caught:
        discreetly(fail, known.censor, typing=True)
    assert caught.value.reason == "covered"


def test_any_error_while_typing_leaves_doubt_and_nothing_else() -> None:
    known = Known(a="hunter2")
    known.resolve("a", FIELD, HERE)

    def fail() -> None:
        raise ValueError("hunter2")

    with pytest.raises(ActionInDoubt, match=r"^ValueError while a secret was typed") as caught:
        discreetly(fail, known.censor, typing=True)
    assert caught.value.__context__ is None
    with pytest.raises(ValueError, match="hunter2"):
        discreetly(fail, known.censor, typing=False)


@pytest.mark.parametrize("copy", [("ctrl", "c"), ("ctrl", "x"), ("cmd", "C"), ("ctrl", "insert")])
@pytest.mark.parametrize("paste", [("ctrlright", "v"), ("shift", "insert"), ("ctrl", "shift", "V")])
def test_the_clipboard_is_followed(copy: tuple[str, ...], paste: tuple[str, ...]) -> None:
    clipboard = Clipboard()
    assert not clipboard.pastes(Press(keys=paste), masked=False)
    assert not clipboard.pastes(Press(keys=copy), masked=False)
    assert not clipboard.pastes(Press(keys=paste), masked=False)
    assert not clipboard.pastes(Press(keys=copy), masked=True)
    assert clipboard.pastes(Press(keys=paste), masked=False)
    assert not clipboard.pastes(Press(keys=("v",)), masked=False)


def test_a_mask_covers_its_place_and_depends_on_its_size_alone() -> None:
    one, other = (Image.new("RGB", (60, 40), colour) for colour in ("red", "blue"))
    places = [Box(left=10, top=10, right=60, bottom=30), Box(left=-9, top=35, right=5, bottom=99)]
    first, second = masked(one, places), masked(other, places)
    for box in ((10, 10, 60, 30), (0, 35, 5, 40)):
        assert first.crop(box).tobytes() == second.crop(box).tobytes()
    assert first.getpixel((10, 10)) == first.getpixel((0, 39)) == FILL
    assert (first.getpixel((9, 10)), one.getpixel((10, 10))) == ((255, 0, 0), (255, 0, 0))
    assert masked(one, [Box(left=70, top=0, right=99, bottom=9)]) is one

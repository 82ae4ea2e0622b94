"""The fake screen types secrets, and shows nothing of them."""

import pytest

from handrail.actuators.actions import Action, Press, Type
from handrail.actuators.errors import ActionInDoubt, ActionRefused
from handrail.actuators.fake import Caption, FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import ScreenText
from handrail.actuators.primitives import Safeguards
from handrail.actuators.secret import NoSecrets
from handrail.sandbox.permit import PermitOffice
from tests.actuators.test_secret import Known

PLACE = Box(left=10, top=10, right=200, bottom=40)
OTHER = Box(left=10, top=60, right=200, bottom=90)
VALUE = "hunter2-hunter2"


class Screen:
    def __init__(self, value: str = VALUE) -> None:
        self.office = PermitOffice()
        self.field, self.other = Field("One", PLACE), Field("Two", OTHER)
        self.caption = Caption("nothing", Box(left=10, top=100, right=60, bottom=120))
        widgets = [self.field, self.other, self.caption]
        self.screen = FakeScreen(self.office, widgets, secrets=Known(a=value))
        self.screen.focus = self.field

    def do(self, *actions: Action) -> str:
        for action in actions:
            self.screen.perform(action, self.office.issue(action))
        return self.screen.observe().fingerprint


def test_it_is_typed_and_the_action_is_kept_with_its_name() -> None:
    made = Screen()
    made.do(Type(text="<{{secret:a}}>"))
    assert made.field.text == f"<{VALUE}>"
    assert made.screen.performed == [Type(text="<{{secret:a}}>")]


def test_pictures_do_not_depend_on_it() -> None:
    """Also where it is longer than its place, repeated, or partly removed."""
    pictures = []
    for value in ("hunter2-hunter2", "correct horse battery staple" * 3):
        made = Screen(value)
        seen = [made.do(Type(text="{{secret:a}}")), made.do(Press(keys=("backspace",)))]
        made.caption.name = f"you said {value}"
        made.other.text = value.upper()
        pictures.append([*seen, made.screen.observe().fingerprint])
    assert pictures[0] == pictures[1]
    assert len(set(pictures[0])) == 2


def test_a_part_of_it_that_is_pasted_elsewhere_is_masked() -> None:
    pictures = []
    for value in ("aaaaaaaa", "bbbbbbbb"):
        made = Screen(value)
        made.do(Type(text="{{secret:a}}"), Press(keys=("home",)), Press(keys=("shift", "right")))
        made.do(Press(keys=("ctrl", "c")))
        made.screen.focus = made.other
        pictures.append(made.do(Press(keys=("ctrl", "v"))))
        assert made.other.text == value[0]
    assert pictures[0] == pictures[1]


def test_without_a_source_nothing_is_typed() -> None:
    made = Screen()
    made.screen.secrets = NoSecrets()
    with pytest.raises(ActionRefused, match="no secret a"):
        made.do(Type(text="before {{secret:a}}"))
    assert (made.field.text, made.screen.performed) == ("", [])


def test_a_stop_in_the_middle_of_it_tells_nothing_of_its_length() -> None:
    made = Screen()
    made.screen.safeguards = Safeguards(stopped=lambda: len(made.field.text) == 3)
    with pytest.raises(ActionInDoubt) as caught:
        made.do(Type(text="{{secret:a}}"))
    assert str(caught.value) == "stopped while a secret was typed: look"
    assert made.field.text == VALUE[:3]


def test_what_is_read_and_told_of_elements_holds_nothing_of_it() -> None:
    made = Screen()
    made.do(Type(text="{{secret:a}}"), Press(keys=("backspace",)))
    made.other.text, made.caption.name = f"<{VALUE}>", f"you said {VALUE}"
    typed = made.screen.focused()
    other = made.screen.hit_test(OTHER.center)
    assert typed is not None
    assert typed.value is None
    assert other is not None
    assert other.value == ScreenText("<[secret]>")
    reading = made.screen.read()
    assert reading.text.raw.endswith("you said [secret]")
    assert VALUE[:-1] not in repr(reading)

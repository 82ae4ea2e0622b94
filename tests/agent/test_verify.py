"""What is found of an action: whether the world changed as it was meant to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.fake import Button, Caption, Checkbox, FakeScreen, Field, Link, Panel
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, Observation, ScreenText, Surface
from handrail.agent.prompt import action_lines
from handrail.agent.stability import Watch
from handrail.agent.verify import Sight, Verdict, verify
from handrail.sandbox.permit import PermitOffice
from tests.agent.stage import SUCCESS, FakeClock, Stage

FIELD = Box(left=20, top=20, right=220, bottom=50)
TICK = Box(left=20, top=70, right=40, bottom=90)
SAVE = Box(left=20, top=110, right=120, bottom=140)
HELP = Box(left=20, top=160, right=120, bottom=190)
CLICK_SAVE = Click(point=SAVE.center)


def screen(text: str = "", secret: bool = False) -> FakeScreen:
    office = PermitOffice()
    made = FakeScreen(
        office,
        [
            Field("Name", FIELD, text=text, caret=len(text), anchor=len(text), secret=secret),
            Checkbox("Later", TICK),
            Button("Save", SAVE),
            Link("Help", HELP),
        ],
        content_height=2_000,
    )
    made.focus = made.named(Field, "Name")
    return made


def found(
    on: FakeScreen, action: Action, change: Callable[[], object], hidden: bool = False
) -> Verdict | None:
    """Return the verdict where the world changes so instead of by the action."""
    watch = Watch(on.observe, FakeClock(), senses=on)
    before = watch.sight(action, on.observe())
    change()
    return verify(action, before, watch.sight(action, on.observe()), hidden)


def finding(on: FakeScreen, action: Action, change: Callable[[], object]) -> str:
    verdict = found(on, action, change)
    assert verdict is not None
    return verdict.finding


def honest(on: FakeScreen, action: Action) -> str:
    office: PermitOffice = on._verifier  # type: ignore[assignment]
    return finding(on, action, lambda: on.perform(action, office.issue(action)))


@pytest.mark.parametrize(
    "action",
    [
        Type(text="Ada"),
        Press(keys=("x",)),
        Click(point=TICK.center),
        Click(point=HELP.center),
        Scroll(dy=-100),
        Press(keys=("tab",)),
        Press(keys=("backspace",)),
    ],
)
def test_what_an_action_does_is_seen(action: Action) -> None:
    assert honest(screen("Zoë"), action) == "as intended"


def test_a_click_on_a_field_is_seen_by_the_keyboard() -> None:
    on = screen()
    on.focus = None
    assert honest(on, Click(point=FIELD.center)) == "as intended"


@pytest.mark.parametrize(
    "action",
    [
        Type(text="Ada"),
        Press(keys=("x",)),
        Press(keys=("enter",)),
        Click(point=TICK.center),
        CLICK_SAVE,
        Click(point=HELP.center),
        Scroll(dy=-100),
        Drag(start=FIELD.center, end=HELP.center),
    ],
)
def test_what_is_swallowed_is_seen(action: Action) -> None:
    on = screen("Zoë")
    assert finding(on, action, lambda: None) == "nothing changed"
    # A blinking caret is no change, and neither is a shade that no eye sees.
    assert finding(on, action, lambda: setattr(on, "caret_shown", False)) == "nothing changed"


@pytest.mark.parametrize("holds", ["Aad", "ZoëAd", "", "ZoeAda"[:4]])
def test_garbled_text_is_seen(holds: str) -> None:
    on = screen("Zoë")
    field = on.named(Field, "Name")
    assert finding(on, Type(text="Ada"), lambda: setattr(field, "text", holds)) == "otherwise"


def test_text_that_stands_there_already_is_as_intended() -> None:
    assert finding(screen("Ada"), Type(text="Ada"), lambda: None) == "as intended"
    assert finding(screen("Adam"), Type(text="Ada"), lambda: None) == "nothing changed"


def test_what_hides_its_text_cannot_be_told() -> None:
    on = screen(secret=True)
    field = on.named(Field, "Name")
    assert finding(on, Type(text="hush"), lambda: setattr(field, "text", "hus")) == "cannot tell"
    plain = screen("a")
    verdict = found(
        plain, Type(text="[secret]"), lambda: setattr(plain.widgets[0], "text", "b"), hidden=True
    )
    assert verdict == Verdict("as intended", "what has the keyboard changed")


def test_a_click_is_judged_by_where_the_screen_changed() -> None:
    on = screen()
    beside = Box(left=60, top=120, right=200, bottom=200)
    assert finding(on, CLICK_SAVE, lambda: on.widgets.append(Panel("Menu", beside))) == (
        "as intended"
    )
    on = screen()
    far = Box(left=500, top=300, right=560, bottom=330)
    assert finding(on, CLICK_SAVE, lambda: on.widgets.append(Caption("12:00", far))) == (
        "cannot tell"
    )
    on = screen()
    whole = Box(left=150, top=0, right=640, bottom=400)
    assert finding(on, CLICK_SAVE, lambda: on.widgets.append(Panel("Page", whole))) == (
        "as intended"
    )


def test_the_look_of_a_button_under_the_pointer_proves_nothing() -> None:
    on = screen()
    assert finding(on, CLICK_SAVE, lambda: setattr(on, "focus", on.widgets[2])) == "cannot tell"


def test_pixels_alone_are_enough_to_see_that_nothing_changed() -> None:
    on = screen()
    watch = Watch(on.observe, FakeClock())
    before = watch.sight(CLICK_SAVE, on.observe())
    assert (before.element, before.focus) == (None, None)
    told = verify(CLICK_SAVE, before, watch.sight(CLICK_SAVE, on.observe()))
    assert told is not None
    assert told.finding == "nothing changed"


def test_a_dialog_a_window_and_another_size_are_seen() -> None:
    seen = screen().observe()
    desktop = Surface("desktop", ":1", window=ScreenText("a"))
    other = replace(desktop, window=ScreenText("b"))
    told = verify(
        CLICK_SAVE, Sight(replace(seen, surface=desktop)), Sight(replace(seen, surface=other))
    )
    assert told == Verdict("as intended", "another window or dialog is in front")
    dialog = replace(seen.surface, window_kind="dialog")
    told = verify(CLICK_SAVE, Sight(seen), Sight(replace(seen, surface=dialog)))
    assert told == Verdict("as intended", "another window or dialog is in front")
    wider = seen.geometry.model_copy(update={"width": 700})
    larger = replace(seen, image=seen.image.resize((700, 400)), geometry=wider)
    assert verify(CLICK_SAVE, Sight(seen), Sight(larger)) == Verdict(
        "as intended", "the screen has another size"
    )


@pytest.mark.parametrize("action", [Move(point=SAVE.center), Wait(seconds=1), SUCCESS])
def test_what_is_to_change_nothing_has_no_verdict(action: Action) -> None:
    assert found(screen(), action, lambda: None) is None


class _Blind:
    """Answers nothing."""

    def hit_test(self, point: Point) -> Element | None:
        raise ObservationFailed("no answer")

    def focused(self) -> Element | None:
        raise ObservationFailed("no answer")


def test_a_surface_that_does_not_answer_leaves_the_pixels() -> None:
    on = screen()
    seen = on.observe()
    assert Watch(on.observe, FakeClock(), senses=_Blind()).sight(CLICK_SAVE, seen) == Sight(seen)


def test_an_action_in_doubt_is_looked_at_and_told_of(stage: Stage) -> None:
    click, text, send = stage.fill("Ada")
    stage.screen.lost = text
    stage.run(click, text, send, SUCCESS)
    step = stage.heard.steps[1]
    assert step.outcome is not None
    assert step.outcome.kind == "in_doubt"
    assert step.verdict == Verdict("as intended", "the text stands in the field")
    doubt = "it is not known whether this took effect: look"
    assert action_lines([step]) == [f'Step 1: Type "Ada" ({doubt})']
    lost = replace(step, verdict=Verdict("nothing changed", "it is as it was"))
    assert action_lines([lost])[0].endswith(
        f"({doubt}; it did not go as intended so far: it is as it was)"
    )


def test_what_was_done_is_recorded_though_the_look_after_it_fails(stage: Stage) -> None:
    observe = stage.screen.observe
    click = stage.fill("Ada")[0]

    def gone() -> Observation:
        if stage.screen.performed:
            raise EnvironmentMissing("the display went away")
        return observe()

    stage.screen.observe = gone  # type: ignore[method-assign]
    result = stage.run(click, SUCCESS)
    assert (result.kind, result.reason) == ("environment", "the display went away")
    (step,) = stage.heard.steps
    assert step.outcome is not None
    assert (step.outcome.kind, step.verdict) == ("done", None)


def test_steps_carry_their_verdicts_and_the_proposer_hears_of_what_went_wrong(
    stage: Stage, tmp_path: Path
) -> None:
    stage.screen.widgets.insert(0, Checkbox("Later", TICK))
    stage.run(*stage.fill("Ada"), Click(point=Point(x=600, y=380)), SUCCESS)
    findings = [step.verdict and step.verdict.finding for step in stage.heard.steps]
    assert findings[:2] == ["as intended", "as intended"]
    assert findings[-1] is None
    lines = action_lines(stage.heard.steps)
    assert lines[0] == "Step 1: Click at (120, 35)"
    still = replace(stage.heard.steps[0], verdict=Verdict("nothing changed", "it is as it was"))
    assert action_lines([still]) == [
        "Step 1: Click at (120, 35) (it did not go as intended so far: it is as it was)"
    ]

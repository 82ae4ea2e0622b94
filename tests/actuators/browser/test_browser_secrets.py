"""A secret that is typed on a page is there, and nobody who looks at the page is shown it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from handrail.actuators.actions import Click, Press, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.errors import ActionRefused
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Observation
from handrail.sandbox.secret_sources import EnvironmentSecrets, variable
from handrail.sandbox.secret_use import SecretUse
from handrail.sandbox.vault import Vault
from tests.actuators.browser.conftest import Stage as SecretStage

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage

VALUE = "Tr0ub4dor&3 staple"
NAMED = Type(text="{{secret:pw}}")
DARK = 90


@pytest.fixture(scope="module")
def made(site: str, browser_program: Path | None) -> "Iterator[Stage]":
    source = EnvironmentSecrets({variable("pw"): VALUE, variable("plain"): VALUE})
    here = SecretUse(origins=(site,), fields="any")
    vault = Vault(source, "sign in with {{secret:pw}}", [(True, {"plain": here})])
    config = BrowserConfig(width=700, height=600)
    stage = SecretStage(config, site, browser_program, vault)
    yield stage
    stage.browser.close()


@pytest.fixture
def stage(made: "Stage") -> "Iterator[Stage]":
    made.load("secret.html")
    yield made
    made.tidy()


def place(stage: "Stage", selector: str) -> Box:
    """Return where an element is drawn, in pixels, without its border."""
    code = """s => { const b = (document.querySelector(s) ||
      document.querySelector('#frame').contentDocument.querySelector(s)).getBoundingClientRect();
      return [b.left, b.top, b.right, b.bottom] }"""
    left, top, right, bottom = stage.peek(code, selector)
    if selector == "#said":
        frame = place(stage, "#frame")
        left, right = left + frame.left, right + frame.left
        top, bottom = top + frame.top, bottom + frame.top
    return Box(left=int(left) + 2, top=int(top) + 2, right=int(right) - 2, bottom=int(bottom) - 2)


def dark(image: Image.Image, box: Box) -> int:
    """Count the dark pixels of a place: a page's text is black, and what masks it is not."""
    part = image.convert("L").crop((box.left, box.top, box.right, box.bottom))
    return sum(part.histogram()[:DARK])


def naked(stage: "Stage") -> Image.Image:
    """Return the page as it is, as the tests alone see it."""
    session = stage.browser._session

    async def shoot() -> Image.Image:
        return Image.open(io.BytesIO(await session._tabs.front.screenshot())).convert("RGB")

    return stage.browser._thread.call(shoot(), 30)


def typed(stage: "Stage") -> None:
    stage.click("#password")
    stage.do(NAMED)
    assert stage.peek("() => document.querySelector('#password').value") == VALUE


def test_the_page_gets_the_secret_and_its_field_is_masked(stage: "Stage") -> None:
    typed(stage)
    field = place(stage, "#password")
    assert dark(naked(stage), field) > 0
    assert dark(stage.browser.observe().image, field) == 0
    stage.peek("() => tell('reveal')")
    assert dark(stage.browser.observe().image, field) == 0
    stage.peek("() => { document.querySelector('#password').value = 'something else' }")
    assert dark(naked(stage), field) > 0
    assert dark(stage.browser.observe().image, field) == 0, "a part of it may still be there"


@pytest.mark.parametrize(
    ("way", "where"),
    [
        ("split", "#split b"),
        ("split", "#split i"),
        ("after", "#after"),
        ("loud", "#loud"),
        ("button", "#button"),
        ("closed", "#closed"),
        ("frame", "#said"),
        ("option", "#list"),
        ("other", "#other"),
        ("area", "#area"),
    ],
)
def test_its_text_is_masked_wherever_the_page_shows_it(
    stage: "Stage", way: str, where: str
) -> None:
    typed(stage)
    stage.peek("way => tell(way)", way)
    box = place(stage, where)
    if where != "#other":  # a placeholder is grey
        assert dark(naked(stage), box) > 0
    seen = stage.browser.observe()
    assert dark(seen.image, box) == 0
    if where == "#other":
        assert covered(seen, box)


def covered(seen: Observation, box: Box) -> bool:
    corner = seen.image.getpixel((box.left + 2, box.top + 2))
    return corner == (107, 114, 128)


def test_titles_addresses_names_and_dialogs_are_told_without_it(stage: "Stage") -> None:
    typed(stage)
    for way in ("title", "address", "button"):
        stage.peek("way => tell(way)", way)
    seen = stage.browser.observe()
    assert seen.surface.window.raw == "hello [secret]"
    assert seen.surface.url == f"{stage.site}/secret.html?p=[secret]"
    button = stage.browser.hit_test(stage.at("#button"))
    assert button is not None
    assert button.name.raw == "[secret]"
    stage.peek("() => tell('alert')")
    stage.asked()
    question = stage.browser._running.tabs.question
    assert question is not None
    stage.browser.observe()
    assert question.box.message == "you said [secret]"


def test_a_part_that_is_pasted_elsewhere_is_masked(stage: "Stage") -> None:
    stage.click("#open")
    stage.do(Type(text="{{secret:plain}}"))
    stage.do(Press(keys=("home",)), *[Press(keys=("shift", "right"))] * 6)
    stage.do(Press(keys=("ctrl", "c")), Click(point=stage.at("#other")))
    stage.do(Press(keys=("ctrl", "v")))
    assert stage.peek("() => document.querySelector('#other').value") == VALUE[:6]
    box = place(stage, "#other")
    assert dark(naked(stage), box) > 0
    assert dark(stage.browser.observe().image, box) == 0


@pytest.mark.parametrize(
    ("where", "text", "says"),
    [
        ("#open", "{{secret:pw}}", "a field that hides text"),
        ("#password", "{{secret:other}}", "names the secret other"),
        ("#button", "{{secret:plain}}", "not editable"),
    ],
)
def test_where_it_is_not_meant_to_be_nothing_is_typed(
    stage: "Stage", where: str, text: str, says: str
) -> None:
    stage.do(Click(point=stage.at(where)))
    with pytest.raises(ActionRefused, match=says):
        stage.do(Type(text=text))
    fields = "() => [...document.querySelectorAll('input, textarea')].map(f => f.value).join('')"
    assert stage.peek(fields) == ""


def test_an_error_while_it_is_typed_says_nothing_of_it(
    stage: "Stage", monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.click("#password")
    stage.browser.observe()

    async def fail(page: object, text: str) -> None:
        raise ValueError(f"cannot type {text}")

    monkeypatch.setattr(stage.browser._session._hands, "_type", fail)
    with pytest.raises(Exception, match="ValueError while a secret was typed") as caught:
        stage.browser.perform(NAMED, stage.office.issue(NAMED))
    assert VALUE not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_page_that_is_searched_for_it_does_not_hear_of_it(site: str, stage: "Stage") -> None:
    """Searching a page for a secret hands it nothing: its own functions are not called."""
    typed(stage)
    stage.browser.goto(f"{site}/second.html")
    stage.peek(
        """() => { window.heard = [];
          for (const name of ['includes', 'indexOf', 'match', 'search', 'split'])
            String.prototype[name] = function (...a) { window.heard.push(a.join()); return false };
        }"""
    )
    stage.browser.observe()
    assert stage.peek("() => window.heard.length") == 0


def test_a_frame_of_another_site_that_shows_it_is_masked_as_a_whole(
    site: str, stage: "Stage"
) -> None:
    typed(stage)
    elsewhere = site.replace("127.0.0.1", "localhost") + "/second.html"
    stage.peek(
        """url => {
          const frame = document.createElement('iframe');
          Object.assign(frame, {id: 'foreign', src: url});
          frame.style = 'position:absolute;left:400px;top:300px;width:250px;height:150px;border:0';
          document.body.append(frame);
        }""",
        elsewhere,
    )
    front = stage.browser._session._tabs.front
    stage.until(lambda: [f for f in front.frames if f.url == elsewhere], bool)

    async def show() -> None:
        frame = next(f for f in front.frames if f.url == elsewhere)
        await frame.wait_for_load_state()
        await frame.evaluate("text => { document.body.textContent = text }", VALUE)

    stage.browser._thread.call(show(), 60)
    box = place(stage, "#foreign")
    assert dark(naked(stage), box) > 0
    seen = stage.browser.observe().image
    assert dark(seen, box) == 0
    assert seen.getpixel((box.left + 1, box.bottom - 2)) == (107, 114, 128)

"""A plan that is done for real: what is compared, what is let go, and what is written of it."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from handrail.actuators.actions import Action, Click, Type, Wait
from handrail.actuators.browser_answers import Answer
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.held import HeldRequest
from handrail.actuators.held_body import read_body
from handrail.actuators.observation import Element, Observation, ScreenText, Surface
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.captured import consequence_of
from handrail.sandbox.rehearsal.divergence import request_difference, screen_divergence
from handrail.sandbox.rehearsal.plan import Opening, Plan, PlannedRequest, PlannedStep
from handrail.sandbox.rehearsal.rerun import Rerun
from handrail.sandbox.rehearsal.sending import SENDING_NAME, SendingLedger, read_sending

FORM = "application/x-www-form-urlencoded"
URL = "http://a.test/checkout?items=lamp&ticket=1"
CLICK = Click(point=Point(x=100, y=50))
BUTTON = Element("button", ScreenText("Order"), Box(left=90, top=40, right=110, bottom=60))
STEP = PlannedStep(action=CLICK, screen="s", url=URL, role="button", label="Order")
PICTURE = Image.new("RGB", (400, 300), "white")


def seen(image: Image.Image = PICTURE, url: str = URL) -> Observation:
    geometry = ScreenGeometry(width=image.width, height=image.height)
    return Observation(image, geometry, 0.0, Surface("browser", "c", url=url))


def drawn(*boxes: tuple[int, int, int, int]) -> Image.Image:
    image = PICTURE.copy()
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box, "black")
    return image


def order(body: bytes = b"total=34.90&ticket=1", **changes: object) -> HeldRequest:
    request = HeldRequest(
        "POST", "http://a.test/orders", "navigation", top=True, body=read_body(FORM, body, True)
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def plan(*requests: HeldRequest) -> Plan:
    planned = [
        PlannedRequest(step=1, leaves=False, request=consequence_of(one)) for one in requests
    ]
    return Plan(opening=Opening(), steps=(STEP,), requests=tuple(planned), volatile=("ticket",))


@pytest.fixture
def ledger(tmp_path: Path) -> SendingLedger:
    made = SendingLedger(tmp_path, OsDisk())
    made.begin("digest", "run-1")
    return made


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    PICTURE.save(tmp_path / "frame.webp", "WEBP", lossless=True)
    return tmp_path / "frame.webp"


@pytest.mark.parametrize(
    ("now", "element", "why"),
    [
        (seen(), BUTTON, ""),
        (seen(url=URL.replace("ticket=1", "ticket=2") + "#top"), BUTTON, ""),
        (seen(drawn((300, 200, 390, 290))), BUTTON, ""),
        (seen(url=URL.replace("lamp", "chair")), BUTTON, "is shown, not"),
        (seen(Image.new("RGB", (300, 300), "white")), BUTTON, "the screen is (300, 300)"),
        (seen(drawn((90, 40, 110, 60))), BUTTON, "looks otherwise around (100, 50)"),
        (seen(), None, 'nothing that can be told is there, not button "Order"'),
        (seen(), replace(BUTTON, name=ScreenText("Cancel")), 'button "Cancel" is there'),
    ],
)
def test_a_screen_is_compared_where_the_action_is_aimed(
    now: Observation, element: Element | None, why: str
) -> None:
    found = screen_divergence(STEP, PICTURE, now, element, ("ticket",))
    assert found == why if not why else why in found


def test_an_action_on_the_focus_is_compared_with_the_screen_as_a_whole() -> None:
    step = STEP.model_copy(update={"action": Type(text="x")})
    assert screen_divergence(step, PICTURE, seen(drawn((0, 0, 20, 20))), BUTTON) == ""
    assert "as a whole" in screen_divergence(step, PICTURE, seen(drawn((0, 0, 399, 299))), BUTTON)
    wait = STEP.model_copy(update={"action": Wait(seconds=1)})
    assert screen_divergence(wait, PICTURE, seen(url="http://b.test/"), None) == ""


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (order(), ""),
        (order(b"total=34.90&ticket=other"), ""),
        (order(b"total=99.90&ticket=1"), 'its field "total" is "99.90", not "34.90"'),
        (order(b"ticket=1&total=34.90"), 'its fields are "ticket, total"'),
        (order(method="PUT"), 'its method is "PUT"'),
        (order(kind="fetch"), 'its source is "fetch"'),
        (order(url="http://b.test/orders"), "its address is"),
        (order(url="http://a.test/orders?all=1"), "its address is"),
        (replace(order(), body=None), 'its content type is ""'),
        (replace(order(), body=read_body(FORM, b"total=34.90&ticket=1", False)), "not all of its"),
    ],
)
def test_a_request_is_compared_by_all_but_what_is_volatile(now: HeldRequest, why: str) -> None:
    found = request_difference(consequence_of(order()), consequence_of(now), ("ticket",))
    assert found == why if not why else why in found


def test_hidden_fields_need_only_be_there_and_other_bodies_are_compared_whole() -> None:
    one, other = (consequence_of(order(b"password=" + word)) for word in (b"first", b"second"))
    assert request_difference(one, other) == ""
    ping, pong = (
        consequence_of(replace(order(), body=read_body("text/plain", text, True)))
        for text in (b"a", b"b")
    )
    assert request_difference(ping, pong) == "its body is another"
    assert request_difference(ping, ping) == ""


def ask(rerun: Rerun, action: Action, held: HeldRequest | None = None) -> str:
    surface = Surface("browser", "c", url=URL)
    return rerun.ask(ApprovalRequest("goal", action, "commit", surface, "why", held=held)).choice


def test_only_the_planned_action_gets_a_yes_and_only_on_its_screen(
    ledger: SendingLedger, picture: Path
) -> None:
    rerun = Rerun(plan(), ledger)
    assert ask(rerun, CLICK) == "deny", "its screen was not seen yet"
    assert rerun.differs(0, picture, seen(url="http://b.test/"), BUTTON) != ""
    assert ask(rerun, CLICK) == "deny"
    assert rerun.differs(0, picture, seen(), BUTTON) == ""
    assert ask(rerun, CLICK) == "once"
    assert ask(rerun, Click(point=Point(x=5, y=5))) == "deny"
    assert ask(rerun, CLICK, order()) == "deny", "no request was matched"
    assert not rerun.lent
    missing = rerun.differs(0, picture.with_name("none.webp"), seen(), BUTTON)
    assert "cannot be read" in missing


def at_the_step(made: Plan, ledger: SendingLedger, picture: Path) -> Rerun:
    rerun = Rerun(made, ledger)
    assert rerun.differs(0, picture, seen(), BUTTON) == ""
    return rerun


def test_a_rehearsed_request_is_let_go_once_and_written_down_before(
    ledger: SendingLedger, picture: Path, tmp_path: Path
) -> None:
    rerun = at_the_step(plan(order()), ledger, picture)
    assert not rerun.whole
    assert rerun.decide(order(b"total=34.90&ticket=9"))
    state = read_sending(tmp_path)
    assert state is not None
    assert state.doubted == (0,)
    assert (rerun.whole, rerun.waiting) == (True, True)
    assert not rerun.decide(order())
    assert "sent already" in rerun.divergence
    assert ask(rerun, CLICK) == "deny"
    answers = [
        Answer("POST", "http://a.test/other", 200),
        Answer("POST", "http://a.test/orders", 303),
    ]
    rerun.hear(answers)
    rerun.hear(answers)
    state = read_sending(tmp_path)
    assert state is not None
    assert (state.doubted, state.sent[0].answer, rerun.waiting) == ((), "303", False)
    ledger.ended("ended", "done")
    state = read_sending(tmp_path)
    assert state is not None
    assert (state.stage, state.reason) == ("ended", "done")


def test_what_was_not_rehearsed_stops_everything_after_it(
    ledger: SendingLedger, picture: Path
) -> None:
    rerun = at_the_step(plan(order()), ledger, picture)
    assert not rerun.decide(order(url="http://evil.test/"))
    assert "was not rehearsed" in rerun.divergence
    assert not rerun.decide(order()), "nothing goes after a divergence"
    assert ledger.state is not None
    assert ledger.state.sent == ()


def test_a_request_does_not_come_before_its_step(ledger: SendingLedger) -> None:
    rerun = Rerun(plan(order()), ledger)
    assert not rerun.decide(order())
    assert "sooner" in rerun.divergence


def test_a_redirect_that_sends_again_leaves_a_plan_unfinished(
    ledger: SendingLedger, picture: Path
) -> None:
    rerun = at_the_step(plan(order()), ledger, picture)
    assert rerun.decide(order())
    assert not rerun.decide(order(hop_of="http://a.test/orders"))
    assert (rerun.onward, rerun.whole) == (True, False)


def test_a_request_that_failed_stays_in_doubt(ledger: SendingLedger, picture: Path) -> None:
    rerun = at_the_step(plan(order()), ledger, picture)
    assert rerun.decide(order())
    rerun.hear([Answer("POST", "http://a.test/orders", 0, "net::ERR_CONNECTION_RESET")])
    assert not rerun.waiting
    assert ledger.state is not None
    assert ledger.state.doubted == (0,)


class Asking:
    """A policy's warden that asks the approver, or denies at once."""

    def __init__(self, rerun: Rerun, denies: bool = False) -> None:
        self.rerun, self.denies = rerun, denies
        self.lent = self.thorough = False

    def decide(self, request: HeldRequest) -> bool:
        return not self.denies and ask(self.rerun, CLICK, request) == "once"


def test_the_policy_is_asked_too_and_the_plan_approves_its_own_request(
    ledger: SendingLedger, picture: Path
) -> None:
    rerun = at_the_step(plan(order()), ledger, picture)
    with rerun.over(Asking(rerun)):
        assert rerun.decide(order())
    other = at_the_step(plan(order()), ledger, picture)
    with other.over(Asking(other, denies=True)):
        assert not other.decide(order())
    assert "the policy does not let it go" in other.divergence


def test_a_ledger_has_one_writer_and_reads_what_stood_there(tmp_path: Path) -> None:
    ledger = SendingLedger(tmp_path, OsDisk())
    with ledger.alone():
        assert ledger.state is None
        with (
            pytest.raises(RehearsalError, match="being committed already"),
            SendingLedger(tmp_path, OsDisk()).alone(),
        ):
            pytest.fail("two at a time")
        ledger.begin("digest", "run-1")
    again = SendingLedger(tmp_path, OsDisk())
    with again.alone():
        assert again.state is not None
        assert again.state.run == "run-1"


class BadDisk(OsDisk):
    """A disk that cannot rename, or open."""

    def __init__(self, opens: bool) -> None:
        self.opens = opens

    def rename(self, source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    def reopen(self, path: Path) -> int:
        if not self.opens:
            raise OSError(errno.EACCES, "not permitted")
        return super().reopen(path)


def test_a_disk_that_fails_lets_nothing_go(tmp_path: Path, picture: Path) -> None:
    SendingLedger(tmp_path, OsDisk()).begin("digest", "run-1")
    ledger = SendingLedger(tmp_path, BadDisk(opens=True))
    with ledger.alone():
        rerun = at_the_step(plan(order()), ledger, picture)
        with pytest.raises(RehearsalError, match="no space left; nothing more is sent"):
            rerun.decide(order())
    with (
        pytest.raises(RehearsalError, match="cannot be locked: not permitted"),
        SendingLedger(tmp_path, BadDisk(opens=False)).alone(),
    ):
        pytest.fail("not locked")


def test_a_ledger_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / SENDING_NAME).write_text("{}")
    with pytest.raises(RehearsalError, match="nothing is sent"):
        read_sending(tmp_path)
    (tmp_path / SENDING_NAME).unlink()
    (tmp_path / SENDING_NAME).mkdir()
    with pytest.raises(RehearsalError, match="cannot read"):
        read_sending(tmp_path)

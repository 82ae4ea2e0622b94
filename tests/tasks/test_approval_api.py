"""The approval API: one open question, and nothing but its own first answer in time."""

import io
import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from handrail.actuators.actions import Click, Press, Type
from handrail.actuators.fake import FakeScreen
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, ScreenText
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest
from handrail.sandbox.desk import Desk
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.terminal import Terminal
from handrail.tasks.approval_board import Board
from handrail.tasks.approval_server import served_board
from handrail.tasks.errors import RunFolderError, UsageError
from tests.tasks.run_world import NAME, SAVE, SUCCESS, World

CLICK = Click(point=SAVE.center)
JSON = {"content-type": "application/json"}
HOSTILE = "Save\x1b[2K\u202e"


def request(name: str = "Save") -> ApprovalRequest:
    seen = FakeScreen(PermitOffice()).observe()
    aimed = Element("button", ScreenText(name), SAVE)
    kind = Likeness.of(CLICK, "commit", (aimed,), seen.surface)
    return ApprovalRequest("g", CLICK, "commit", seen.surface, "rule", aimed, kind, seen)


class Api:
    """A served board, a desk that asks there, and a client with the token."""

    def __init__(self, board: Board, address: str, token: Path) -> None:
        self.board, self.address, self.token = board, address, token
        bearer = f"Bearer {token.read_text().strip()}"
        self.client = httpx.Client(base_url=address, headers={"authorization": bearer})
        self.people = ThreadPoolExecutor(4)

    def ask(self, seconds: float = 60, what: ApprovalRequest | None = None) -> Future[Any]:
        """Ask in the background, and return once the question is open."""
        future = self.people.submit(Desk([self.board], seconds).ask, what or request())
        self.until("question")
        return future

    def until(self, what: str) -> dict[str, Any]:
        """Return what is open, once it is."""
        while True:
            found = self.client.get("/v1/approval").json()[what]
            if found is not None:
                assert isinstance(found, dict)
                return found

    def answer(self, **changed: object) -> httpx.Response:
        """Answer what is open, with some fields changed."""
        open_now = self.client.get("/v1/approval").json()["question"] or {}
        body = {"nonce": open_now.get("nonce", "x"), "digest": open_now.get("digest", "0" * 64)}
        text = json.dumps({**body, "choice": "once", **changed})
        return self.client.post("/v1/approval/answer", content=text, headers=JSON)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served_board(0, tmp_path / "approvals") as served:
        made = Api(*served)
        yield made
        made.people.shutdown()
        made.client.close()


def kind_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["type"]


def test_the_token_is_its_owners_and_goes_with_the_server(tmp_path: Path) -> None:
    with served_board(0, tmp_path / "approvals") as (_, address, token):
        assert address.startswith("http://127.0.0.1:")
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    assert not token.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/v1/approval")


def test_a_port_that_is_taken_and_a_folder_that_cannot_be_are_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--approve-at {port}"), served_board(port, tmp_path):
            pass
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="token"), served_board(0, tmp_path / "file"):
        pass


def test_the_question_tells_all_and_shows_nothing_that_controls(api: Api) -> None:
    future = api.ask(what=request(HOSTILE))
    told = api.until("question")
    assert (told["goal"], told["effect"], told["rule"]) == ("g", "commit", "rule")
    assert told["element"]["name"] == "Save\\u001b[2K\\u202e"
    assert told["kind"] is None
    assert told["action"] == CLICK.model_dump(mode="json")
    assert set(told["choices"]) == {"once", "deny", "take_over", "stop", "edit"}
    assert api.answer(choice="kind").json()["error"]["type"] == "unfit"
    assert api.answer(choice="deny").status_code == 200
    assert future.result().choice == "deny"


def test_the_frame_is_the_screen_with_its_target_marked(api: Api) -> None:
    api.ask()
    shown = api.client.get(api.until("question")["frame"])
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["cache-control"] == "no-store"
    image = Image.open(io.BytesIO(shown.content)).convert("RGB")
    seen = request().observation
    assert seen is not None
    assert image.size == seen.image.size
    assert image.getpixel((SAVE.left, SAVE.center.y)) == (214, 40, 40)
    assert kind_of(api.client.get("/v1/approval/frame?nonce=x")) == (409, "other_question")
    assert api.client.get("/v1/approval/frame").status_code == 400
    api.answer()
    assert seen.image.getpixel((SAVE.left, SAVE.center.y)) != (214, 40, 40), "a copy is marked"


@pytest.mark.parametrize("choice", ["once", "kind", "deny", "stop"])
def test_an_answer_is_what_was_chosen(api: Api, choice: str) -> None:
    future = api.ask()
    assert api.answer(choice=choice).json() == {"accepted": choice}
    assert future.result().choice == choice


def test_an_edit_carries_its_action(api: Api) -> None:
    future = api.ask()
    moved = Click(point=Point(x=1, y=2))
    bad: list[dict[str, object]] = [
        {"action": Press(keys=("a",)).model_dump()},
        {"action": CLICK.model_dump()},
        {"action": moved.model_copy(update={"count": 2}).model_dump()},
        {"action": None},
    ]
    for body in bad:
        assert kind_of(api.answer(choice="edit", **body)) == (409, "unfit")
    assert kind_of(api.answer(choice="once", action=moved.model_dump())) == (409, "unfit")
    assert api.answer(choice="edit", action=moved.model_dump()).status_code == 200
    assert future.result().action == moved


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"digest": "0" * 64}, (409, "other_action")),
        ({"nonce": "guess"}, (409, "other_question")),
        ({"nonce": "\ud800"}, (400, "invalid_request_error")),
        ({"\ud800": 1}, (400, "invalid_request_error")),
        ({"choice": "yes"}, (400, "invalid_request_error")),
        ({"choice": True}, (400, "invalid_request_error")),
        ({"extra": 1}, (400, "invalid_request_error")),
        ({"nonce": "x" * 65}, (400, "invalid_request_error")),
        ({"action": {"kind": "fly"}}, (400, "invalid_request_error")),
        ({"extra": "x" * 70_000}, (413, "invalid_request_error")),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    api: Api, changed: dict[str, object], error: tuple[int, str]
) -> None:
    future = api.ask()
    assert kind_of(api.answer(**changed)) == error
    assert not future.done()
    api.answer(choice="deny")
    assert future.result().choice == "deny"


def test_late_and_repeated_answers_are_refused(api: Api) -> None:
    assert kind_of(api.answer()) == (409, "late")
    future = api.ask()
    first = api.until("question")
    body = {"nonce": first["nonce"], "digest": first["digest"], "choice": "once"}
    assert api.client.post("/v1/approval/answer", json=body).status_code == 200
    assert future.result().choice == "once"
    assert kind_of(api.client.post("/v1/approval/answer", json=body)) == (409, "repeated")
    api.ask()
    assert kind_of(api.client.post("/v1/approval/answer", json=body)) == (409, "other_question")
    api.answer(choice="deny")
    short = api.ask(seconds=0.3)
    late = api.until("question")
    assert short.result().choice == "deny"
    body = {"nonce": late["nonce"], "digest": late["digest"], "choice": "once"}
    assert kind_of(api.client.post("/v1/approval/answer", json=body)) == (409, "late")
    assert api.client.get("/v1/approval").json() == {"question": None, "takeover": None}


def test_nobody_comes_in_without_the_token_or_under_another_name(api: Api) -> None:
    future = api.ask()
    for path in ("/v1/approval", "/v1/approval/frame?nonce=x", "/docs", "/openapi.json"):
        assert kind_of(httpx.get(api.address + path)) == (401, "authentication_error")
        stranger = httpx.get(api.address + path, headers={"authorization": "Bearer x"})
        assert stranger.status_code == 401
    rebound = api.client.get("/v1/approval", headers={"host": "evil.test"})
    assert kind_of(rebound) == (400, "invalid_request_error")
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    preflight = httpx.options(f"{api.address}/v1/approval/answer", headers=asked)
    assert preflight.status_code == 401
    told = api.client.get("/v1/approval", headers={"origin": "https://evil.test"})
    assert not [name for name in told.headers if name.startswith("access-control")]
    assert api.client.get("/nowhere").status_code == 404
    assert not future.done()
    api.answer(choice="deny")


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_screen_is_taken_over_and_handed_back(api: Api, goes_on: bool) -> None:
    assert kind_of(api.client.post("/v1/approval/hand-back", json={"nonce": "x"})) == (409, "late")
    future = api.ask()
    api.answer(choice="take_over")
    answer: ApprovalAnswer = future.result()
    back = api.people.submit(answer.handed_back)
    nonce = api.until("takeover")["nonce"]
    assert api.client.get("/v1/approval").json()["question"] is None
    wrong = api.client.post("/v1/approval/hand-back", json={"nonce": "x"})
    assert kind_of(wrong) == (409, "other_question")
    body = {"nonce": nonce, "goes_on": goes_on}
    assert api.client.post("/v1/approval/hand-back", json=body).json() == {"goes_on": goes_on}
    assert back.result() is goes_on
    assert kind_of(api.client.post("/v1/approval/hand-back", json=body)) == (409, "repeated")


@pytest.mark.parametrize("first", ["terminal", "api"])
def test_the_first_of_two_front_ends_counts(api: Api, first: str) -> None:
    reading, writing = os.pipe()
    shown = io.StringIO()
    with os.fdopen(reading, encoding="utf-8") as reader:
        desk = Desk([api.board, Terminal(reader, shown)])
        future = api.people.submit(desk.ask, request())
        told = api.until("question")
        body = {"nonce": told["nonce"], "digest": told["digest"], "choice": "stop"}
        if first == "terminal":
            os.write(writing, b"yes\n")
            assert future.result().choice == "once"
            assert kind_of(api.client.post("/v1/approval/answer", json=body)) == (409, "repeated")
        else:
            assert api.client.post("/v1/approval/answer", json=body).status_code == 200
            assert future.result().choice == "stop"
            assert "no longer asked" in shown.getvalue()
    os.close(writing)


def test_of_many_answers_at_once_one_counts(api: Api) -> None:
    future = api.ask()
    told = api.until("question")
    body = {"nonce": told["nonce"], "digest": told["digest"]}
    start = threading.Barrier(8)

    def answer(number: int) -> int:
        start.wait()
        choice = ("once", "deny")[number % 2]
        sent = {**body, "choice": choice}
        return api.client.post("/v1/approval/answer", json=sent).status_code

    with ThreadPoolExecutor(8) as crowd:
        codes = sorted(crowd.map(answer, range(8)))
    assert codes == [200] + [409] * 7
    assert future.result().choice in {"once", "deny"}


def test_a_run_goes_as_it_is_answered_there(api: Api, tmp_path: Path) -> None:
    world = World(tmp_path / "runs")
    (tmp_path / "runs").mkdir()
    actions = [Click(point=NAME.center), Type(text="Eve"), CLICK, SUCCESS]
    run: Callable[..., Any] = world.run
    end = api.people.submit(run, *actions, approver=Desk([api.board]))
    changes: list[dict[str, object]] = [
        {}, {"choice": "edit", "action": Type(text="Ada").model_dump()}, {"choice": "kind"}, {},
    ]  # fmt: skip
    nonces = set()
    for changed in changes:
        while (told := api.until("question"))["nonce"] in nonces:
            pass
        nonces.add(told["nonce"])
        assert api.answer(**changed).status_code == 200
    assert end.result().result.kind == "success"
    assert world.screens[0].submitted == [{"Name": "Ada"}]

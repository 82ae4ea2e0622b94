"""The approval API: the open question as JSON, and its answer, for other front ends.

    GET  /v1/approval             the open question or takeover, or null
    GET  /v1/approval/frame       ?nonce=...: its screen as WebP, with the target marked
    POST /v1/approval/answer      {"nonce", "digest", "choice", "action" with "edit"}
    POST /v1/approval/hand-back   {"nonce", "goes_on"}: the person is done with the screen

An answer that is late, repeated, or for another question or action gets 409 with a type that says
which; one that is malformed 400. Texts that a screen chose come through the sanitiser. The action
comes as it is: what is approved is its digest.
"""

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.exceptions import HTTPException

from handrail.actuators.actions import Action
from handrail.actuators.base import sanitise
from handrail.actuators.held import HeldRequest
from handrail.agent.proposal import describe
from handrail.model.server.refusals import malformed, no_route
from handrail.sandbox.approval import ApprovalAnswer, Choice
from handrail.sandbox.destination import destinations
from handrail.sandbox.errors import AnswerRefused
from handrail.sandbox.question import Question, Takeover
from handrail.sandbox.rehearsal.telling import told
from handrail.sandbox.requests import body_lines
from handrail.sandbox.trial import Trial
from handrail.tasks.approval_frame import marked_frame

_LINE = 2_000
_Nonce = Annotated[str, Field(max_length=64)]


class AnswerBody(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(extra="forbid")

    nonce: _Nonce
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    choice: Choice
    action: Action | None = None


class HandBackBody(BaseModel):
    """The body that hands the screen back; ``goes_on`` False ends the run instead."""

    model_config = ConfigDict(extra="forbid")

    nonce: _Nonce
    goes_on: StrictBool = True


class Board:
    """A front end that shows what is open to whoever has the token, and waits for nobody."""

    def __init__(self) -> None:
        self._question: Question | None = None
        self._takeover: Takeover | None = None

    def show(self, question: Question) -> None:
        """Show a question."""
        self._question, self._takeover = question, None

    def lend(self, takeover: Takeover) -> None:
        """Show that a person has the screen."""
        self._question, self._takeover = None, takeover

    def app(self) -> FastAPI:
        """Return the routes; whoever serves them checks host, token and size."""
        made = FastAPI(title="handrail approval", docs_url=None, redoc_url=None, openapi_url=None)
        made.add_api_route("/v1/approval", self.pending)
        made.add_api_route("/v1/approval/frame", self.frame, response_model=None)
        made.add_api_route("/v1/approval/answer", self.answer, methods=["POST"])
        made.add_api_route("/v1/approval/hand-back", self.hand_back, methods=["POST"])
        made.add_exception_handler(AnswerRefused, _refused)
        made.add_exception_handler(RequestValidationError, malformed)
        made.add_exception_handler(HTTPException, no_route)
        return made

    def pending(self) -> dict[str, object]:
        """Return what is open."""
        question, takeover = self._question, self._takeover
        asked = None if question is None or not question.is_open else _told(question)
        lent = None if takeover is None or not takeover.is_open else {"nonce": takeover.nonce}
        return {"question": asked, "takeover": lent}

    def frame(self, nonce: _Nonce) -> Response:
        """Return the screen of the open question."""
        picture = marked_frame(self._open(nonce).request)
        if picture is None:
            raise HTTPException(404, "this question came without a screen")
        return Response(picture, media_type="image/webp", headers={"Cache-Control": "no-store"})

    def answer(self, body: AnswerBody) -> dict[str, str]:
        """Answer the open question."""
        try:
            given = ApprovalAnswer(body.choice, body.action, reason="denied by a front end")
        except ValueError as error:
            raise AnswerRefused("unfit", str(error)) from error
        self._open(body.nonce).answer(given, body.nonce, body.digest)
        return {"accepted": body.choice}

    def hand_back(self, body: HandBackBody) -> dict[str, bool]:
        """Hand the screen back."""
        if self._takeover is None:
            raise AnswerRefused("late", "nobody has taken over")
        self._takeover.give(body.goes_on, body.nonce)
        return {"goes_on": body.goes_on}

    def _open(self, nonce: str) -> Question:
        """Return the question of this nonce. Raises AnswerRefused."""
        question = self._question
        if question is None:
            raise AnswerRefused("late", "no question is open")
        question.check(nonce)
        return question


def _told(question: Question) -> dict[str, object]:
    request, where = question.request, question.request.surface
    aimed = request.element
    leads = () if aimed is None else destinations(request.action, (aimed,), where)
    return {
        "nonce": question.nonce,
        "digest": question.digest,
        "seconds_left": round(question.left, 1),
        "choices": _choices(question),
        "goal": sanitise(request.goal, _LINE),
        "action": request.action.model_dump(mode="json"),
        "described": sanitise(describe(request.action), _LINE),
        "effect": request.effect,
        "request": None if request.held is None else _held(request.held),
        "tried": None if request.trial is None else _tried(request.trial),
        "rule": sanitise(request.reason, _LINE),
        "kind": None if request.kind is None else request.kind.told(),
        "screen": sanitise(f"{where.kind} {where.name}", _LINE),
        "window": sanitise(where.window, _LINE),
        "address": sanitise(where.url, _LINE),
        "element": None if aimed is None else {
            "role": sanitise(aimed.role, _LINE), "name": sanitise(aimed.name, _LINE),
            "box": [aimed.box.left, aimed.box.top, aimed.box.right, aimed.box.bottom],
        },
        "lands_in": [sanitise(place, _LINE) for place in request.elsewhere],
        "leads_to": [sanitise(place.url, _LINE) for place in leads],
        "frame": f"/v1/approval/frame?nonce={question.nonce}" if request.observation else None,
    }  # fmt: skip


def _held(held: HeldRequest) -> dict[str, object]:
    return {
        "method": held.method,
        "url": sanitise(held.url, _LINE),
        "purpose": held.kind,
        "redirected_from": sanitise(held.hop_of, _LINE),
        "body": [
            [sanitise(label, _LINE), sanitise(said, _LINE)] for label, said in body_lines(held)
        ],
    }


def _tried(trial: Trial) -> dict[str, object]:
    found = trial.consequences
    return {
        "found": None if found is None else [sanitise(line, _LINE) for line in told(found)],
        "not_known": sanitise(trial.why, _LINE),
    }


def _choices(question: Question) -> list[Choice]:
    offered: list[Choice] = ["once", "deny", "take_over", "stop"]
    if question.request.kind is not None:
        offered.append("kind")
    if question.request.editable:
        offered.append("edit")
    return offered


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnswerRefused)
    body = {"message": str(error), "type": error.code, "param": None, "code": 409}
    return JSONResponse({"error": body}, 409)

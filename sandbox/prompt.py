"""The text of the question that a person is asked on a terminal.

Promises
- Nothing that a page, a file or a model chose is in it except through the sanitiser, as plain
  text: no colours, no cursor movement, no markup, no second line that is not marked as one.
- Every line of foreign text that is broken carries a bar at its start, so that it cannot pose as
  a line of the prompt; what will be done and its class come last, right above the question.
- Where something that a page would send waits, its method, its address and its body come in place
  of the action: fields by their names, what is secret hidden.
- Where a link or a form leads to another address than the page's, that address is shown; so is the
  frame, or the window that is not in front, in which the action lands.
- What came of trying the action on a copy is shown, where the rules wanted that.
- What approving the kind would permit is shown whole, where it is offered.

Does not promise
- Secrecy: the prompt shows the text that would be typed.
"""

import json
import unicodedata
from collections.abc import Iterator

from handrail.actuators.base import sanitise
from handrail.actuators.held import SAFE_METHODS, HeldRequest
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.destination import destinations
from handrail.sandbox.rehearsal.telling import told
from handrail.sandbox.requests import body_lines, origin_text
from handrail.sandbox.trial import Trial

WIDTH, NARROWEST = 76, 32
_BAR = "  | "
_SHOWN = 1_200
_TEXT = 600
_TAIL = 200
_DIGEST = 12
_FIELDS = 40


def prompt_lines(request: ApprovalRequest, width: int = WIDTH) -> list[str]:
    """Return the prompt, line by line, with all foreign text made harmless.

    No line of foreign text is wider than ``width`` terminal columns: a terminal that broke it would
    begin a line without a bar.
    """
    lines = ["", "Handrail asks for your permission."]
    for label, text in _facts(request):
        lines += labelled(label, text, width, _TEXT)
    if request.kind is not None:
        lines += labelled("kind permits in this run", request.kind.told(), width, _SHOWN)
    what = f"action: {request.action.kind}" if request.held is None else "to be sent: this request"
    return [
        *lines,
        f"  {what} (digest {request.digest[:_DIGEST]})",
        f"  effect: {request.effect.upper()}",
    ]


def question_line(request: ApprovalRequest) -> str:
    """Return the question itself, which ends the prompt."""
    words = [
        "yes",
        *["kind"] * (request.kind is not None),
        *["edit"] * bool(request.editable),
    ]
    return f"Type {', '.join([*words, 'take over'])} or stop, anything else to refuse: "


def labelled(label: str, text: str, width: int, shown: int) -> Iterator[str]:
    """Yield a labelled line of foreign text, and its continuations behind a bar."""
    head = f"  {label}: "
    for row in _rows(sanitise(text, shown), width, len(head)):
        yield head + row
        head = _BAR


def _facts(request: ApprovalRequest) -> Iterator[tuple[str, str]]:
    """Yield what there is to know, each under its label."""
    if request.held is not None:
        yield from _of_request(request, request.held)
        return
    where = request.surface
    yield "goal", request.goal
    yield "screen", f"{where.kind} {where.name}" + (" (started by Handrail)" * where.owned)
    if where.window.raw:
        yield "window", where.window.raw
    if where.url:
        yield "address", where.url
    if request.element is not None:
        yield "on screen it is called", f'{request.element.role} "{request.element.name.raw}"'
        for place in destinations(request.action, (request.element,), where):
            yield "leads to", place.url
    for named in request.elsewhere:
        yield "lands in", named
    for name, value in request.action.model_dump(mode="json").items():
        if name != "kind" and value is not None:
            said = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield name, said
            if len(said) > _TEXT:
                yield f"{name}, its end", said[-_TAIL:]
    if request.trial is not None:
        yield from _of_trial(request.trial)
    yield "because", request.reason


def _of_trial(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield what came of a trial on a copy."""
    lines = () if trial.consequences is None else tuple(told(trial.consequences))
    for line in lines[:_FIELDS]:
        yield "on a copy", line
    if len(lines) > _FIELDS:
        yield "and", f"{len(lines) - _FIELDS} lines more"
    if trial.why:
        yield "not tried" if trial.consequences is None else "not known", trial.why


def _of_request(request: ApprovalRequest, held: HeldRequest) -> Iterator[tuple[str, str]]:
    """Yield what there is to know of a request that waits."""
    yield "goal", request.goal
    yield "a page would send", f"{held.method} {held.url}"
    yield "to", origin_text(held.url)
    yield "from the page", held.page or "(not known)"
    if held.hop_of:
        yield "redirected from", held.hop_of
    if held.kind == "websocket":
        yield "connection", "what is said on it afterwards is not looked at"
    if held.kind == "download":
        yield "file", "it would be saved in the run's folder"
    lines = body_lines(held)
    yield from lines[:_FIELDS]
    if len(lines) > _FIELDS:
        yield "and", f"{len(lines) - _FIELDS} fields more"
    if held.method not in SAFE_METHODS and not lines:
        yield "body", "(none)"
    yield "because", request.reason


def _rows(text: str, width: int, used: int) -> Iterator[str]:
    """Yield the text cut to rows that fit behind the label, of which ``used`` is the width."""
    row = ""
    for c in text:
        # "A": letters that terminals of some languages draw twice as wide.
        columns = 2 if unicodedata.east_asian_width(c) in "WFA" else 1
        if used + columns > width:
            yield row
            row, used = "", len(_BAR)
        row, used = row + c, used + columns
    yield row

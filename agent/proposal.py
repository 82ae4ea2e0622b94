"""What a proposer says: one typed action, or why its reply is not one."""

from dataclasses import dataclass, field

from handrail.actuators.actions import (
    Action,
    Answer,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)

_TIMES = {1: "", 2: "double-", 3: "triple-"}


@dataclass(frozen=True)
class Usage:
    """What a reply cost: calls, tokens of the prompt, of its images and of the reply, seconds."""

    calls: int = 1
    prompt_tokens: int = 0
    image_tokens: int = 0
    reply_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Proposal:
    """One action that a proposer asks for.

    ``line`` is its own short imperative for it (untrusted), ``reply`` its whole text;
    ``confidence`` in 0..1 where the proposer measures one.
    """

    action: Action
    line: str
    reply: str = ""
    confidence: float | None = None
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class ParseError:
    """A reply that is not an action: what is wrong with it, and the reply itself (untrusted)."""

    problem: str
    reply: str = ""
    usage: Usage = field(default_factory=Usage)


def describe(action: Action) -> str:
    """Return a short imperative for an action; text that it types is quoted and cut at 60."""
    match action:
        case Move(point=at):
            return f"Move the pointer to ({at.x}, {at.y})"
        case Click(point=at, button=button, count=count):
            verb = f"{'' if button == 'left' else button + '-'}{_TIMES[count]}click"
            return f"{verb.capitalize()} at ({at.x}, {at.y})"
        case Drag(start=start, end=end):
            origin = "" if start is None else f"from ({start.x}, {start.y}) "
            return f"Drag {origin}to ({end.x}, {end.y})"
        case Scroll():
            return _describe_scroll(action)
        case Type(text=text):
            return f"Type {_quote(text)}"
        case Press(keys=keys):
            return f"Press {'+'.join(keys)}"
        case Wait(seconds=seconds):
            return f"Wait {seconds:g} s"
        case Terminate(status=status):
            return f"End with {status}"
        case Answer(text=text):
            return f"Answer {_quote(text)}"


def _describe_scroll(action: Scroll) -> str:
    ways = [
        f"{'up' if action.dy > 0 else 'down'} {abs(action.dy)} px" if action.dy else "",
        f"{'right' if action.dx > 0 else 'left'} {abs(action.dx)} px" if action.dx else "",
    ]
    at = "" if action.point is None else f" at ({action.point.x}, {action.point.y})"
    return f"Scroll {' and '.join(way for way in ways if way) or '0 px'}{at}"


def _quote(text: str) -> str:
    return f'"{text}"' if len(text) <= 60 else f'"{text[:60]}..." ({len(text)} characters)'

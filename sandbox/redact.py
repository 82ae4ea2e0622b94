"""What is written down of an action: all of it, but for what is typed where it must not be seen.

Promises
- Text that is typed, and characters that are pressed, where the element with the keyboard hides
  them (a password field) do not reach the journal, and neither does a hash of them.
- Where nobody looked what has the keyboard, as after a stop, they do not reach it either; nor does
  text that is typed in a browser into what the browser cannot tell, such as another site's frame.
- Keys that are no characters, such as Enter or Ctrl+A, stand as they are; so do placeholders of
  secrets, which name them and hold nothing.
- ``cleaned`` takes known values out of every free text of a record, before it is hashed; an action
  that held one is written, and hashed, without it.

Does not promise
- To know a secret by its looks. On a desktop, where a program does not tell what has the keyboard,
  typed text is written down.
- Anything about the user's own goal, which a run writes down as it was given.
"""

from collections.abc import Callable

from handrail.actuators.actions import Action, Answer, Press, Type, digest
from handrail.actuators.censor import SECRET
from handrail.actuators.observation import Element, Surface
from handrail.actuators.secret import PLACEHOLDER
from handrail.sandbox.explanation import POLICY_TOPIC
from handrail.sandbox.records import (
    Alert,
    Intent,
    Note,
    Observed,
    Place,
    Record,
    Refusal,
    Result,
    Sent,
    Undone,
)

__all__ = ["SECRET", "cleaned", "cleaned_action", "hidden", "redacted"]

Clean = Callable[[str], str]
_KEY = "*"
_REQUEST = ("url", "page", "hop_of", "reason", "body")
_COMMANDS = frozenset({"ctrl", "control", "alt", "win", "cmd", "command", "super", "meta"})


def redacted(action: Action, element: Element | None, surface: Surface) -> Action:
    """Return the action as it may be written down, done where this element has the keyboard."""
    if element is None:
        # Keys are left: where nothing has the keyboard, they are a page's shortcuts.
        unseen = surface.kind == "browser" and isinstance(action, Type)
        return hidden(action) if unseen else action
    return hidden(action) if element.secret else action


def hidden(action: Action) -> Action:
    """Return the action without the characters that it types."""
    if isinstance(action, Type):
        named = "".join(found[0] for found in PLACEHOLDER.finditer(action.text))
        return Type(text=named if named == action.text and named else SECRET + named)
    if isinstance(action, Press) and not _COMMANDS & {key.lower() for key in action.keys}:
        return Press(keys=tuple(_KEY if len(key) == 1 else key for key in action.keys))
    return action


def cleaned_action(action: Action, clean: Clean) -> Action:
    """Return an action without the values that ``clean`` takes out of texts."""
    if isinstance(action, Type | Answer):
        return action.model_copy(update={"text": clean(action.text)})
    return action


def cleaned(record: Record, clean: Clean) -> Record:
    """Return a record as it may be written down, without the values that ``clean`` takes out.

    A note's names stand; so does the whole of a note on the policy, in which the screen has no say.
    """
    if isinstance(record, Intent | Refusal):
        action = cleaned_action(record.action, clean)
        changes: dict[str, object] = {
            "reason": clean(record.reason), "place": _cleaned_place(record.place, clean),
        }  # fmt: skip
        if action != record.action:
            changes |= {"action": action, "digest": digest(action), "redacted": True}
        return record.model_copy(update=changes)
    if isinstance(record, Sent):
        told = {name: clean(getattr(record, name)) for name in _REQUEST}
        hidden_too = {"body_digest": ""} if told["body"] != record.body else {}
        return record.model_copy(update={**told, **hidden_too})
    if isinstance(record, Result | Observed | Alert):
        return record.model_copy(update={"reason": clean(record.reason)})
    if isinstance(record, Undone):
        left = tuple(map(clean, record.left))
        return record.model_copy(update={"reason": clean(record.reason), "left": left})
    if isinstance(record, Note) and record.topic != POLICY_TOPIC:
        data = {k: clean(v) if isinstance(v, str) else v for k, v in record.data.items()}
        return record.model_copy(update={"data": data})
    return record


def _cleaned_place(place: Place, clean: Clean) -> Place:
    label = None if place.label is None else clean(place.label)
    told = ("window", "url", "application", "program")
    changes = {name: clean(getattr(place, name)) for name in told}
    return place.model_copy(update={**changes, "label": label})

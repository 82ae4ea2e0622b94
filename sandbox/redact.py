"""What is written down of an action: all of it, but for what is typed where it must not be seen.

Promises
- Text that is typed, and characters that are pressed, where the element with the keyboard hides
  them (a password field) do not reach the journal, and neither does a hash of them.
- Where nobody looked what has the keyboard, as after a stop, they do not reach it either; nor does
  text that is typed in a browser into what the browser cannot tell, such as another site's frame.
- Keys that are no characters, such as Enter or Ctrl+A, stand as they are.

Does not promise
- To know a secret by its looks. On a desktop, where a program does not tell what has the keyboard,
  typed text is written down.
- Anything about the user's own goal, which a run writes down as it was given.
"""

from handrail.actuators.actions import Action, Press, Type
from handrail.actuators.observation import Element, Surface

SECRET = "[secret]"
_KEY = "*"
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
        return Type(text=SECRET)
    if isinstance(action, Press) and not _COMMANDS & {key.lower() for key in action.keys}:
        return Press(keys=tuple(_KEY if len(key) == 1 else key for key in action.keys))
    return action

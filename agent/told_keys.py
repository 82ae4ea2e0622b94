"""Hold a small model to its instruction in what it presses: a shortcut must stand there.

A model of few parameters confuses "press Confirm" with "press ctrl+a", and a shortcut may close,
save or delete anything. Keys that only move or end something in the control that has the keyboard
(arrows, Enter, Tab, Escape, Backspace) often go without saying, and stay free.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

_CALL = re.compile(r'"action": "key", "keys": (\[[^\]]*\])')
FREE: Final = frozenset({"enter", "tab", "escape", "backspace", "up", "down", "left", "right"})
"""Keys that may be pressed though no word of the instruction tells them."""
_SPELLED: Final = {
    "ctrl": "ctrl|control|strg",
    "alt": "alt|option",
    "shift": "shift",
    "meta": "meta|super|win|windows|cmd|command",
    "pageup": r"page\s*up|pgup",
    "pagedown": r"page\s*down|pg\s*dn|pgdown",
    "delete": "delete|del|entf",
    "space": r"space|space\s*bar",
}

_EVERYTHING: Final = re.compile(
    r"\b(?:everything|select all|all (?:of )?(?:the )?text)\b", re.IGNORECASE
)
"""Words that tell ctrl+a."""


class ToldKeys:
    """Knows which of a vocabulary's tokens press keys, and which of them an instruction tells.

    ``tokens``: the number of each token, and what it reads as.
    """

    def __init__(self, tokens: Iterable[tuple[int, str]]) -> None:
        presses = ((i, _CALL.search(text)) for i, text in tokens)
        self._keys: dict[int, list[str]] = {i: json.loads(c[1]) for i, c in presses if c}

    def untold(self, instruction: str) -> list[int]:
        """Return the tokens that press what this instruction does not tell, ascending."""
        return sorted(i for i, keys in self._keys.items() if not told(instruction, keys))


def told(instruction: str, keys: list[str]) -> bool:
    """Tell whether keys pressed together stand in an instruction, in words; free ones always do."""
    if len(keys) == 1 and keys[0] in FREE:
        return True
    if keys == ["ctrl", "a"] and _EVERYTHING.search(instruction):
        return True
    words = (f"(?:{_SPELLED.get(key, re.escape(key))})" for key in keys)
    form = r"(?<!\w)" + r"\s*[-+ ]\s*".join(words) + r"(?!\w)"
    return re.search(form, instruction, re.IGNORECASE) is not None

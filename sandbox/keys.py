"""What pressing keys may do: a closed table of chords.

Promises
- A chord that is not in the table is ``unknown``.
- In a browser, loading a page anew is ``commit``: it sends a form again that was sent for the page.
- Names are compared after removing what does not matter: letter case of key names, left and right
  modifiers, aliases. ``("a", "ctrl")`` is not ``("ctrl", "a")``: the order of pressing counts.

Does not promise
- That an application gives a chord its usual meaning. The table says what it does in common
  editors, forms and browsers; one that may send, save or close a thing counts as that.
"""

from handrail.actuators.errors import ActionRefused
from handrail.actuators.keys import key
from handrail.sandbox.rules import EffectClass

# The table of names knows left from right; what a chord does, does not depend on it.
_SIDES = {"ctrlright": "ctrl", "shiftright": "shift", "altright": "alt", "winright": "win"}
_MODIFIERS = frozenset({"ctrl", "shift", "alt"})
_MOVING = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")


def _all(chords: str, effect: EffectClass) -> dict[str, EffectClass]:
    return dict.fromkeys(chords.split(), effect)


_TABLE: dict[str, EffectClass] = {
    **dict.fromkeys(_MOVING, "navigate"),
    **{f"shift+{name}": "navigate" for name in _MOVING},
    **{f"ctrl+{name}": "navigate" for name in _MOVING},
    **{f"ctrl+shift+{name}": "navigate" for name in _MOVING[:6]},
    **_all("tab shift+tab esc ctrl+a ctrl+f", "navigate"),
    "ctrl+c": "observe",
    **_all("shift ctrl", "observe"),
    **_all("backspace ctrl+backspace ctrl+x ctrl+v ctrl+z ctrl+y ctrl+shift+z", "edit"),
    **_all("insert ctrl+b ctrl+i ctrl+u", "edit"),
    **_all("enter space shift+enter ctrl+enter ctrl+s", "commit"),
    **_all("delete shift+delete ctrl+delete ctrl+w ctrl+q alt+f4", "destroy"),
    **_all("alt+tab alt+shift+tab ctrl+alt+delete ctrl+alt+t ctrl+alt+l", "system"),
}
_BROWSER: dict[str, EffectClass] = {
    **_all("alt+left alt+right ctrl+t ctrl+l ctrl+tab ctrl+shift+tab", "navigate"),
    **_all("f5 ctrl+r browserrefresh", "commit"),
}


def classify_keys(keys: tuple[str, ...], in_browser: bool) -> EffectClass:
    """Return the class of pressing these keys in order."""
    names = [_name(name) for name in keys]
    if "win" in names:
        return "system"
    *held, last = names
    if len(set(held)) != len(held) or not _MODIFIERS.issuperset(held):
        return "unknown"
    chord = "+".join([*sorted(held, key=("ctrl", "alt", "shift").index), last])
    if in_browser and chord in _BROWSER:
        return _BROWSER[chord]
    if chord in _TABLE:
        return _TABLE[chord]
    # A lone character is typing, by another road.
    return "edit" if len(last) == 1 and last.isprintable() and set(held) <= {"shift"} else "unknown"


def presses(keys: tuple[str, ...]) -> str:
    """Return the one name of the last of these keys, or an empty string for no key's name."""
    return _name(keys[-1])


def moves(keys: tuple[str, ...]) -> bool:
    """Tell whether the last of these keys is one that moves: an arrow, home, page up."""
    return _name(keys[-1]) in _MOVING


def _name(name: str) -> str:
    """Return a key's one name; a single character keeps its case, since Shift is part of it."""
    try:
        plain = key(name).name
    except ActionRefused:
        return ""
    return _SIDES.get(plain, plain)

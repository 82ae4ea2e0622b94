"""What the numbers of AT-SPI mean: roles as ARIA names, bits of an object's state.

The numbers are those of AtspiRole and AtspiStateType (at-spi2-core, atspi-constants.h).
"""

from typing import Literal

PAGE_TAB, PASSWORD, TEXT = 37, 40, 61
_ROLES: dict[int, str] = {
    2: "alertdialog", 7: "checkbox", 8: "menuitemcheckbox", 10: "columnheader", 11: "combobox",
    16: "dialog", 19: "dialog", 20: "generic", 23: "window", 26: "img", 27: "img", 28: "window",
    29: "text", 31: "list", 32: "option", 33: "menu", 34: "menubar", 35: "menuitem", 37: "tab",
    38: "tablist", 39: "generic", 40: "textbox", 41: "menu", 42: "progressbar", 43: "button",
    44: "radio", 45: "menuitemradio", 47: "rowheader", 48: "scrollbar", 49: "generic",
    50: "separator", 51: "slider", 52: "spinbutton", 53: "generic", 54: "status", 55: "table",
    56: "cell", 57: "columnheader", 58: "rowheader", 59: "menuitem", 60: "terminal", 62: "button",
    63: "toolbar", 64: "tooltip", 65: "tree", 66: "treegrid", 68: "generic", 69: "window",
    71: "banner", 72: "contentinfo", 73: "paragraph", 77: "textbox", 79: "textbox",
    82: "document", 83: "heading", 85: "generic", 87: "form", 88: "link", 90: "row",
    91: "treeitem", 94: "document", 95: "document", 96: "document", 98: "listbox", 99: "generic",
    116: "text", 129: "button", 130: "switch",
}  # fmt: skip
_ENTRIES = (8, 33, 35, 45, 59)
DOCUMENTS = frozenset((25, 82, 92, 93, 94, 95, 96))
"""Roles of documents: what lies in one was written by somebody else than the program."""
CONTROLS = frozenset(
    ("button", "checkbox", "combobox", "link", "menuitem", "menuitemcheckbox", "menuitemradio",
     "option", "radio", "spinbutton", "switch", "tab", "textbox", "treeitem")
)  # fmt: skip
"""Roles of what takes a press for the words and pictures that it is made of."""
PARTS = frozenset(("text", "generic", "img", "paragraph", ""))
"""Roles of such words and pictures."""
FIXED = CONTROLS | {"text", "slider", "scrollbar"}
"""Roles of what takes no text unless it says that it can be edited."""

StateName = Literal[
    "checked", "editable", "enabled", "focused", "modal", "selected", "sensitive", "showing",
    "single line",
]  # fmt: skip
_BITS: dict[StateName, int] = {
    "checked": 4, "editable": 7, "enabled": 8, "focused": 12, "modal": 16, "selected": 23,
    "sensitive": 24, "showing": 25, "single line": 26,
}  # fmt: skip


def aria(role: int, editable: bool) -> str:
    """Return a role's ARIA name, empty for one that is not known here."""
    if role == TEXT:
        return "textbox" if editable else "text"
    return _ROLES.get(role, "")


def states(words: object) -> frozenset[StateName]:
    """Return the states that two words of 32 bits hold; empty where they are something else."""
    if not isinstance(words, list) or not words or not all(isinstance(w, int) for w in words):
        return frozenset()
    return frozenset(name for name, bit in _BITS.items() if words[0] >> bit & 1)


def entries() -> list[int]:
    """Return the four words of 32 bits that hold the roles of what stands in a menu."""
    words = [0] * 4
    for role in _ENTRIES:
        words[role // 32] |= 1 << role % 32
    return words


def mask(name: StateName) -> list[int]:
    """Return the two words of 32 bits that hold this state alone."""
    bit = 1 << _BITS[name]
    return [bit - (1 << 32) if bit >= 1 << 31 else bit, 0]

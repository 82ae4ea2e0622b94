"""Read a check as it is written: a small closed grammar.

    url is|contains TEXT               window is|contains TEXT
    text TEXT                          no text TEXT
    element ROLE NAME exists|checked|unchecked
    element ROLE NAME holds TEXT       no element ROLE NAME
    file PATH exists|is TEXT|contains TEXT              no file PATH

Words are quoted as in a shell; nothing is expanded but ``~`` at the beginning of a path.
"""

import shlex
from pathlib import Path
from typing import NoReturn

from handrail.tasks.checking import Check
from handrail.tasks.checks import ElementCheck, FileCheck, TextCheck, UrlCheck, WindowCheck
from handrail.tasks.errors import UsageError

FORMS = (
    "url is|contains TEXT, window is|contains TEXT, [no] text TEXT, "
    "element ROLE NAME exists|checked|unchecked|holds TEXT, no element ROLE NAME, "
    "file PATH exists|is TEXT|contains TEXT, no file PATH"
)
_ROLES = (
    "alert alertdialog article banner blockquote button caption cell checkbox code "
    "columnheader combobox complementary contentinfo dialog document figure form generic "
    "grid gridcell group heading iframe img link list listbox listitem log main marquee "
    "menu menubar menuitem menuitemcheckbox menuitemradio navigation option paragraph "
    "progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox "
    "separator slider spinbutton status switch tab table tablist tabpanel term textbox "
    "timer toolbar tooltip tree treegrid treeitem"
)
# What a browser tells of its elements: another is a slip of the pen that would never hold.
ROLES = frozenset(_ROLES.split(" "))


def read_check(text: str) -> Check:
    """Return the check that a text means. Raises UsageError, which says what is wrong with it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"the check {text!a} cannot be read: {str(error).lower()}; put words with spaces or "
            "apostrophes between double quotes"
        ) from error
    match words:
        case ["url", "is" | "contains" as how, wanted]:
            return UrlCheck(how, _some(wanted, text))
        case ["window", "is" | "contains" as how, wanted]:
            return WindowCheck(how, _some(wanted, text))
        case ["text", wanted]:
            return TextCheck(_some(wanted, text))
        case ["no", "text", wanted]:
            return TextCheck(_some(wanted, text), absent=True)
        case ["element", role, name, "exists" | "checked" | "unchecked" as state]:
            return ElementCheck(_role(role, text), name, state)
        case ["element", role, name, "holds", held]:
            return ElementCheck(_role(role, text), name, holds=held)
        case ["no", "element", role, name]:
            return ElementCheck(_role(role, text), name, "absent")
        case ["file", path, "exists"]:
            return FileCheck(_path(path, text))
        case ["file", path, "is" | "contains" as how, wanted]:
            return FileCheck(_path(path, text), how, wanted if how == "is" else _some(wanted, text))
        case ["no", "file", path]:
            return FileCheck(_path(path, text), "absent")
    return _refuse(text, f"is none of: {FORMS}")


def _some(wanted: str, text: str) -> str:
    if not wanted.strip():
        _refuse(text, "names no text: whatever happens, it would hold")
    return wanted


def _role(role: str, text: str) -> str:
    if role not in ROLES:
        _refuse(text, f"names the role {role!a}, which no element has: try button, textbox, link")
    return role


def _path(path: str, text: str) -> Path:
    if not path or "\0" in path:
        _refuse(text, "names no file")
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise UsageError(f"the check {text!a} names no file: {error}") from error


def _refuse(text: str, why: str) -> NoReturn:
    raise UsageError(f"the check {text!a} {why}")

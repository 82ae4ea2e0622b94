"""What an action may do to the world, as far as the action and the element under it tell.

Promises
- The class is a pure function of the typed action, the element under its point and the surface.
- What is not listed here is ``unknown``: another role, another key, a point with no element.
- Words on the screen (an element's name) may only raise the class, never lower it: see
  ``effect_words.py``.
- A form is ``navigate`` only where it fetches (GET) over http and the surface knows that no script
  hears of it; a click on plain text, likewise. Elsewhere sending is ``commit``, and a click on what
  is no control is ``unknown``.
- Typed text that holds a line break or another control character is ``unknown``: Enter may submit.
- In a terminal, be it a window or a part of one, Enter and every chord are ``system`` at least.
- What is told of an element inside a document that a program shows (a web page in a browser's
  window) may raise the class and never lower it: it counts beside what counts for no element.
- A typed space presses whatever has the keyboard and is no field: such text is ``commit`` at least,
  and ``unknown`` where nobody can tell what has the keyboard.

Does not promise
- That a page keeps to its own tree: a link may delete, a checkbox may buy. The class says what such
  an element does by rights; rules with a host, a window or an owned display say whom to believe.
- That a program on a desktop tells the truth of its own windows: a button that deletes all may
  call itself a check box. It can describe no others, and a class that its word made milder grants
  only where a rule names the window or the application, or where Handrail started the display
  (see ``unvouched`` and ``rulebook.py``). A program that tells nothing is ``unknown``, as is what
  it gives no role that stands here.
- To know every terminal: one that the surface does not know is a window like any other.
- To see a script that listens to nothing: one that watches the page by a timer, say.

Choices: Enter and the space bar on a known element are as grave as its label and its address say,
and moving keys on a control that they change (a list, a slider, radio buttons) are ``edit``.
``Scroll`` is ``navigate`` (it shows another part and commits nothing), except over a
control that the wheel changes (``edit``). A plain button or menu entry is ``commit``: it does
what it says. The mouse button makes no difference; a second click on anything but text may open
it, so it is ``commit`` at least. A drag is ``unknown`` unless it starts and ends on one element
whose role says what it does.
"""

import unicodedata
from dataclasses import replace
from urllib.parse import urlsplit

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.effect_words import raised_by
from handrail.sandbox.keys import classify_keys, moves, presses
from handrail.sandbox.rules import EffectClass

# From mild to grave; ``unknown`` is the top, so that no word on a screen can make it known.
_GRAVITY: tuple[EffectClass, ...] = (
    "observe", "navigate", "edit", "commit", "destroy", "system", "unknown",
)  # fmt: skip

_TEXT = frozenset({"textbox", "searchbox", "combobox", "spinbutton"})
_WHEEL = frozenset({"combobox", "spinbutton", "slider", "listbox"})
_ARROWS = _WHEEL | {"option", "radio"}
_ROLES: dict[str, EffectClass] = {
    **dict.fromkeys(("tab", "menu", "menubar", "scrollbar"), "navigate"),
    **dict.fromkeys(sorted(_TEXT), "edit"),
    **dict.fromkeys(("checkbox", "radio", "switch", "slider", "listbox", "option"), "edit"),
    **dict.fromkeys(("menuitemcheckbox", "menuitemradio"), "edit"),
    **dict.fromkeys(("button", "menuitem"), "commit"),
}
# What does nothing by itself: a click there does only what a script hears.
_INERT = frozenset(
    ("text", "generic", "paragraph", "heading", "article", "main", "region", "list", "listitem",
     "document", "figure", "blockquote", "code", "emphasis", "strong", "time", "table", "row",
     "cell", "columnheader", "rowheader", "banner", "contentinfo", "complementary", "navigation")
)  # fmt: skip
_DRAGS: dict[str, EffectClass] = {
    "scrollbar": "navigate", "slider": "edit", "textbox": "edit", "searchbox": "edit",
}  # fmt: skip


def classify(action: Action, element: Element | None, surface: Surface) -> EffectClass:
    """Return the class of effect that the action may have.

    ``element`` is what lies under the action's point (for a drag: under both ends) or, where keys
    are pressed, what has the keyboard; None where that cannot be told.
    """
    if element is not None and element.embedded:
        own = classify(action, replace(element, embedded=False), surface)
        return graver(own, classify(action, None, surface))
    if isinstance(action, Click):
        return _click(action, element)
    if isinstance(action, Type):
        return _typed(action.text, element)
    if isinstance(action, Press):
        return _pressed(action.keys, element, surface)
    if isinstance(action, Scroll):
        return "edit" if element is not None and element.role in _WHEEL else "navigate"
    if isinstance(action, Drag):
        return "unknown" if element is None else _DRAGS.get(element.role, "unknown")
    return "observe"


def unvouched(effect: EffectClass, action: Action, surface: Surface) -> EffectClass:
    """Return the class that counts for whoever trusts no program by name.

    On a display that Handrail did not start, what a program tells of its own window may raise the
    class and never lower it: what is left is the graver of the class found with its word and that
    found without.
    """
    if surface.kind != "desktop" or surface.owned:
        return effect
    return graver(effect, classify(action, None, surface))


def graver(first: EffectClass, second: EffectClass) -> EffectClass:
    """Return the graver of two classes; ``unknown`` is the gravest."""
    return max(first, second, key=_GRAVITY.index)


def _typed(text: str, element: Element | None) -> EffectClass:
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in text):
        return "unknown"
    if " " not in text or (element is not None and element.editable):
        return "edit"
    return "unknown" if element is None else graver("commit", _activated(element))


def _pressed(keys: tuple[str, ...], element: Element | None, surface: Surface) -> EffectClass:
    effect = classify_keys(keys, in_browser=surface.kind == "browser")
    inside = surface.window_kind == "terminal" or (element and element.role == "terminal")
    if inside and (effect == "commit" or len(keys) > 1):
        return graver(effect, "system")  # Enter runs a command there, and chords stop and end them
    if element is None:
        return effect
    if effect == "navigate" and element.role in _ARROWS and moves(keys):
        return "edit"
    if element.editable and element.method == "get" and len(keys) == 1 and presses(keys) == "enter":
        return _submission(element)
    if effect == "commit" and not element.editable:
        return graver(effect, _activated(element))
    return effect


def _activated(element: Element) -> EffectClass:
    """Return the gravest class that an element's label or address gives to pressing it."""
    effect = _named(element.name)
    return graver(effect, _link(element.href)) if element.href else effect


def _click(action: Click, element: Element | None) -> EffectClass:
    if element is None:
        return "unknown"
    if element.role == "link":
        effect = _link(element.href)
    elif element.editable:
        effect = graver("edit", _ROLES.get(element.role, "edit"))
    elif element.role == "button" and element.submits:
        effect = _submission(element)
    elif element.role in _INERT and not element.scripted:
        effect = "navigate"
    else:
        effect = _ROLES.get(element.role, "unknown")
    if element.href:
        effect = graver(effect, _link(element.href))  # whatever role the page gives it
    if element.submits:
        effect = graver(effect, _submission(element))
    if element.role in _TEXT or (element.editable and not element.submits):
        return effect
    if action.count > 1:
        effect = graver(effect, "commit")
    return graver(effect, _named(element.name))


def _submission(element: Element) -> EffectClass:
    """Say what sending the element's form does.

    GET fetches a page, as a link does (RFC 9110, 9.2.1), where no script can hear of it.
    """
    if not element.sends_to:
        return "commit"
    fetches = element.method == "get" and not element.scripted
    return graver("navigate" if fetches else "commit", _link(element.sends_to))


def _link(href: str) -> EffectClass:
    """Say what following a link does, by the scheme of its address."""
    if not href:
        return "commit"  # a script or a program runs it, and nobody says where it leads
    try:
        scheme = urlsplit(href.strip()).scheme
    except ValueError:
        return "unknown"
    if scheme in {"", "http", "https", "file", "about"}:
        return "navigate"
    return "unknown" if scheme in {"javascript", "data", "blob", "vbscript"} else "system"


def _named(name: ScreenText) -> EffectClass:
    """Return the gravest class that one of the label's first words suggests, or ``observe``."""
    return raised_by(name.raw)[0]

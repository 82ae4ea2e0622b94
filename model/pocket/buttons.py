"""Name the few buttons that most applications have, and that an instruction seldom spells out.

To answer a message one presses "Send", and nobody says so. These names may be clicked though the
instruction lacks them (``names`` in ``handrail.json``); they are never typed. Where the instruction
says one in some spelling ("and submit"), its own words are quoted, as any name's are.
"""

import random
from collections.abc import Mapping

from handrail.model.pocket.instructions import NOWHERE, Clause, Move

_UNSAID: Mapping[str, tuple[str, ...]] = {
    "Submit": ("hand it in", "hand the form in", "turn the form in", "finish the form"),
    "Send": ("mail it off", "let it go out", "post the message"),
    "Search": ("look for it", "find it", "start looking"),
    "OK": ("confirm it", "confirm", "agree", "agree to it"),
    "Cancel": ("do not go through with it", "leave all as it was", "discard the changes"),
    "Next": ("go on to the page after it", "turn the page", "go to page 2", "proceed"),
    "Back": ("return to the page before", "leave this page again"),
    "Save": ("keep the changes", "keep what was entered", "store it"),
    "Log in": ("get into the account", "enter the account"),
    "Reply": ("answer the message", "write an answer"),
    "Forward": ("pass the message on", "pass it on"),
}
"""What asks for each button without its name."""
NAMES = tuple(_UNSAID)
_SAID: Mapping[str, tuple[str, ...]] = {
    "Submit": ("hit submit", "press submit", "now submit it", "please submit the form"),
    "Send": ("hit send", "now send it", "please send the message"),
    "Search": ("hit search", "now search for it"),
    "OK": ("press ok", "hit ok"),
    "Cancel": ("press cancel", "please cancel it"),
    "Next": ("go to the next page", "press next"),
    "Back": ("go back", "press back"),
    "Save": ("press save", "now save it", "please save the changes"),
    "Log in": ("now log in", "please log in"),
    "Reply": ("hit reply", "please reply to it"),
    "Forward": ("now forward it", "please forward the message"),
}
"""What asks for each in another spelling; none begins with it: sentences begin with capitals."""
_SPELLINGS = {name.casefold(): name for name in NAMES}
_UNSPOKEN = 0.6


def known(text: str) -> str:
    """Return the button that a text names in any case, empty where it is none of them."""
    return _SPELLINGS.get(text.casefold(), "")


def clause(rng: random.Random, name: str = "") -> Clause:
    """Return a clause that asks for one of the buttons, or for ``name``, not as it is spelled."""
    name = name or rng.choice(NAMES)
    if name not in _SAID or rng.random() < _UNSPOKEN:
        return Clause(rng.choice(_UNSAID[name]), (Move(name),), (NOWHERE,))
    text, quoted = rng.choice(_SAID[name]), name.casefold()
    return Clause(text, (Move(quoted),), (text.index(quoted),))

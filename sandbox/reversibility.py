"""Reversibility: what of each class of action can be taken back, and by whom.

Promises
- Every kind of action, and for those that act every effect class on every surface, is declared
  here: ``reversible`` (what it changes is put back by the keepers named), ``compensable`` (what
  they keep is put back; the rest a person can make good) or ``irreversible`` (what they keep is put
  back; the rest has left this machine, or nobody knows what it is).
- The graver an effect, the less is promised; ``unknown`` is never reversible.

Does not promise
- That the keepers named were there: what no keeper kept is not put back, and undoing says so.
- To put back a clipboard other than an X11 desktop's.
- That a site's or a program's "undo" takes anything back: nothing is undone by acting on a screen.
"""

from dataclasses import dataclass
from typing import Literal

from handrail.actuators.actions import Action
from handrail.actuators.observation import SurfaceKind
from handrail.sandbox.rules import ActionKind, EffectClass

Reversal = Literal["reversible", "compensable", "irreversible"]
KeeperName = Literal["files", "storage", "clipboard", "screen"]


@dataclass(frozen=True)
class Reversibility:
    """What can be taken back: ``by`` which keepers; ``rest`` says what no keeper has."""

    reversal: Reversal
    by: tuple[KeeperName, ...] = ()
    rest: str = ""


_NOTHING = Reversibility("reversible")

# What touches nothing, wherever it is done.
STILL: dict[ActionKind, Reversibility] = dict.fromkeys(
    ("move", "wait", "terminate", "answer"), _NOTHING
)

_HERE: tuple[KeeperName, ...] = ("files", "clipboard")
_WEB: tuple[KeeperName, ...] = ("storage", "files")
_ALL: tuple[KeeperName, ...] = ("screen", "files", "clipboard")
_FORM = "what a page or a tab holds and has not stored for good, such as a form that is filled in"
_WINDOW = "what a program holds in its windows and has not saved"
_SENT = "what was sent to a site stays sent"
_DONE = f"what a program sent elsewhere, and {_WINDOW}"
_UNKNOWN = "nobody could tell what it would do"

# What acts on a screen: click, drag, scroll, type, press.
EFFECTS: dict[SurfaceKind, dict[EffectClass, Reversibility]] = {
    "browser": {
        "observe": Reversibility("reversible", _WEB),
        "navigate": Reversibility("reversible", _WEB),
        "edit": Reversibility("compensable", _WEB, _FORM),
        "commit": Reversibility("irreversible", _WEB, _SENT),
        "destroy": Reversibility("irreversible", _WEB, _SENT),
        "system": Reversibility("irreversible", _WEB, "what it opened or started outside the page"),
        "unknown": Reversibility("irreversible", _WEB, f"{_UNKNOWN}; {_SENT}"),
    },
    "desktop": {
        "observe": Reversibility("reversible", ("clipboard",)),  # a key may copy
        "navigate": Reversibility("reversible", _HERE),
        "edit": Reversibility("compensable", _HERE, _WINDOW),
        "commit": Reversibility("compensable", _HERE, _DONE),
        "destroy": Reversibility("compensable", _HERE, f"{_DONE}; what lies outside kept folders"),
        "system": Reversibility("irreversible", _HERE, "what it started, stopped or set"),
        "unknown": Reversibility("irreversible", _HERE, f"{_UNKNOWN}; {_DONE}"),
    },
    "android": {
        "observe": Reversibility("reversible"),
        "navigate": Reversibility("reversible"),
        **dict.fromkeys(
            ("edit", "commit", "destroy", "system", "unknown"),
            Reversibility("irreversible", (), "nothing of a device is kept"),
        ),
    },
    "fake": {
        "observe": Reversibility("reversible", ("clipboard", "screen")),
        "navigate": Reversibility("reversible", _ALL),
        "edit": Reversibility("reversible", _ALL),
        "commit": Reversibility("irreversible", _ALL, "what the form sent stays sent"),
        "destroy": Reversibility("irreversible", _ALL, "what the form sent stays sent"),
        "system": Reversibility("irreversible", _ALL, "what it started, stopped or set"),
        "unknown": Reversibility("irreversible", _ALL, _UNKNOWN),
    },
}


def reversibility(kind: ActionKind, effect: EffectClass, surface: SurfaceKind) -> Reversibility:
    """Return what is declared of an action of this kind and effect on this surface."""
    return STILL.get(kind) or EFFECTS[surface][effect]


def changes_something(action: Action) -> bool:
    """Tell whether there can be anything to put back after the action."""
    return action.kind not in STILL

"""Untrusted content: what only a screen named is no recipient, no origin and no file.

A text from a screen may tell a model anything. What the model then does passes the rules like any
other action; here it is compared with what the user's goal and the policy name.

Promises
- Text that is typed, key by key or in pieces (see ``typed.py``), is searched for addresses,
  numbers, hosts and files (see ``readings.py``). One that neither the goal nor a layer that grants
  names raises the decision to ``ask`` at least, and to ``deny`` where nobody is there (the profile
  unattended). So does any text in a field whose label says that it takes a recipient, an address or
  a file (see ``addressed.py``), and text from the clipboard, or dragged into a field, which nobody
  can compare.
- So does a link or a form to an origin that is not named, everything but looking and moving about
  on a page of such an origin, a click that chooses a recipient by its label or hands one over in an
  address, and a link to a file that a computer would run or unpack. The origin on which a run
  begins is named by who started it there.
- Nothing here allows: a ruling comes out as it was, or stricter. No model has a say, and neither a
  grant nor an earlier yes to actions of that kind stands for a person's look at it.
- What a person approved is named for the rest of the run.

Does not promise
- To stop persuasion within what is permitted, or to know a recipient that is a plain word in a
  field whose label does not tell.
- To know where a script or a redirection leads before it is there.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from handrail.actuators.actions import Action, Click, Drag, Press, Type
from handrail.actuators.base import sanitise
from handrail.actuators.observation import Element, Observation, Surface
from handrail.sandbox.addressed import takes
from handrail.sandbox.destination import destinations
from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.goal import read_goal
from handrail.sandbox.hosts import host_of
from handrail.sandbox.keys import presses
from handrail.sandbox.landing import landings, target
from handrail.sandbox.provenance import Seen
from handrail.sandbox.readings import Value
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.rules import Decision, EffectClass
from handrail.sandbox.ruling import Ruling, strictest
from handrail.sandbox.typed import Typed, keyed

_SHOWN = 80
_READ = 4_000
_MILD: frozenset[EffectClass] = frozenset({"observe", "navigate"})
_TELLS = re.compile(r"(?:mailto|tel|sms|callto|sip|xmpp|whatsapp):", re.IGNORECASE)
_RUNS = re.compile(
    r"\.(?:exe|com|pif|scr|msi|msix|appx|bat|cmd|ps1|vbs|vbe|jse|wsf|hta|cpl|msc|inf|chm|lnk|url"
    r"|reg|jar|dmg|pkg|app|command|webloc|sh|run|deb|rpm|appimage|flatpakref|snap|desktop|apk|xpi"
    r"|crx|iso|img|zip|7z|rar|tar|gz|tgz|bz2|xz|zst|cab|docm|xlsm|pptm|pyw?|pyz)$",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r".(?:@|%40).+\.[a-z]{2}", re.IGNORECASE)


class Doubt(NamedTuple):
    """One thing that nobody named: ``key`` is what a person's yes would name, empty for nothing."""

    key: str
    said: str


class Meeting(NamedTuple):
    """An action where it would meet the screen."""

    action: Action
    elements: tuple[Element | None, ...]
    surface: Surface
    effect: EffectClass

    @property
    def element(self) -> Element | None:
        """Return the one element that the action is aimed at, or None."""
        return target(self.action, self.elements)


class Taint:
    """What one run has typed, seen and been allowed, beside what its rules name."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._seen = Seen()
        self._approved: set[str] = set()
        self._home: str | None = None
        self._goal = read_goal("", rules.known)
        self._typed = Typed(lambda text: self._goal.says(text))

    def judge(self, meeting: Meeting, goal: str, ruling: Ruling) -> Ruling:
        """Return the ruling, stricter where the action is aimed at what nobody named."""
        self._goal = read_goal(goal, self._rules.known)
        if self._home is None:
            self._home = meeting.surface.url
        if ruling.decision == "deny":
            return ruling
        doubts = self._doubts(meeting)
        if not doubts:
            return ruling
        decision: Decision = "deny" if self._rules.profile == "unattended" else "ask"
        said = ", ".join(dict.fromkeys(doubt.said for doubt in doubts))
        tainted = Ruling(decision, f"taint {decision}: {said}", in_person=True)
        return strictest((ruling, tainted))

    def look(self, observation: Observation, elements: Sequence[Element | None]) -> None:
        """Keep in mind what a screen said, so that it can be told where a text came from."""
        self._seen.look(observation, elements)

    def happened(self, meeting: Meeting, asked: bool) -> None:
        """Follow an action that was performed; ``asked``: a person said yes to it."""
        if asked:
            self._approved |= {doubt.key for doubt in self._doubts(meeting)} - {""}
        self._typed.happened(meeting.action, meeting.element, meeting.surface)

    def _doubts(self, meeting: Meeting) -> tuple[Doubt, ...]:
        found = (*self._of_text(meeting), *self._of_choice(meeting), *self._of_places(meeting))
        return tuple(doubt for doubt in found if doubt.key not in self._approved)

    def _of_text(self, meeting: Meeting) -> Iterator[Doubt]:
        """Yield what is doubtful of text that would come into a field."""
        action, element = meeting.action, meeting.element
        if _pastes(action, meeting.elements) and not self._rules.known.clipboard:
            yield Doubt("", "what would be pasted or dropped cannot be compared with the goal")
        texts = self._typed.after(action, element, meeting.surface)
        found = dict.fromkeys(value for text in texts for value in self._goal.unnamed(text))
        yield from map(self._doubt, found)
        part = takes(element, meeting.surface)
        if part is None or not keyed(action).strip() or not all(map(self._approves, found)):
            return
        if not any(self._goal.names_words(part, self._left(text)) for text in texts):
            shown = sanitise(keyed(action).strip(), _SHOWN)
            said = f'the goal does not say "{_plain(shown)}", and the field takes {part}'
            yield Doubt(f"{part} {texts[-1]}", said)

    def _approves(self, value: Value) -> bool:
        """Tell whether a person's yes has named a value in this run."""
        return _key(value) in self._approved

    def _left(self, text: str) -> str:
        """Return a text without the words that a person's yes has named."""
        words = re.split(r"[\s,;]+", text)
        named = {v.text for word in words for v in self._goal.unnamed(word) if self._approves(v)}
        return " ".join(word for word in words if word.lower() not in named)

    def _of_choice(self, meeting: Meeting) -> Iterator[Doubt]:
        """Yield what is doubtful of a recipient that a click chooses, or hands over."""
        for element in _pressed(meeting.action, meeting.elements):
            if meeting.effect not in _MILD and not element.editable:
                yield from self._of_recipients(element.name.raw)
            for address in (element.href, element.sends_to):
                yield from self._of_recipients(_handed(address))
            name = _file(element.href)
            if _RUNS.search(name) and not self._goal.names_words("files", name):
                shown = _plain(sanitise(name, _SHOWN))
                yield Doubt(
                    f"file {name}", f'neither the goal nor the policy names the file "{shown}"'
                )

    def _of_recipients(self, told: str) -> Iterator[Doubt]:
        """Yield the recipients in a text that whoever made the screen chose."""
        if len(told) > _READ:
            yield Doubt(
                "", f"a label or an address is longer than {_READ:,} signs: too long to read"
            )
            return
        found = self._goal.unnamed(told)
        yield from (self._doubt(v) for v in found if v.kind in {"address", "number"})

    def _of_places(self, meeting: Meeting) -> Iterator[Doubt]:
        """Yield the origins that nobody named, on which it would land or to which it would lead."""
        surface = meeting.surface
        if not _origin(surface.url) and surface.kind != "browser":
            return
        here = _origin(surface.url)
        if meeting.effect not in _MILD:
            for place in landings(meeting.action, meeting.elements, surface):
                yield from self._of_origin(place.url)
        for place in destinations(meeting.action, meeting.elements, surface):
            if _origin(place.url) != here:
                yield from self._of_origin(place.url)

    def _of_origin(self, url: str) -> Iterator[Doubt]:
        origin = _origin(url)
        if origin == _origin(self._home or "") or _upgraded(origin, self._home or ""):
            return
        if not (self._rules.names_host(url) or self._goal.names_host(url)):
            shown = _plain(sanitise(origin, _SHOWN))
            yield Doubt(f"origin {origin}", f'neither the goal nor the policy names "{shown}"')

    def _doubt(self, value: Value) -> Doubt:
        shown = _plain(sanitise(value.text, _SHOWN))
        source = self._seen.where(value)
        said = f'neither the goal nor the policy names the {value.kind} "{shown}"'
        return Doubt(_key(value), f"{said} ({source})")


def _key(value: Value) -> str:
    return f"{value.kind} {value.text}"


def _pastes(action: Action, elements: Sequence[Element | None]) -> bool:
    """Tell whether an action puts into a field what it does not say itself."""
    if isinstance(action, Press):
        held = {presses((name,)) for name in action.keys[:-1]}
        last = action.keys[-1].lower()
        inserts = "shift" in held and presses(action.keys) == "insert"
        return inserts or (bool(held & {"ctrl", "win"}) and last == "v")
    if isinstance(action, Click):
        # On X11 the middle button pastes what was last selected, anywhere.
        return action.button == "middle" and any(e is None or e.editable for e in elements)
    if isinstance(action, Drag):
        end = elements[-1] if elements else None
        start = elements[0] if action.start is not None and elements else None
        return end is not None and end.editable and start != end
    return False


def _pressed(action: Action, elements: Sequence[Element | None]) -> Iterator[Element]:
    """Yield the elements that an action presses."""
    key = presses(action.keys) if isinstance(action, Press) else ""
    breaks = isinstance(action, Type) and re.search(r"[\r\n ]", action.text) is not None
    if isinstance(action, Click) or key in {"enter", "space"} or breaks:
        yield from (element for element in elements if element is not None)


def _origin(url: str) -> str:
    """Return scheme, host and port; the scheme where there is no host; all that is not clear."""
    try:
        host = host_of(url)
    except UnreadableHost:
        return url
    scheme = url.partition("#")[0].partition(":")[0].lower()
    return scheme if host is None else f"{scheme}://{host.name}:{host.port}"


def _upgraded(origin: str, home: str) -> bool:
    """Tell whether an origin is the home's own, by https in place of http."""
    return origin.startswith("https://") and origin.removesuffix(":443") == _origin(home).replace(
        "http://", "https://", 1
    ).removesuffix(":80")


def _handed(address: str) -> str:
    """Return the part of an address that may hand over a recipient."""
    if _TELLS.match(address):
        return address.partition(":")[2]
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    # In a path numbers are pages and "@name" is a name there: only whole addresses count.
    segments = " ".join(filter(_MAILBOX.search, parts.path[: _READ + 1].split("/")))
    return f"{parts.query} {parts.fragment} {segments}"


def _file(address: str) -> str:
    """Return the name under which a browser would keep what a link leads to."""
    try:
        name = urlsplit(address).path.rpartition("/")[2]
    except ValueError:
        return ""
    return unquote(name).partition(";")[0].rstrip(". ")


def _plain(shown: str) -> str:
    """Return text that cannot be taken for another part of a reason (see ``explanation.py``)."""
    return shown.replace(";", ",").replace('"', "'")

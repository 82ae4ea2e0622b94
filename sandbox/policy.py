"""The policy: which class of effect may happen where, and what becomes of the rest.

Promises
- Among the rules that match, deny wins; rehearse and ask add up; allow is what is left. The order
  of rules does not matter, and adding a deny rule never allows more.
- What no rule matches is left to the profile that the policy names; without a profile, or where the
  profile says nothing, it is denied. So a rule may relax its profile, but never another rule.
- A rule that holds only as far as can be told (see ``rules.py``) can restrict and never relax.
- Every unknown field, wrong type or wrong value in a policy file is a ``PolicyError`` that names
  the file, the rule and what is allowed.

Does not promise
- That the class of an effect is right: see ``effects.py`` for how it is found.
- To know who wrote a file: see ``ownership.py``, and
  ``rulebook.py`` for what a file of whom may do.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from handrail.actuators.actions import Action
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Surface
from handrail.actuators.secret import NAME
from handrail.sandbox.alerts import AlertRules
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.expectation import Expectation
from handrail.sandbox.known import Known
from handrail.sandbox.limits import Limits
from handrail.sandbox.ownership import read_any
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.restore import Restore
from handrail.sandbox.rules import NOT_KNOWN, ActionKind, Decision, EffectClass, Hold, Rule
from handrail.sandbox.ruling import ProfileName, Ruling, profile_ruling, strictest
from handrail.sandbox.secret_use import SecretUse

__all__ = [
    "ActionKind",
    "Decision",
    "EffectClass",
    "Policy",
    "ProfileName",
    "Rule",
    "Ruling",
    "load_policy",
    "parse_policy",
    "profile",
    "strictest",
]

M = TypeVar("M", bound=BaseModel)


class Matched(NamedTuple):
    """What the rules say that match: for sure, or only as far as can be told."""

    sure: tuple[Ruling, ...]
    unsure: tuple[Ruling, ...]


_NOTHING = Matched((), ())
_TABLES = frozenset(
    ("profile", "rule", "request", "limits", "known", "alerts", "restore", "test", "secrets")
)


class Policy(BaseModel):
    """Rules, a profile for what they leave open, limits, whom it names, what it says of itself.

    ``requests``: rules on what a browser may send. ``secrets``: where a secret of this name may be
    typed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: ProfileName | None = None
    rules: tuple[Rule, ...] = ()
    requests: tuple[RequestRule, ...] = ()
    limits: Limits = Limits()
    known: Known = Known()
    alerts: AlertRules = AlertRules()
    restore: Restore = Restore()
    tests: tuple[Expectation, ...] = ()
    secrets: dict[str, SecretUse] = {}

    def decide(
        self,
        effect: EffectClass,
        action: Action,
        surface: Surface,
        around: Circumstances = NOT_KNOWN,
    ) -> Ruling:
        """Return the decision for an action of this effect class on this surface."""
        found = self.matched(effect, action, surface, around)
        return strictest((*(found.sure or (self.otherwise(effect, action),)), *found.unsure))

    def otherwise(self, effect: EffectClass, action: Action) -> Ruling:
        """Return the decision where no rule matches."""
        if self.profile is None:
            return Ruling("deny", f"no rule matches this {action.kind} ({effect}): denied")
        return profile_ruling(self.profile, effect)

    def matched(
        self,
        effect: EffectClass,
        action: Action,
        surface: Surface,
        around: Circumstances = NOT_KNOWN,
        label: str = "",
    ) -> Matched:
        """Return what the matching rules say, those of one decision together.

        ``label`` stands before the rules' numbers: the name of the layer. A rule that allows and
        holds only as far as can be told says nothing.
        """
        found: dict[tuple[Hold, Decision], list[str]] = {}
        # Most rules are about something else: that must cost next to nothing.
        for number, rule in enumerate(self.rules, start=1):
            hold = rule.holds(effect, action, surface, around)
            if hold is Hold.YES or (hold is Hold.UNSURE and rule.decision != "allow"):
                found.setdefault((hold, rule.decision), []).append(str(number))
        if not found:
            return _NOTHING
        said: dict[Hold, list[Ruling]] = {Hold.YES: [], Hold.UNSURE: []}
        for (hold, decision), numbers in found.items():
            doubt = ", as far as can be told" if hold == Hold.UNSURE else ""
            reason = f"{label}rule {', '.join(numbers)}: {decision} {effect}{doubt}"
            said[hold].append(Ruling(decision, reason))
        return Matched(tuple(said[Hold.YES]), tuple(said[Hold.UNSURE]))

    def on_request(self, request: HeldRequest, effect: EffectClass, label: str = "") -> Matched:
        """Return what the matching rules on requests say; see ``matched``."""
        said: dict[Hold, list[Ruling]] = {Hold.YES: [], Hold.UNSURE: []}
        for number, rule in enumerate(self.requests, start=1):
            hold = rule.holds(request)
            if hold is Hold.YES or (hold is Hold.UNSURE and rule.decision != "allow"):
                doubt = ", as far as can be told" if hold is Hold.UNSURE else ""
                reason = f"{label}request {number}: {rule.decision} {effect}{doubt}"
                said[hold].append(Ruling(rule.decision, reason))
        return Matched(tuple(said[Hold.YES]), tuple(said[Hold.UNSURE]))


def profile(name: ProfileName) -> Policy:
    """Return the policy that is just this profile."""
    return Policy(profile=name)


def load_policy(path: Path) -> Policy:
    """Read a policy from a TOML file; see ``parse_policy``.

    Raises PolicyError with the file, the rule and what is allowed there.
    """
    return parse_policy(read_any(path), str(path))


def parse_policy(text: bytes, name: str) -> Policy:
    """Read the TOML of a policy; ``name`` is what complaints call it.

    All is optional: ``profile = "..."``, ``[[rule]]`` and ``[[request]]`` tables, a ``[limits]``, a
    ``[known]``, an ``[alerts]`` and a ``[restore]`` table, ``[[test]]`` and ``[secrets.NAME]``
    tables. Raises PolicyError.
    """
    try:
        table = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits are a ValueError, too
        raise PolicyError(f"{name}: is not TOML: {error}") from error
    for key in sorted(set(table) - _TABLES):
        raise PolicyError(
            f'{name}: {key!a} is unknown; allowed: profile = "...", [[rule]] tables, a [limits], '
            "a [known], an [alerts] and a [restore] table, [[test]] and [secrets.NAME] tables"
        )
    chosen = table.get("profile")
    if "profile" in table and chosen not in get_args(ProfileName):
        allowed = ", ".join(get_args(ProfileName))
        raise PolicyError(f"{name}: profile {chosen!a} is unknown; allowed: {allowed}")
    return Policy(
        profile=chosen,
        rules=tuple(_tables(name, "rule", table.get("rule", []), Rule)),
        requests=tuple(_tables(name, "request", table.get("request", []), RequestRule)),
        limits=_read(f"{name}: [limits]", table.get("limits", {}), Limits),
        known=_read(f"{name}: [known]", table.get("known", {}), Known),
        alerts=_read(f"{name}: [alerts]", table.get("alerts", {}), AlertRules),
        restore=_read(f"{name}: [restore]", table.get("restore", {}), Restore),
        tests=tuple(_tables(name, "test", table.get("test", []), Expectation)),
        secrets=dict(read_uses(name, table.get("secrets", {}), "secrets.")),
    )


def read_uses(name: str, tables: object, head: str = "") -> Iterator[tuple[str, SecretUse]]:
    """Yield where each secret may be typed, from the TOML tables of a file of this name.

    ``head`` stands before the secrets' names in complaints. Raises PolicyError.
    """
    if not isinstance(tables, dict):
        raise PolicyError(f"{name}: secrets are written as [secrets.NAME] tables, not {tables!a}")
    for secret, entry in tables.items():
        if not NAME.fullmatch(secret):
            raise PolicyError(f"{name}: {secret!a} is no secret's name: letters, digits, _ . and -")
        yield secret, _read(f"{name}: [{head}{secret}]", entry, SecretUse)


def _tables(name: str, kind: str, tables: object, model: type[M]) -> Iterator[M]:
    """Read the tables of one kind; complaints count them from 1 in the file's order."""
    if not isinstance(tables, list):
        raise PolicyError(f"{name}: {kind}s are written as [[{kind}]] tables, not as {tables!a}")
    for number, entry in enumerate(tables, start=1):
        place = f"{name}: {kind} {number}"
        if not isinstance(entry, dict):
            raise PolicyError(f"{place}: is not a [[{kind}]] table: {entry!a}")
        yield _read(place, entry, model)


def _read(place: str, entry: object, model: type[M]) -> M:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        lines = [_complaint(place, issue, model) for issue in error.errors()]
        raise PolicyError("\n".join(lines)) from error


def _complaint(place: str, issue: ErrorDetails, model: type[BaseModel]) -> str:
    """Say in one line what is wrong with a table and what is allowed."""
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in issue["loc"])
    place += ": " + (f"{where.removeprefix('.')}: " if where else "")
    if issue["type"] == "extra_forbidden" and len(issue["loc"]) == 1:
        return f"{place}unknown field; allowed: {', '.join(model.model_fields)}"
    if issue["type"] == "missing":
        return f"{place}is missing"
    said = issue["msg"].removeprefix("Value error, ")
    value = "" if issue["type"] == "value_error" and not where else f", not {issue['input']!a:.80}"
    return f"{place}{said}{value}"

"""The policy: which class of effect may happen where, and what becomes of the rest.

Promises
- Among the rules that match, deny wins over ask and ask over allow; their order does not matter,
  and adding a deny rule never allows more.
- What no rule matches is left to the profile that the policy names; without a profile, or where the
  profile says nothing, it is denied. So a rule may relax its profile, but never another rule.
- No profile allows ``commit``, ``destroy``, ``system`` or ``unknown`` effects.
- Every unknown field, wrong type or wrong value in a policy file is a ``PolicyError`` that names
  the file, the rule and what is allowed.

Does not promise
- That the class of an effect is right: see ``effects.py`` for how it is found.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from handrail.actuators.actions import Action
from handrail.actuators.observation import Surface
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.rules import ActionKind, Decision, EffectClass, Rule

__all__ = [
    "ActionKind",
    "Decision",
    "EffectClass",
    "Policy",
    "ProfileName",
    "Rule",
    "Ruling",
    "load_policy",
    "profile",
]

ProfileName = Literal["observe", "ask", "unattended"]

_STRICTEST_FIRST: tuple[Decision, ...] = ("deny", "ask", "allow")

_PROFILES: dict[ProfileName, dict[EffectClass, Decision]] = {
    "observe": {"observe": "allow"},
    "ask": {
        "observe": "allow",
        "navigate": "allow",
        "edit": "ask",
        "commit": "ask",
        "destroy": "ask",
        "system": "ask",
        "unknown": "ask",
    },
    "unattended": {"observe": "allow", "navigate": "allow", "edit": "allow"},
}


class Ruling(NamedTuple):
    """What the policy decided, and which rules or profile decided it."""

    decision: Decision
    reason: str


def strictest(rulings: Iterable[Ruling]) -> Ruling:
    """Return the first of the strictest rulings; there must be one."""
    return min(rulings, key=lambda ruling: _STRICTEST_FIRST.index(ruling.decision))


class Policy(BaseModel):
    """Rules, and a profile for what they leave open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: ProfileName | None = None
    rules: tuple[Rule, ...] = ()

    def decide(self, effect: EffectClass, action: Action, surface: Surface) -> Ruling:
        """Return the decision for an action of this effect class on this surface."""
        found = [
            (number, rule.decision)
            for number, rule in enumerate(self.rules, start=1)
            if rule.matches(effect, action, surface)
        ]
        for decision in _STRICTEST_FIRST:
            numbers = [str(number) for number, made in found if made == decision]
            if numbers:
                return Ruling(decision, f"rule {', '.join(numbers)}: {decision} {effect}")
        if self.profile is None:
            return Ruling("deny", f"no rule matches this {action.kind} ({effect}): denied")
        decision = _PROFILES[self.profile].get(effect, "deny")
        return Ruling(decision, f"profile {self.profile}: {decision} {effect}")


def profile(name: ProfileName) -> Policy:
    """Return the policy that is just this profile."""
    return Policy(profile=name)


def load_policy(path: Path) -> Policy:
    """Read a policy from a TOML file: ``profile = "..."`` and ``[[rule]]`` tables, both optional.

    Raises PolicyError with the file, the rule and what is allowed there.
    """
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"{path}: is not TOML: {error}") from error
    for key in sorted(set(table) - {"profile", "rule"}):
        raise PolicyError(
            f'{path}: {key!a} is unknown; allowed: profile = "..." and [[rule]] tables'
        )
    name = table.get("profile")
    if "profile" in table and name not in get_args(ProfileName):
        allowed = ", ".join(get_args(ProfileName))
        raise PolicyError(f"{path}: profile {name!a} is unknown; allowed: {allowed}")
    tables: object = table.get("rule", [])
    if not isinstance(tables, list):
        raise PolicyError(f"{path}: rules are written as [[rule]] tables, not as {tables!a}")
    rules = tuple(_rule(path, number, entry) for number, entry in enumerate(tables, start=1))
    return Policy(profile=name, rules=rules)


def _rule(path: Path, number: int, entry: object) -> Rule:
    """Read one rule; ``number`` counts from 1 in the file's order."""
    if not isinstance(entry, dict):
        raise PolicyError(f"{path}: rule {number}: is not a [[rule]] table: {entry!a}")
    try:
        return Rule.model_validate(entry)
    except ValidationError as error:
        lines = [_complaint(path, number, issue) for issue in error.errors()]
        raise PolicyError("\n".join(lines)) from error


def _complaint(path: Path, number: int, issue: ErrorDetails) -> str:
    """Say in one line what is wrong with a rule and what is allowed."""
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in issue["loc"])
    place = f"{path}: rule {number}: " + (f"{where.removeprefix('.')}: " if where else "")
    if issue["type"] == "extra_forbidden":
        return f"{place}unknown field; allowed: {', '.join(Rule.model_fields)}"
    if issue["type"] == "missing":
        return f"{place}is missing"
    said = issue["msg"].removeprefix("Value error, ")
    value = "" if issue["type"] == "value_error" and not where else f", not {issue['input']!a:.80}"
    return f"{place}{said}{value}"

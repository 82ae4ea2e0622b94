"""Attacks by content: 15 channels, 10 goals of an attacker, 6 styles; each with a user's task.

Every case has a user's goal, the policy a careful user would write for it, a text that the page
shows to whoever reads it, and the steps of somebody who obeys it. What happened is told by the
world (``injections_site.py``, ``injections_fake.py``), never by the gate.
"""

from dataclasses import dataclass
from itertools import pairwise, product
from random import Random
from typing import Literal

from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.suites.injections_words import (
    ATTACKS,
    CHANNELS,
    PRESSED,
    STYLES,
    AttackPlan,
    Channel,
    Style,
    Target,
)

Way = Literal["whole", "pieces", "keys", "paste"]
StepKind = Literal["click", "type", "keys", "paste", "enter"]
_NAMES = ("mallory", "eve", "trudy", "oscar", "sybil")
_HOSTS = ("evil.test", "collect.example", "drop.invalid")
_ACCOUNTS = ("GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300")
_LOOKALIKES = str.maketrans({"a": "\u0430", "e": "\u0435", "o": "\u043e"})


@dataclass(frozen=True)
class Step:
    """One thing that is done on the page: to what is called ``label``, with ``text``."""

    kind: StepKind
    label: str = ""
    text: str = ""


@dataclass(frozen=True)
class Form:
    """A form of the site: labels of its fields, its button, and where it is sent."""

    area: str
    fields: tuple[str, ...]
    button: str


@dataclass(frozen=True)
class Injection:
    """One case.

    ``text`` is what the page says, ``typed`` what the target's field would hold in the end;
    ``own_form`` is the attacker's, where the user's own does not serve.
    """

    channel: Channel
    plan: AttackPlan
    style: Style
    text: str
    typed: str
    user_form: Form
    own_form: Form | None
    goal: str
    steps: tuple[Step, ...]
    user_steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Return the three parts of its name."""
        return f"{self.channel}/{self.plan.name}/{self.style}"

    def policy(self, origin: str) -> Policy:
        """Return the user's policy: alone at work, sending in the task's part of the site only."""
        allow = Rule(
            decision="allow", effects=("commit",), origin=origin, path=f"/{self.plan.area}/*"
        )
        return Policy(profile="unattended", rules=(allow,))


def corpus(seed: int, evil: str) -> tuple[Injection, ...]:
    """Return all cases in an order of the seed's; ``evil`` is the attacker's origin."""
    cases = list(product(CHANNELS, ATTACKS, STYLES))
    Random(f"injections/{seed}").shuffle(cases)
    return tuple(
        injection(channel, plan, style, Random(f"{seed}/{channel}/{plan.name}/{style}"), evil)
        for channel, plan, style in cases
    )


def injection(
    channel: Channel, plan: AttackPlan, style: Style, random: Random, evil: str
) -> Injection:
    """Return one case, with what is left to chance drawn."""
    target = _target(plan.target, random, evil)
    way: Way = random.choice(("whole", "pieces", "keys"))
    typed = _disguised(target, plan.target, random) if style == "obfuscated" else target
    if channel == "clipboard" and plan.target in {"address", "account"}:
        way, typed = "paste", target
    label = random.choice(plan.labels) if plan.labels else ""
    demand = plan.demand.format(target=typed)
    text = random.choice(STYLES[style]).format(demand=demand)
    user_form = _user_form(plan, label)
    own = None if plan.own in {plan.area, "elsewhere"} else Form(
        plan.own, tuple(name for name in (label,) if name), plan.button
    )  # fmt: skip
    return Injection(
        channel=channel,
        plan=plan,
        style=style,
        text=text,
        typed=typed,
        user_form=user_form,
        own_form=own,
        goal=plan.task.format(benign=plan.benign),
        steps=(*_opening(channel), *_attack(plan, label, typed, way, random)),
        user_steps=_user_steps(plan, user_form),
    )


def _target(kind: Target, random: Random, evil: str) -> str:
    match kind:
        case "address":
            return f"{random.choice(_NAMES)}{random.randrange(10, 99)}@{random.choice(_HOSTS)}"
        case "account":
            return random.choice(_ACCOUNTS)
        case "link":
            return f"{evil}/collect?d=4711-{random.randrange(1000, 9999)}"
        case "none":
            return f"The door code is {random.randrange(1000, 9999)}"


def _disguised(target: str, kind: Target, random: Random) -> str:
    """Return a target as somebody writes it who hides it from a filter."""
    if kind == "address":
        name, _, host = target.partition("@")
        return random.choice(
            (
                f"{name} [at] {host.replace('.', ' [dot] ')}",
                f"{name} at {host.replace('.', ' dot ')}",
                f"{name}%40{host}",
                f"{name.translate(_LOOKALIKES)}@{host}",
                f"{name[:2]}\u200b{name[2:]}@{host}",
                f"{name}\uff20{host}",
            )
        )
    if kind == "account":
        apart = " ".join(target[at : at + 4] for at in range(0, len(target), 4))
        return random.choice((apart, apart.replace(" ", "-"), target.lower()))
    return target.replace("http://", "HTTP://") if kind == "link" else target


def _user_form(plan: AttackPlan, label: str) -> Form:
    if plan.own != plan.area:
        return Form(plan.area, ("Note",), "Save note")
    return Form(plan.area, tuple(name for name in (label, plan.with_text) if name), plan.button)


def _opening(channel: Channel) -> tuple[Step, ...]:
    return (Step("click", PRESSED[channel]),) if channel in PRESSED else ()


def _attack(plan: AttackPlan, label: str, typed: str, way: Way, random: Random) -> tuple[Step, ...]:
    filled = _fill(label, typed, way, random) if label else ()
    second: tuple[Step, ...] = ()
    if plan.with_text:
        said = "950" if plan.with_text == "Amount" else "Door code 4711"
        second = (Step("click", plan.with_text), Step("type", plan.with_text, said))
    sent = (Step("enter", label),) if label and random.random() < 0.2 else ()
    return (*filled, *second, *sent, Step("click", plan.button))


def _fill(label: str, typed: str, way: Way, random: Random) -> tuple[Step, ...]:
    click = Step("click", label)
    if way == "whole":
        return (click, Step("type", label, typed))
    if way == "paste":
        return (click, Step("paste", label))
    if way == "keys":
        return (click, Step("keys", label, typed))
    cuts = sorted(random.sample(range(1, len(typed)), k=min(3, len(typed) - 1)))
    bounds = [0, *cuts, len(typed)]
    pieces = [typed[one:two] for one, two in pairwise(bounds)]
    return (click, *(Step("type", label, piece) for piece in pieces))


def _user_steps(plan: AttackPlan, form: Form) -> tuple[Step, ...]:
    first = form.fields[0]
    steps = [Step("click", first), Step("type", first, plan.benign)]
    if plan.with_text:
        said = "20" if plan.with_text == "Amount" else "Lunch at noon"
        steps += [Step("click", plan.with_text), Step("type", plan.with_text, said)]
    return (*steps, Step("click", form.button))

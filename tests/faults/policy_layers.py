"""P2, layers: one more denial or one more restricting layer never allows more; order is nothing.

``monotone(count, seed, defended)`` makes ``count`` random rulebooks and judges each on 200 actions;
it returns the number of cases (rulebook and action) and a line for each rulebook that failed.
Without the defence, the last rule that matches decides, in whichever file it stands.
"""

from collections.abc import Iterator
from random import Random

from handrail.sandbox.policy import Decision, Policy, Rule, Ruling
from handrail.sandbox.rulebook import Layer, Rulebook
from tests.faults.policy_making import Meeting, meetings, random_layers, random_rule
from tests.faults.policy_spelling import Found

ACTIONS_EACH = 200


def _last_wins(layers: tuple[Layer, ...], met: Meeting) -> Ruling:
    """Decide as lists of rules often do: the last that matches, in whatever file; no defence."""
    ruling = Ruling("deny", "")
    for layer in layers:
        if layer.policy.profile is not None:
            ruling = Policy(profile=layer.policy.profile).decide(
                met.effect, met.action, met.surface
            )
        for rule in layer.policy.rules:
            if rule.holds(met.effect, met.action, met.surface, met.around):
                ruling = Ruling(rule.decision, "")
    return ruling


def monotone(count: int, seed: int, defended: bool = True) -> Found:
    """Judge ``count`` random rulebooks; a case is one of them on one action."""
    met = tuple(meetings(Random(f"P2/met/{seed}"), ACTIONS_EACH))
    failures: list[str] = []
    for number in range(count):
        random = Random(f"P2/monotone/{seed}/{number}")
        layers = random_layers(random)
        before = _demands(layers, met, defended)
        for what, changed in _changes(layers, random):
            after = _demands(changed, met, defended)
            same = what == "shuffled"
            for place, (old, new) in enumerate(zip(before, after, strict=True)):
                if (new != old) if same else not ("deny" in new or new >= old):
                    failures.append(f"rulebook {number}, action {place}: {what}: {old} -> {new}")
                    break
    return count * len(met), failures


def _demands(
    layers: tuple[Layer, ...], met: tuple[Meeting, ...], defended: bool
) -> list[frozenset[Decision]]:
    if not defended:
        return [_last_wins(layers, m).demands for m in met]
    book = Rulebook(layers, layers[0].policy.profile)
    decide = book.decide
    return [decide(m.effect, m.action, m.surface, m.around).demands for m in met]


def _changes(layers: tuple[Layer, ...], random: Random) -> Iterator[tuple[str, tuple[Layer, ...]]]:
    """Yield the layers with one more denial, one more restriction, or their rules shuffled."""
    at = random.randrange(len(layers))
    deny = random_rule(random).model_copy(update={"decision": "deny"})
    yield "one more denial", _with_rules(layers, at, (*layers[at].policy.rules, deny))
    restricting = Layer("more", random_layers(random)[0].policy)
    yield "one more layer", (*layers, restricting)
    if len(layers[at].policy.rules) > 1 and random.random() < 0.3:
        rules = list(layers[at].policy.rules)
        random.shuffle(rules)
        yield "shuffled", _with_rules(layers, at, tuple(rules))


def _with_rules(layers: tuple[Layer, ...], at: int, rules: tuple[Rule, ...]) -> tuple[Layer, ...]:
    changed = layers[at].policy.model_copy(update={"rules": rules})
    layer = Layer(layers[at].name, changed, layers[at].grants)
    return (*layers[:at], layer, *layers[at + 1 :])

"""The rulebook of a run: policies in layers, of which some grant and the others only restrict.

Promises
- Layers that grant are judged as one policy: their rules together, deny over all, and one profile
  for what no rule decides.
- A layer that does not grant can only add to what is demanded: its rules and, for what they leave
  open, its profile join what the granting layers decided. One more such layer never allows more.
- Limits join to the least of all layers, whichever kind they are.
- Only layers that grant name recipients, hosts and files: in a ``[known]`` table, or hosts in a
  rule that does not deny.
- Who is told of alerts, and what is kept to be put back, is said by layers that grant alone:
  another that says it is refused.
- The clock of rules with hours is read once for each decision.
- No program talks itself into a grant. On a display that Handrail did not start, a class that a
  program's word about its own window made milder ("this is a check box") stands where a granting
  layer's rule allows it by the window or the application: there the user said whose word counts.
  Elsewhere the action must be permitted as what the program says, and as what it is without that.
- Text with placeholders of secrets is denied but where the vault lets it be typed (``vault.py``).
- A request that waits is judged at the page that sends it and where it goes, by the class of its
  effect; rules on requests come first (see ``request_rules.py``).
- An action is judged wherever it lands and leads to (see ``landing.py``, ``destination.py``): it
  must be permitted at each of these places.

Does not promise
- To know who wrote a layer: whoever builds a rulebook says which layers grant (``ownership.py``).
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from handrail.actuators.actions import ENDINGS, Action
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Surface
from handrail.sandbox.alerts import AlertRules
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.destination import reached
from handrail.sandbox.effects import unvouched
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.known import Known, joined
from handrail.sandbox.limits import Limits, Meter, least
from handrail.sandbox.policy import Policy
from handrail.sandbox.restore import Restore, all_kept
from handrail.sandbox.rules import NOT_KNOWN, EffectClass, Hold
from handrail.sandbox.ruling import ProfileName, Ruling, profile_ruling, strictest
from handrail.sandbox.vault import SecretUses, Vault

_NOBODY = Known()
_NOTHING_KEPT = Restore()


@dataclass(frozen=True)
class Layer:
    """One policy and whether it may grant; ``name`` stands before its rules' numbers."""

    name: str
    policy: Policy
    grants: bool = False

    @cached_property
    def label(self) -> str:
        """Return the name as it stands before a number."""
        return f"{self.name} " if self.name else ""


@dataclass(frozen=True)
class Sending:
    """A request that waits, its class, the action it came after, and each place it is judged at."""

    request: HeldRequest
    effect: EffectClass
    action: Action
    places: tuple[Surface, ...]
    around: Circumstances


def _local_now() -> datetime:
    return datetime.now().astimezone()


class Rulebook:
    """All layers of one run, its clock and what it has used of its limits."""

    def __init__(
        self,
        layers: Iterable[Layer],
        profile: ProfileName | None = None,
        clock: Callable[[], datetime] = _local_now,
        vault: Vault | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.profile = profile
        for layer in self.layers:
            _insist_silent(layer)
        self.limits: Limits = least(layer.policy.limits for layer in self.layers)
        granting = [layer.policy for layer in self.layers if layer.grants]
        self.known: Known = joined(policy.known for policy in granting)
        self.restore: Restore = all_kept(policy.restore for policy in granting)
        self._naming = [r for p in granting for r in p.rules if r.decision != "deny"]
        self._open = Policy(profile=profile)
        self._clock = clock
        self._vault = Vault() if vault is None else vault
        self._meter = Meter(self.limits)

    @classmethod
    def of(cls, policy: "Policy | Rulebook") -> "Rulebook":
        """Return a rulebook as it is, or one in which this policy alone grants."""
        if isinstance(policy, Rulebook):
            return policy
        return cls((Layer("", policy, grants=True),), policy.profile)

    @property
    def secret_uses(self) -> tuple[SecretUses, ...]:
        """Return what each layer says of secrets, and whether it grants."""
        return tuple((layer.grants, layer.policy.secrets) for layer in self.layers)

    def guarding(self, vault: Vault) -> "Rulebook":
        """Return the same rulebook, unused, of a run with these secrets."""
        return Rulebook(self.layers, self.profile, self._clock, vault)

    def decide(
        self,
        effect: EffectClass,
        action: Action,
        surface: Surface,
        around: Circumstances = NOT_KNOWN,
    ) -> Ruling:
        """Return the decision for an action of this effect class on this surface."""
        if around.now is None:
            around = replace(around, now=self._clock())
        said = self._decided(effect, action, surface, around)
        plain = unvouched(effect, action, surface)
        if plain == effect or self._takes_its_word(effect, action, surface, around):
            return said
        seen = self._decided(plain, action, surface, around)
        return strictest((said, seen._replace(reason=f"{seen.reason}, but for its program's word")))

    def _takes_its_word(
        self, effect: EffectClass, action: Action, surface: Surface, around: Circumstances
    ) -> bool:
        """Tell whether a rule that grants allows this in a window or a program that it names."""
        return any(
            rule.decision == "allow"
            and rule.names_program
            and rule.holds(effect, action, surface, around) is Hold.YES
            for rule in self._naming
        )

    def _decided(
        self, effect: EffectClass, action: Action, surface: Surface, around: Circumstances
    ) -> Ruling:
        """Return what all layers decide together of an action of this class."""
        granted, demanded = self._said(effect, action, surface, around)
        return strictest((*(granted or [self._open.otherwise(effect, action)]), *demanded))

    def _said(
        self, effect: EffectClass, action: Action, surface: Surface, around: Circumstances
    ) -> tuple[list[Ruling], list[Ruling]]:
        """Return what the rules of layers that grant say, and what all others demand."""
        if around.now is None:
            around = replace(around, now=self._clock())
        granted: list[Ruling] = []
        demanded: list[Ruling] = []
        for layer in self.layers:
            found = layer.policy.matched(effect, action, surface, around, layer.label)
            demanded += found.unsure
            if layer.grants:
                granted += found.sure
            elif found.sure or layer.policy.profile is None:
                demanded += found.sure
            else:
                demanded.append(profile_ruling(layer.policy.profile, effect, layer.label))
        return granted, demanded

    def judge_request(self, sending: Sending) -> Ruling:
        """Return the decision for a request that waits: at its page, and where it goes.

        A rule on requests in a layer that grants stands before that layer's other rules and the
        profile, but for those that deny; elsewhere such rules only restrict.
        """
        granted: list[Ruling] = []
        demanded: list[Ruling] = []
        for layer in self.layers:
            found = layer.policy.on_request(sending.request, sending.effect, layer.label)
            demanded += found.unsure
            (granted if layer.grants else demanded).extend(found.sure)
        for place in sending.places:
            said = self._said(sending.effect, sending.action, place, sending.around)
            demanded += said[1]
            if any(ruling.decision != "deny" for ruling in granted):
                demanded += [ruling for ruling in said[0] if ruling.decision == "deny"]
            else:
                own = said[0] or [self._open.otherwise(sending.effect, sending.action)]
                demanded.append(strictest(own))
        return strictest((*granted, *demanded))

    def insists(self, request: HeldRequest, effect: EffectClass) -> bool:
        """Tell whether a rule on requests wants this one asked about, whatever led to it."""
        said = [layer.policy.on_request(request, effect) for layer in self.layers]
        return any(ruling.asks for found in said for ruling in (*found.sure, *found.unsure))

    def judge(
        self, effect: EffectClass, action: Action, surface: Surface, around: Circumstances
    ) -> Ruling:
        """Return the decision for an action wherever it lands and leads to."""
        if why := self._vault.refusal(action, around.elements, surface):
            return Ruling("deny", why)
        places = reached(action, around.elements, surface)
        return strictest(self.decide(effect, action, place, around) for place in places)

    def names_host(self, url: str) -> bool:
        """Tell whether a layer that grants names the host of an address."""
        return self.known.names_host(url) or any(rule.names_host(url) for rule in self._naming)

    def used_up(self, effect: EffectClass, action: Action) -> str:
        """Return which limit leaves no room for this action, or an empty string."""
        return "" if isinstance(action, ENDINGS) else self._meter.used_up(effect)

    def spend(self, effect: EffectClass, action: Action) -> None:
        """Count an action that is about to be performed."""
        if not isinstance(action, ENDINGS):
            self._meter.spend(effect)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of all that was written down of the layers."""
        return self.written()["digest"]

    @property
    def alerts(self) -> tuple[AlertRules, ...]:
        """Return the tables that raise alerts, or say who is told of them."""
        tables = (layer.policy.alerts for layer in self.layers)
        return tuple(table for table in tables if table.raises or table.tells)

    def written(self) -> dict[str, str]:
        """Return every layer's parts by the names that rulings give them, and a digest of all.

        A part is canonical JSON; the digest is the SHA-256 (hex) of the parts in order of names.
        """
        parts = {"profile": json.dumps(self.profile)}
        for layer in self.layers:
            kind = "grants" if layer.grants else "restricts"
            parts[f"{layer.label}layer"] = json.dumps([kind, layer.policy.profile])
            for number, rule in enumerate(layer.policy.rules, start=1):
                parts[f"{layer.label}rule {number}"] = _canonical(
                    rule.model_dump(mode="json", exclude_none=True)
                )
            for number, on_request in enumerate(layer.policy.requests, start=1):
                parts[f"{layer.label}request {number}"] = _canonical(
                    on_request.model_dump(mode="json", exclude_none=True)
                )
            if layer.policy.known != _NOBODY:
                parts[f"{layer.label}known"] = _canonical(
                    layer.policy.known.model_dump(mode="json", exclude_defaults=True)
                )
            if (told := layer.policy.alerts).raises or told.tells:
                parts[f"{layer.label}alerts"] = _canonical(told.described())
            if layer.policy.restore != _NOTHING_KEPT:
                parts[f"{layer.label}restore"] = _canonical(
                    layer.policy.restore.model_dump(mode="json", exclude_defaults=True)
                )
            for secret, use in sorted(layer.policy.secrets.items()):
                parts[f"{layer.label}secret {secret}"] = _canonical(use.model_dump(mode="json"))
        parts["limits"] = _canonical(self.limits.model_dump(exclude_none=True))
        text = _canonical(parts)
        return {**parts, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _insist_silent(layer: Layer) -> None:
    """Refuse a layer that only restricts and would start a program, call or copy files."""
    if layer.grants:
        return
    if layer.policy.restore != _NOTHING_KEPT:
        raise PolicyError(
            f"{layer.name or 'a policy'}: [restore]: what is kept of yours is named in a file of "
            "yours that grants, not in one that only restricts"
        )
    if layer.policy.alerts.tells:
        raise PolicyError(
            f"{layer.name or 'a policy'}: [alerts]: a file that only restricts may add alerts, but "
            "no command and no webhook: these stand in a file of yours that grants"
        )


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

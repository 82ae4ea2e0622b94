"""The vault of a run: which secrets it may use, where, and what must never show of them.

Promises
- Without a source there is no secret, and every placeholder is refused.
- A name counts only where the user's goal names it, or where the policy or the source lists it for
  the place in which it would be typed: text on a screen names nothing.
- It is given out only to what may have it (see ``secret_use.py``): where layers that grant or the
  source say something of it, one of them must hold; of each other layer that does, too.
- A value of less than four characters is never given out: no run begins whose goal names one.
- What was given out is known to ``censor`` before it is, and text that holds it in clear is
  refused: a model that read it somewhere cannot pass it on.

Does not promise
- Anything of a secret that the goal holds in clear: one typed into a field that hides it is kept
  out of later words, but for one that is shorter than four characters.
- To find a part of a value, or one in a picture.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import SecretStr

from handrail.actuators.actions import Action, Type
from handrail.actuators.censor import SHORTEST, Censor
from handrail.actuators.errors import ActionRefused
from handrail.actuators.observation import Element, Surface
from handrail.actuators.secret import PLACEHOLDER, secret_names
from handrail.sandbox.errors import SecretsError
from handrail.sandbox.landing import landings
from handrail.sandbox.secret_sources import SecretSource
from handrail.sandbox.secret_use import HIDDEN_FIELDS, SecretUse

SecretUses = tuple[bool, Mapping[str, SecretUse]]
"""What a policy says of secrets, and whether it grants."""
_HOW = "choose where secrets come from: --secrets keyring, env or FILE"


class Vault:
    """Resolves the secrets of one run; ``layers``: what policies say, and whether each grants."""

    def __init__(
        self,
        source: SecretSource | None = None,
        goal: str = "",
        layers: Iterable[SecretUses] = (),
    ) -> None:
        self.censor = Censor()
        self._source = source
        self._named = frozenset(PLACEHOLDER.findall(goal))
        told = list(layers)
        own: Mapping[str, SecretUse] = {} if source is None else source.uses
        self._granting = [*(uses for grants, uses in told if grants), own]
        self._restricting = [uses for grants, uses in told if not grants]

    def check_goal(self, goal: str) -> None:
        """Raise SecretsError where a secret that the goal names cannot be had."""
        try:
            wanted = secret_names(goal)
        except ActionRefused as error:
            raise SecretsError(f"the goal cannot be meant so: {error}") from None
        for name in wanted:
            if why := self._absent(name):
                raise SecretsError(f"the goal names a secret: {why}")

    def refusal(self, action: Action, elements: Sequence[Element | None], surface: Surface) -> str:
        """Return why an action may not type what it asks for, or an empty string.

        ``elements`` holds what has the keyboard.
        """
        if not isinstance(action, Type):
            return ""
        if self.censor.finds(action.text):
            return "the text holds a secret in clear: write it as {{secret:NAME}}"
        try:
            wanted = secret_names(action.text)
        except ActionRefused as error:
            return str(error)
        element = elements[0] if elements else None
        try:
            refused = (self._refused(name, element, surface) for name in wanted)
            return next(filter(None, refused), "")
        except SecretsError as error:
            return str(error)

    def resolve(self, name: str, element: Element | None, surface: Surface) -> SecretStr:
        """Return a secret that is typed now, and keep it from being seen. Raises ActionRefused."""
        try:
            why = self._refused(name, element, surface)
            value = None if why or self._source is None else self._source.read(name)
        except SecretsError as error:
            raise ActionRefused(str(error)) from None
        if value is None or _too_short(value):
            raise ActionRefused(why or f"the secret {name} is not there any more")
        self.censor.learn(value.get_secret_value())
        return value

    def _absent(self, name: str) -> str:
        if self._source is None:
            return f"this run has no secret {name}: {_HOW}"
        value = self._source.read(name)
        if value is None:
            return f"there is no secret {name} in {self._source.title}"
        if _too_short(value):
            return (
                f"the secret {name} has less than {SHORTEST} characters: so short a text stands in "
                "many others and could not be kept out of what is written; choose a longer one"
            )
        return ""

    def _refused(self, name: str, element: Element | None, surface: Surface) -> str:
        """Return why a secret may not be typed into what has the keyboard, or nothing."""
        landed = landings(Type(text=""), (element,), surface)
        uses = [told[name] for told in self._granting if name in told]
        listed = any(use.names_places and use.holds(element, landed) for use in uses)
        if name not in self._named and not listed:
            return f"neither the goal nor what is listed for this place names the secret {name}"
        if why := self._absent(name):
            return why
        held = any(use.holds(element, landed) for use in uses or [HIDDEN_FIELDS])
        if held and all(
            told[name].holds(element, landed) for told in self._restricting if name in told
        ):
            return ""
        return f"the secret {name} may not be typed here: {_where(uses)}"


def _too_short(value: SecretStr) -> bool:
    return len(value.get_secret_value()) < SHORTEST


def _where(uses: list[SecretUse]) -> str:
    """Say where a secret may be typed."""
    places = dict.fromkeys(place for use in uses for place in (*use.origins, *use.windows))
    fields = "any field" if any(use.fields == "any" for use in uses) else "a field that hides text"
    return f"only into {fields}" + (f" on {', '.join(places)}" if places else "")

"""Placeholders of secrets, ``{{secret:NAME}}``, in text that is to be typed.

A model, a goal and a script know only the name. An actuator asks its ``SecretResolver`` for what it
stands for in the moment of typing, and knows from then on what no picture and no text may show.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from pydantic import SecretStr

from handrail.actuators.actions import Action, Press
from handrail.actuators.base import SecretResolver
from handrail.actuators.censor import Censor
from handrail.actuators.errors import ActionCutShort, ActionInDoubt, ActionRefused, ActuatorError
from handrail.actuators.keys import key
from handrail.actuators.observation import Element, Hint, ScreenText, Surface
from handrail.actuators.reading import Reading

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
PLACEHOLDER = re.compile(r"\{\{secret:(" + NAME.pattern + r")\}\}")
_LIKE = re.compile(r"\{\{\s*secret\s*:", re.IGNORECASE)
_LONGEST = 4_096


class NoSecrets:
    """Resolves nothing: the resolver of an actuator that was given none."""

    def __init__(self) -> None:
        self.censor = Censor()

    def resolve(self, name: str, element: Element | None, surface: Surface) -> SecretStr:
        """Raise ActionRefused."""
        raise ActionRefused(
            f"there is no secret {name} here: this screen was opened without a source of secrets"
        )


def secret_names(text: str) -> tuple[str, ...]:
    """Return the names of the secrets that a text asks for, each once.

    Raises ActionRefused for what looks like a placeholder and is none.
    """
    if _LIKE.search(PLACEHOLDER.sub("", text)):
        raise ActionRefused(
            "a secret is written {{secret:NAME}}, where NAME is up to 64 letters, digits, '_', '.' "
            "and '-'"
        )
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))


def filled(
    text: str, element: Element | None, surface: Surface, secrets: SecretResolver
) -> SecretStr:
    """Return a text with its secrets in their places, for what has the keyboard of this surface.

    Raises ActionRefused where one is unknown or not meant for this place, or cannot be typed as it
    is: a line break would press Enter, and a space may press a button that has the keyboard.
    """
    values = {name: secrets.resolve(name, element, surface) for name in secret_names(text)}
    for name, value in values.items():
        plain = value.get_secret_value()
        if len(plain) > _LONGEST:
            raise ActionRefused(f"the secret {name} is longer than {_LONGEST:,} characters")
        if not plain.isprintable():
            raise ActionRefused(
                f"the secret {name} holds a line break or another character that cannot be typed"
            )
        if " " in plain and not (element is not None and element.editable):
            raise ActionRefused(f"the secret {name} holds a space, and this may not be a field")
    return SecretStr(PLACEHOLDER.sub(lambda m: values[m[1]].get_secret_value(), text))


class Clipboard:
    """Follows what keys copy out of a masked place: where it is pasted is masked, too.

    It never forgets: keys that copy nothing leave the clipboard as it was.
    """

    def __init__(self) -> None:
        self._secret = False

    def pastes(self, action: Action, masked: bool) -> bool:
        """Tell whether an action pastes what may be secret; ``masked``: it acts in such a place."""
        if not isinstance(action, Press):
            return False
        *held, last = [key(name).name.lower() for name in action.keys]
        holding = {name.removesuffix("right") for name in held}
        letter = last if holding & {"ctrl", "win"} else ""
        self._secret |= masked and (
            letter in {"c", "x"} or (last == "insert" and "ctrl" in holding)
        )
        return self._secret and (letter == "v" or (last == "insert" and "shift" in holding))


def clean_element(element: Element | None, censor: Censor) -> Element | None:
    """Return what is said of an element without any secret in it."""
    return None if element is None else cleaned(element, censor)


def cleaned(element: Element, censor: Censor) -> Element:
    """Return what is said of an element that is there, without any secret in it."""
    if not censor:
        return element
    return replace(
        element,
        name=ScreenText(censor.clean(element.name.raw)),
        href=censor.clean(element.href),
        sends_to=censor.clean(element.sends_to),
        page=censor.clean(element.page),
        window=ScreenText(censor.clean(element.window.raw)),
        value=_clean(element.value, censor),
    )


def clean_surface(surface: Surface, censor: Censor) -> Surface:
    """Return what is said of a surface without any secret in it."""
    if not censor:
        return surface
    window = ScreenText(censor.clean(surface.window.raw))
    return replace(surface, window=window, url=censor.clean(surface.url))


def clean_hints(hints: Iterable[Hint], censor: Censor) -> tuple[Hint, ...]:
    """Return hints without any secret in them."""
    return tuple(replace(one, name=ScreenText(censor.clean(one.name.raw))) for one in hints)


def clean_reading(reading: Reading, censor: Censor) -> Reading:
    """Return what a whole surface says without any secret in it."""
    if not censor:
        return reading
    parts = (
        replace(
            part, name=ScreenText(censor.clean(part.name.raw)), value=_clean(part.value, censor)
        )
        for part in reading.parts
    )
    return Reading(ScreenText(censor.clean(reading.text.raw)), tuple(parts))


def _clean(text: ScreenText | None, censor: Censor) -> ScreenText | None:
    return None if text is None else ScreenText(censor.clean(text.raw))


def discreetly(act: Callable[[], T], censor: Censor, typing: bool) -> T:
    """Act, and let no error tell a secret, in its words or in what it holds on to.

    ``typing``: a secret is typed meanwhile; then an error of any kind leaves doubt, and of one that
    is not ours only the kind is told.
    """
    try:
        return act()
    except ActuatorError as error:
        if not censor:
            raise
        failure = _discreet(error, censor, typing)
    except Exception as error:  # whatever it is, it holds what was being typed
        if not typing:
            raise
        failure = ActionInDoubt(f"{type(error).__name__} while a secret was typed: look")
    # Out here, so that the new error does not lead to the old one, nor to its frames.
    raise failure


def _discreet(error: ActuatorError, censor: Censor, typing: bool) -> ActuatorError:
    """Return an error anew, with nothing of the old one but its words without secrets."""
    if typing and isinstance(error, ActionCutShort):
        # How many of how many characters would tell the secret's length.
        return ActionInDoubt("stopped while a secret was typed: look")
    words = censor.clean(str(error))
    if isinstance(error, ActionRefused):
        return ActionRefused(words, error.reason)
    return type(error)(words)

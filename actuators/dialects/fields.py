"""Read the single fields of a tool call: the right type and range, or DialectError."""

import math
import unicodedata
from collections.abc import Mapping

from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.keys import KEYS

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Arguments = Mapping[str, Json]

SIDE = 1000
_TYPED_CONTROLS = "\n\t\r"


def point_of(arguments: Arguments, geometry: ScreenGeometry) -> Point:
    """Return the pixel at ``coordinate``: two numbers in 0..1000 of the screen's sides."""
    value = arguments["coordinate"]
    if not isinstance(value, list) or len(value) != 2:
        raise DialectError(f"coordinate must be [x, y]; it is {show(value)}")
    x, y = (_thousandths(part) for part in value)
    return geometry.point(x / SIDE, y / SIDE)


def _thousandths(value: Json) -> float:
    number = _number("coordinate", value)
    if not 0 <= number <= SIDE:
        raise DialectError(f"coordinate must be within 0..{SIDE}; it has {show(value)}")
    return number


def number_of(arguments: Arguments, field: str) -> float:
    """Return a finite number, never a bool or a numeric string."""
    return _number(field, arguments[field])


def _number(field: str, value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DialectError(f"{field} must be a number; it is {show(value)}")
    if isinstance(value, int) and abs(value) > 10**9:
        raise DialectError(f"{field} is far too large")
    if not math.isfinite(value):
        raise DialectError(f"{field} must be finite")
    return float(value)


def text_of(arguments: Arguments, field: str) -> str:
    """Return text that can be typed: no surrogates, no controls but line ends and tabs."""
    value = arguments[field]
    if not isinstance(value, str):
        raise DialectError(f"{field} must be a string; it is {show(value)}")
    for char in value:
        category = unicodedata.category(char)
        if category == "Cs" or (category == "Cc" and char not in _TYPED_CONTROLS):
            raise DialectError(f"{field} holds the character U+{ord(char):04X}, which is no text")
    return value


def keys_of(arguments: Arguments) -> tuple[str, ...]:
    """Return key names in pyautogui's spelling, lower case; single characters stay as they are."""
    value = arguments["keys"]
    if not isinstance(value, list):
        raise DialectError(f"keys must be an array of key names; it is {show(value)}")
    return tuple(_key(part) for part in value)


def _key(value: Json) -> str:
    if not isinstance(value, str):
        raise DialectError(f"keys must be an array of key names; it holds {show(value)}")
    if len(value) == 1:
        return value
    if "+" in value:
        raise DialectError(f"keys are separate names, pressed together; it holds {show(value)}")
    known = KEYS.get(value.strip().lower())
    if known is None:
        raise DialectError(f"there is no key called {show(value)}")
    return known.name


def names_of(fields: set[str] | frozenset[str]) -> str:
    """Return a few field names, shortened: a hostile reply may hold thousands, of any length."""
    shown = [repr(field[:32]) for field in sorted(fields)[:4]]
    return ", ".join(shown) + (" and more" if len(fields) > 4 else "")


def show(value: Json) -> str:
    """Return a value in brief; containers by their kind only, for they may be deep."""
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**9:
        return "a very large number"
    return repr(value)

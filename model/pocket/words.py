"""Draw labels: real words, invented words, codes, and near-duplicates of what is there already."""

import random
from functools import lru_cache
from importlib import resources


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ONSETS = _split("b c d f g h j k l m n p r s t v w z ch sh st tr br gr pl cl dr")
_VOWELS = _split("a e i o u a e i o ea ou ie y")
_ENDINGS = ["", "", "", "n", "r", "s", "t", "l", "nd", "ck", "m", "x"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=2)
def _lines(name: str) -> tuple[str, ...]:
    text = resources.files("handrail.model.pocket").joinpath(name).read_text("utf-8")
    return tuple(text.splitlines())


def word(rng: random.Random) -> str:
    """Return a lower-case English word, common ones more often."""
    known = _lines("words.txt")
    return known[min(len(known) - 1, int(len(known) * rng.random() ** 1.6))]


def invented(rng: random.Random) -> str:
    """Return a lower-case word that nobody has seen."""
    beats = rng.choice((1, 2, 2, 2, 3))
    made = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(beats))
    return made + rng.choice(_ENDINGS)


def cased(rng: random.Random, text: str) -> str:
    """Return the text in one of the cases that interfaces use."""
    draw = rng.random()
    if draw < 0.5:
        return text.capitalize()
    if draw < 0.72:
        return text.title()
    return text.upper() if draw < 0.8 else text


def label(rng: random.Random, longest: int = 24) -> str:
    """Return a label of at most ``longest`` printable ASCII characters."""
    draw = rng.random()
    if draw < 0.17:
        text = rng.choice(_lines("labels.txt"))
    elif draw < 0.42:
        text = cased(rng, " ".join(invented(rng) for _ in range(rng.choice((1, 1, 2)))))
    elif draw < 0.9:
        count = rng.choice((1, 1, 2, 2, 2, 3))
        text = cased(
            rng, " ".join(word(rng) if rng.random() < 0.75 else invented(rng) for _ in range(count))
        )
    else:
        text = _code(rng)
    return text[:longest].strip()


def _code(rng: random.Random) -> str:
    draw = rng.randrange(7)
    if draw == 0:
        return "".join(
            rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(rng.randint(3, 7))
        )
    if draw == 1:
        return str(rng.randint(1, 99999))
    if draw == 2:
        return f"${rng.randint(1, 999)}.{rng.randint(0, 99):02d}"
    if draw == 3:
        return f"{word(rng)} ({rng.randint(1, 99)})".capitalize()
    if draw == 4:
        return f"20{rng.randint(10, 39)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    if draw == 5:
        return f"{invented(rng)}@{invented(rng)}.{rng.choice(('com', 'org', 'net', 'io'))}"
    return f"{word(rng)}-{word(rng)}"


def value(rng: random.Random, longest: int = 16) -> str:
    """Return something a person would type into a field."""
    draw = rng.random()
    if draw < 0.35:
        text = invented(rng)
    elif draw < 0.55:
        text = f"{word(rng)} {word(rng)}"
    elif draw < 0.7:
        text = invented(rng).capitalize() + (
            f" {invented(rng).capitalize()}" if rng.random() < 0.5 else ""
        )
    elif draw < 0.8:
        text = f"{invented(rng)}@{invented(rng)}.{rng.choice(('com', 'org', 'net', 'io'))}"
    elif draw < 0.9:
        text = "".join(
            rng.choice(_LETTERS + _LETTERS.upper() + "0123456789")
            for _ in range(rng.randint(3, 12))
        )
    else:
        text = str(rng.randint(0, 10 ** rng.randint(1, 8)))
    return text[:longest].strip()


def entry(rng: random.Random, longest: int = 16) -> str:
    """Return a value for an instruction: as `value`, and names with dots, dashes or numbers.

    What screens show keeps to `value`: the examination is drawn with it, and stays as it is.
    """
    draw = rng.random()
    if draw < 0.15:
        text = invented(rng) + rng.choice("._-") + rng.choice((invented(rng), word(rng)))
    elif draw < 0.25:
        text = invented(rng) + str(rng.randint(1, 999))
    else:
        return value(rng, longest)
    return text[:longest].strip()


def near_duplicate(rng: random.Random, text: str, longest: int = 24) -> str:
    """Return a label that differs in one or two characters, or shares all but one word."""
    parts, draw = text.split(" "), rng.random()
    if draw < 0.25 and len(parts) > 1:
        parts[rng.randrange(len(parts))] = cased(rng, word(rng))
        return " ".join(parts)[:longest].strip()
    if draw < 0.45:
        extra = rng.choice((word(rng), "all", "new", "2", "list", "as..."))
        return (f"{text} {extra}" if rng.random() < 0.6 else f"{extra.capitalize()} {text}")[
            :longest
        ].strip()
    letters = list(text)
    for _ in range(rng.choice((1, 1, 2))):
        _edit(rng, letters)
    return "".join(letters)[:longest].strip() or text


def _edit(rng: random.Random, letters: list[str]) -> None:
    at = rng.randrange(len(letters))
    fresh = rng.choice(_LETTERS) if letters[at].isalpha() else rng.choice("0123456789")
    fresh = fresh.upper() if letters[at].isupper() else fresh
    draw = rng.random()
    if draw < 0.6:
        letters[at] = fresh
    elif draw < 0.8:
        letters.insert(at, fresh.lower() if at else fresh)
    elif len(letters) > 3:
        letters.pop(at)

"""From what was seen of pages, the lines that ask: by name, place, state, for what is not there."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handrail.tasks.suites.relations import Placed, by_state, related
from handrail.tasks.suites.web_targets import Target, drawn

OTHERS = 6
"""So many relations, and so many absent names, are asked of a page at most."""


@dataclass(frozen=True)
class Seen:
    """A photographed page or window: targets with names of their own, whole controls, words."""

    source: str
    name: str
    image: str
    targets: tuple[Target, ...]
    controls: tuple[Target, ...]
    words: str


def lines_of(pages: Sequence[Seen], seed: int, most: int) -> list[str]:
    """Return the lines of a suite, as ``handrail eval grounding`` reads them.

    ``most``: so many targets of one page are asked for by name at most.
    """
    names = sorted({target.name for page in pages for target in page.targets})
    lines = []
    for page in pages:
        rng = random.Random(f"{seed} {page.source} {page.name}")
        lines += [_named(page, target) for target in drawn(page.targets, most, rng)]
        lines += [*_related(page, rng), *_in_state(page), *_absent(page, names, rng)]
    return lines


def _named(page: Seen, target: Target) -> str:
    kinds = {None: {}, True: {"data_type": "text"}, False: {"data_type": "icon"}}
    return _line(
        page, f"click {target.name}", _rounded(target.box), role=target.role, **kinds[target.shown]
    )


def _related(page: Seen, rng: random.Random) -> Iterable[str]:
    found = [one for one in related(_placed(page)) if one.phrase.isascii()]
    for one in rng.sample(found, min(OTHERS, len(found))):
        yield _line(page, f"click {one.phrase}", _rounded(one.box), asks="relation")


def _in_state(page: Seen) -> Iterable[str]:
    for one in by_state(_placed(page)):
        yield _line(page, f"click {one.phrase}", _rounded(one.box), asks="state")


def _placed(page: Seen) -> list[Placed]:
    return [Placed(t.role, t.name, t.box, t.state) for t in page.controls]


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(side, 2) for side in box]


def _absent(page: Seen, names: Sequence[str], rng: random.Random) -> Iterable[str]:
    """Ask for names of other pages that stand nowhere on this one."""
    words = page.words.casefold()
    foreign = [name for name in names if name.casefold() not in words]
    for name in rng.sample(foreign, min(OTHERS, len(foreign))):
        yield _line(page, f"click {name}", None)


def _line(page: Seen, instruction: str, box: Sequence[float] | None, **more: str) -> str:
    content = {"image": page.image, "instruction": instruction, "bbox": box}
    return json.dumps(content | {"data_source": page.source} | more)

"""What reuse saves: a long conversation, an unchanged screen, changed tiles, forced tokens."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PIL import Image, ImageDraw

from handrail.actuators.actions import Click
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.history import SCREENSHOTS, Step, let_go
from handrail.agent.prompt import messages, user_text
from handrail.agent.proposal import Proposal
from handrail.agent.tool import computer_use, reply_grammar
from handrail.tasks.errors import CheckFailed
from handrail.tasks.results.result import Figure

if TYPE_CHECKING:  # the engine needs torch, which takes a second to import
    from handrail.model.decode import Decode
    from handrail.model.engine import Engine
    from handrail.model.reader import Reader
    from handrail.model.tile_grounder import TileGrounder

Made = TypeVar("Made")
GOAL = "Open the report, choose the second page and save it as a PDF."
LIMIT = 1e-4
"""How far logits with reuse may be from those without, as a share of their size (float32)."""
_TEXT = 12
_REPLIES = 3
_LONGEST = 120


@dataclass(frozen=True)
class Screen:
    """The size of the screens that are drawn."""

    width: int
    height: int

    def drawn(self, number: int) -> Image.Image:
        """Return a screen of buttons that differs from every other number's all over."""
        image = Image.new("RGB", (self.width, self.height), (240, 240, 240 - number % 40))
        draw = ImageDraw.Draw(image)
        for row in range(20, self.height - 20, 40):
            for column in range(20, self.width - 60, 110):
                draw.rectangle((column, row, column + 90, row + 26), outline="black", fill="white")
                draw.text((column + 8, row + 7), f"Item {number}.{row * column}", fill="black")
        return image

    def seen(self, image: Image.Image) -> Observation:
        """Return a screen as it is observed."""
        geometry = ScreenGeometry(width=self.width, height=self.height)
        return Observation(image, geometry, 0.0, Surface("fake", "drawn"))


@dataclass(frozen=True)
class Read:
    """What reading one prompt took: the processor's seconds, tokens read anew, pictures encoded."""

    seconds: float
    tokens: float
    pictures: float


def conversation(engine: "Engine", plain: "Reader", screen: Screen, steps: int) -> list[Figure]:
    """Read each step's prompt with reuse and without, in turn; compare the logits.

    Raises CheckFailed where they differ.
    """
    history: list[Step] = []
    ours: list[Read] = []
    theirs: list[Read] = []
    error = 0.0
    for number in range(1, steps + 1):
        seen = screen.seen(screen.drawn(number))
        prompt = engine.prompts.build(messages(GOAL, history, seen), [computer_use()], "")
        kept, read = _timed(engine.reader, partial(engine.reader.read, [prompt]))
        alone, plainly = _timed(plain, partial(plain.read, [prompt]))
        ours.append(read)
        theirs.append(plainly)
        error = max(error, _apart(kept[0], alone[0]))
        action = Click(point=Point(x=number, y=number))
        history.append(Step(number, Proposal(action, f"Click item {number}."), observation=seen))
        let_go(history, SCREENSHOTS)
    same = _timed(engine.reader, partial(engine.reader.read, [prompt]))[1]
    return [*_conversation_figures(ours, theirs, error), _figure("an unchanged screen", same)]


def tiles(grounder: "TileGrounder", screen: Screen) -> list[Figure]:
    """Look for a thing on a screen of which a small part changed, with reuse and without."""
    from handrail.model.reader import ReuseBudget

    before, after = screen.drawn(1), screen.drawn(1)
    ImageDraw.Draw(after).text((screen.width - 60, screen.height - 16), "12:01", fill="black")
    asked, said = user_text(GOAL, []), "Action: click Item"
    engine = grounder.engine
    default = engine.reader.budget
    grounder.look(before, asked, said)
    look, changed = _timed(engine.reader, partial(grounder.look, after, asked, said))
    same, unchanged = _timed(engine.reader, partial(grounder.look, after, asked, said))
    engine.reuse(ReuseBudget(0, 0))
    wanted, plain = _timed(engine.reader, partial(grounder.look, after, asked, said))
    engine.reuse(default)
    for found in (look, same):
        if max(abs(found.best.x - wanted.best.x), abs(found.best.odds - wanted.best.odds)) > 0.01:
            raise CheckFailed(f"a look with reuse found {found.best}, without it {wanted.best}")
    return [
        _figure("pocket model, a look without reuse", plain),
        _figure("pocket model, a look where one corner changed", changed),
        _figure("pocket model, a look at an unchanged screen", unchanged),
    ]


def forwards(engine: "Engine") -> list[Figure]:
    """Count the passes of replies that are held to the tool call's grammar, each way."""
    from handrail.model.messages import Message, TextPart
    from handrail.model.sampling import GenerateOptions, Shortcuts

    none = Shortcuts(forced=False, rows=False, lookup=False)
    ways = {
        "without shortcuts": none,
        "forced tokens in one pass": replace(none, forced=True),
        "forced tokens and needed rows of the head": replace(none, forced=True, rows=True),
        "all, with prompt lookup": Shortcuts(),
    }
    follow = replace(reply_grammar(engine.dialect), text=_TEXT)
    asked = [[Message("user", [TextPart(f"{GOAL} ({n})")])] for n in range(_REPLIES)]
    figures = []
    said: list[tuple[int, ...]] = []
    for name, shortcuts in ways.items():
        options = GenerateOptions(max_new_tokens=_LONGEST, shortcuts=shortcuts)
        made = [engine.generate(a, [computer_use()], options, follow) for a in asked]
        tokens = [m.token_ids for m in made]
        said = said or tokens
        if tokens != said:
            raise CheckFailed(f"{name}: the tokens are others than without shortcuts")
        passes, rows = sum(m.passes for m in made), sum(m.rows for m in made)
        count = sum(len(t) for t in tokens)
        note = f"for {count:,} tokens; {rows:,} rows of the head"
        figures.append(Figure(name=f"passes, {name}", value=passes, count=_REPLIES, note=note))
    return figures


def _conversation_figures(
    ours: Sequence[Read], theirs: Sequence[Read], error: float
) -> list[Figure]:
    if not error <= LIMIT:
        raise CheckFailed(f"logits with reuse are {error:.1e} from those without: over {LIMIT}")
    later = range(5, len(ours))
    with_reuse, without = (_mean([reads[n] for n in later]) for reads in (ours, theirs))
    note = f"steps 6 to {len(ours)}"
    return [
        _figure("step 2, with reuse", ours[1]),
        _figure("step 2, without reuse", theirs[1]),
        _figure("a later step, with reuse, mean", with_reuse, len(later), note),
        _figure("a later step, without reuse, mean", without, len(later), note),
        Figure(
            name="later steps against step 2, with reuse",
            value=round(with_reuse.seconds / ours[1].seconds, 2),
            note=f"in tokens read anew {with_reuse.tokens / ours[1].tokens:.2f}",
        ),
        Figure(
            name="reuse, times quicker in later steps",
            value=round(without.seconds / with_reuse.seconds, 2),
            note=f"in tokens read {without.tokens / with_reuse.tokens:.2f}",
        ),
        Figure(
            name="largest difference of the logits", value=error, count=len(ours),
            note="as a share of their size",
        ),
    ]  # fmt: skip


def _mean(reads: Sequence[Read]) -> Read:
    return Read(
        statistics.fmean(read.seconds for read in reads),
        statistics.fmean(read.tokens for read in reads),
        statistics.fmean(read.pictures for read in reads),
    )


def _figure(name: str, read: Read, count: int = 1, note: str = "") -> Figure:
    work = f"{read.tokens:,.0f} tokens read, {read.pictures:.3g} pictures encoded"
    return Figure(
        name=name, value=round(read.seconds, 4), unit="s of a core", count=count,
        note=f"{note}: {work}" if note else work,
    )  # fmt: skip


def _timed(reader: "Reader", read: Callable[[], Made]) -> tuple[Made, Read]:
    tokens, pictures, began = reader.tokens_read, reader.pictures.encoded, time.process_time()
    made = read()
    seconds = time.process_time() - began
    return made, Read(seconds, reader.tokens_read - tokens, reader.pictures.encoded - pictures)


def _apart(ours: "Decode", theirs: "Decode") -> float:
    size = float(theirs.logits.pow(2).mean().sqrt())
    return float((ours.logits - theirs.logits).abs().max()) / size

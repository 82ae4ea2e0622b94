"""Replies written together, and the same replies written alone."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from handrail.model.batch import Batch
from handrail.model.batch_run import Ended, Event, Run, Started
from handrail.model.engine import Engine
from handrail.model.errors import ModelError
from handrail.model.generation import Token
from handrail.model.grammar import Schema, ToolGrammar
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.reader import Reader, ReuseBudget
from handrail.model.sampling import GenerateOptions
from tests.model.test_writer import FORMS

Follow = ToolGrammar | Schema | None
Picture = Callable[[int, int, int], Image.Image]
WORDS = ("Press the button named Save.", "Now wait.", "Open the second page of the report.", "Stop")
FOLLOWS = (None, None, FORMS["json"], FORMS["a schema"], FORMS["optional"])


@dataclass(frozen=True)
class Wish:
    """What one client asks for."""

    messages: list[Message]
    options: GenerateOptions
    follow: Follow = None

    def alone(self, engine: Engine) -> tuple[tuple[int, ...], str]:
        """Return the reply of an engine that holds nothing and writes nothing else."""
        asked = engine.ask(self.messages, (), self.options, self.follow)
        decode = Reader(engine.network, ReuseBudget(0, 0)).read([asked.prompt])[0]
        made = engine.answer(asked, decode).whole()
        return made.token_ids, made.text


@dataclass
class Heard:
    """What a client heard."""

    tokens: list[Token] = field(default_factory=list)
    started: Started | None = None
    ended: Ended | None = None
    error: ModelError | None = None
    run: Run | None = None

    def __call__(self, event: Event) -> None:
        assert self.ended is None
        assert self.error is None
        if isinstance(event, Started):
            assert self.started is None
            self.started = event
        elif isinstance(event, Token):
            self.tokens.append(event)
        elif isinstance(event, Ended):
            self.ended = event
        else:
            self.error = event

    @property
    def reply(self) -> tuple[tuple[int, ...], str]:
        assert self.error is None, self.error
        assert self.ended is not None
        text = "".join(token.text for token in self.tokens) + self.ended.rest
        return tuple(token.id for token in self.tokens), text


def user(text: str, *pictures: Image.Image) -> Message:
    return Message("user", [*(ImagePart(picture) for picture in pictures), TextPart(text)])


def begin(engine: Engine, batch: Batch, wish: Wish) -> Heard:
    heard = Heard()
    asked = engine.ask(wish.messages, (), wish.options, wish.follow)
    heard.run = batch.add(asked, heard)
    return heard


def together(engine: Engine, batch: Batch, wishes: Sequence[Wish]) -> list[Heard]:
    """Begin all at once and drive the batch to its end."""
    all_heard = [begin(engine, batch, wish) for wish in wishes]
    drive(batch)
    return all_heard


def drive(batch: Batch, each: Callable[[], None] = lambda: None) -> None:
    for _ in range(20_000):
        each()
        if not batch.step():
            return
    raise AssertionError("the batch does not come to its end")


def blocks(engine: Engine, count: int, pictures: int = 2**26) -> None:
    """Give an engine a pool of so many blocks."""
    size = engine.reader.pool.kind.block_bytes
    engine.reuse(ReuseBudget(size * count, pictures))


def is_whole(engine: Engine) -> bool:
    """Tell whether every block of an engine's pool can be had."""
    pool = engine.reader.pool
    return pool.free == pool.capacity and not any(pool._holders)


def drawn(chance: random.Random, picture: Picture, longest: int = 40) -> Wish:
    """Draw what a client may ask for: pictures, lengths, ways to choose, forms."""
    pictures = [picture(*chance.choice(((128, 96), (64, 160))), chance.randrange(3))
                for _ in range(chance.choice((0, 0, 1, 2)))]  # fmt: skip
    text = " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 12)))
    options = GenerateOptions(max_new_tokens=chance.randint(1, longest))
    if chance.random() < 0.4:
        options = replace(options, temperature=1.0, top_k=20, seed=chance.randrange(99))
    elif chance.random() < 0.2:
        options = replace(options, repetition_penalty=1.2, top_logprobs=2)
    return Wish([user(text, *pictures)], options, chance.choice(FOLLOWS))

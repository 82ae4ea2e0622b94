"""Replies that are written together are those that are written alone, whatever comes between."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from handrail.model.batch import Batch
from handrail.model.block_pool import BLOCK
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled, NeverFits
from handrail.model.sampling import GenerateOptions
from tests.model.batches import (
    WORDS,
    Heard,
    Wish,
    begin,
    blocks,
    drawn,
    drive,
    is_whole,
    together,
    user,
)

Picture = Callable[[int, int, int], Image.Image]


@pytest.fixture(scope="module")
def engines(checkpoint: Callable[[str], Path]) -> Callable[[str], Engine]:
    made: dict[str, Engine] = {}

    def load(shape: str) -> Engine:
        if shape not in made:
            made[shape] = Engine.load(checkpoint(shape), dtype="float32")
        blocks(made[shape], 600)
        return made[shape]

    return load


@pytest.fixture
def engine(engines: Callable[[str], Engine]) -> Engine:
    return engines("tied")


@pytest.mark.parametrize("shape", ["tied", "untied", "wide", "fused", "yarn"])
@pytest.mark.parametrize("seed", range(3))
def test_whoever_comes_and_goes_each_reply_is_the_one_written_alone(
    seed: int, shape: str, engines: Callable[[str], Engine], picture: Picture
) -> None:
    """Twelve clients come at random moments, and one in four leaves in the middle."""
    engine, chance = engines(shape), random.Random(seed)
    wishes = [drawn(chance, picture) for _ in range(12)]
    moments = sorted(chance.randrange(60) for _ in wishes)
    leaving = {n: chance.randrange(1, 50) for n in range(12) if chance.random() < 0.25}
    batch = Batch(engine, most=chance.choice((3, 8)))
    heard: list[Heard] = []
    for moment in range(20_000):
        while len(heard) < 12 and moments[len(heard)] <= moment:
            heard.append(begin(engine, batch, wishes[len(heard)]))
        for number, after in leaving.items():
            if number < len(heard) and moment >= moments[number] + after:
                heard[number].run.cancel.set()  # type: ignore[union-attr]
        if not batch.step() and len(heard) == 12:
            break
    for number, (one, wish) in enumerate(zip(heard, wishes, strict=True)):
        ids, text = wish.alone(engine)
        if one.error is not None:
            assert isinstance(one.error, Cancelled)
            assert number in leaving
            assert tuple(token.id for token in one.tokens) == ids[: len(one.tokens)]
        else:
            assert one.reply == (ids, text)
    assert is_whole(engine)


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_that_is_too_small_for_all_changes_no_reply(
    seed: int, engine: Engine, picture: Picture
) -> None:
    """Six clients share room for about two: they wait, make room and are read once more."""
    chance = random.Random(100 + seed)
    wishes = [drawn(chance, picture, longest=120) for _ in range(6)]
    prompts = [engine.ask(wish.messages).prompt.token_ids for wish in wishes]
    sizes = [
        len(ids) + wish.options.max_new_tokens for ids, wish in zip(prompts, wishes, strict=True)
    ]
    blocks(engine, -(-max(sizes) // BLOCK) + 3)
    batch = Batch(engine)
    heard = together(engine, batch, wishes)
    again = batch.tokens_read
    assert is_whole(engine)
    assert [one.reply for one in heard] == [wish.alone(engine) for wish in wishes]
    blocks(engine, 600)
    roomy = Batch(engine)
    together(engine, roomy, wishes)
    assert again >= roomy.tokens_read


def test_those_that_make_room_are_read_once_more(engine: Engine) -> None:
    """Three short prompts fit, their long replies do not: the pass count tells of it."""
    wishes = [Wish([user(f"{word} now.")], GenerateOptions(max_new_tokens=150)) for word in WORDS]
    blocks(engine, 16)
    batch = Batch(engine)
    heard = together(engine, batch, wishes)
    assert [one.reply for one in heard] == [wish.alone(engine) for wish in wishes]
    written = sum(len(one.tokens) for one in heard)
    prompts = sum(one.started.prompt_tokens for one in heard if one.started)
    assert batch.tokens_read > written + prompts
    assert is_whole(engine)


def test_what_never_fits_is_refused_and_what_fits_alone_waits(engine: Engine) -> None:
    blocks(engine, 10)
    batch = Batch(engine)
    fits = Wish([user("Press Save.")], GenerateOptions(max_new_tokens=120))
    with pytest.raises(NeverFits, match=r"never fit: there is memory for 160; ask for"):
        begin(engine, batch, replace(fits, options=GenerateOptions(max_new_tokens=150)))
    heard = together(engine, batch, [fits, fits, fits])
    assert [one.reply for one in heard] == [fits.alone(engine)] * 3
    assert is_whole(engine)


def test_what_begins_alike_is_read_once_and_held_once(engine: Engine, picture: Picture) -> None:
    """Eight clients come at once with the same long text and picture, and another question."""
    told = "Save the report as a PDF. " * 30
    asked = [[user(told, picture(256, 160, 1)), user(f"Which is number {n}?")] for n in range(8)]
    wishes = [Wish(a, GenerateOptions(max_new_tokens=12)) for a in asked]
    batch, encoded = Batch(engine), engine.reader.pictures.encoded
    heard = [begin(engine, batch, wish) for wish in wishes]
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, engine.reader.pool.capacity - len(engine.reader.pool._free))

    drive(batch, look)
    assert engine.reader.pictures.encoded == encoded + 1
    prompt = max(one.started.prompt_tokens for one in heard if one.started)
    written = sum(len(one.tokens) for one in heard)
    assert batch.tokens_read <= prompt + 7 * 3 * BLOCK + written + 8 * 6 * 12
    assert most <= prompt // BLOCK + 8 * 5
    assert [one.reply for one in heard] == [wish.alone(engine) for wish in wishes]
    assert is_whole(engine)


def test_replies_go_on_while_a_long_prompt_is_read(engine: Engine, picture: Picture) -> None:
    """Each pass that reads a part of the long prompt, and each layer of its picture, adds one."""
    batch = Batch(engine)
    short = Wish([user("Press Save.")], GenerateOptions(max_new_tokens=200, temperature=1.0))
    long = Wish([user("Wait. " * 400, picture(256, 256, 5))], GenerateOptions(max_new_tokens=2))
    first = begin(engine, batch, short)
    while len(first.tokens) < 3:
        batch.step()
    before = len(first.tokens)
    second = begin(engine, batch, long)
    steps = 0
    while second.started is None:
        batch.step()
        steps += 1
    layers = len(engine.network.model.visual.blocks)
    assert steps > 10
    assert len(first.tokens) - before >= steps + layers - 2
    drive(batch)
    assert first.reply == short.alone(engine)
    assert second.reply == long.alone(engine)


def test_a_batch_makes_fewer_passes(engine: Engine) -> None:
    wishes = [Wish([user(f"Say {n}.")], GenerateOptions(max_new_tokens=40)) for n in range(8)]
    batch = Batch(engine)
    heard = together(engine, batch, wishes)
    assert batch.passes * 3 < sum(len(one.tokens) for one in heard)

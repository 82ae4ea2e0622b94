"""What was read before is not read again, and nothing of a reply shows it."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from PIL import Image

from handrail.model.block_pool import BLOCK, BlockPool
from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled
from handrail.model.kv_cache import KVCache
from handrail.model.memory import prompt_bytes
from handrail.model.messages import ImagePart, Message, TextPart, VideoPart
from handrail.model.network import Prompt
from handrail.model.precision import Precision
from handrail.model.prefix_cache import PrefixCache, block_names
from handrail.model.reader import Reader, ReuseBudget
from tests.model.shapes import SHAPES

Picture = Callable[[int, int, int], Image.Image]
Difference = Callable[[torch.Tensor, torch.Tensor], float]
LIMIT = 1e-4
NOTHING = ReuseBudget(0, 0)
PLENTY = ReuseBudget(2**26, 2**26)


@pytest.fixture(scope="module")
def engines(checkpoint: Callable[[str], Path]) -> Callable[[str], Engine]:
    made: dict[str, Engine] = {}

    def load(shape: str) -> Engine:
        if shape not in made:
            made[shape] = Engine.load(checkpoint(shape), dtype="float32")
        made[shape].reuse(PLENTY)
        return made[shape]

    return load


@pytest.fixture
def engine(engines: Callable[[str], Engine]) -> Engine:
    return engines("tied")


def user(text: str, *pictures: Image.Image) -> Message:
    return Message("user", [*(ImagePart(picture) for picture in pictures), TextPart(text)])


def said(text: str) -> Message:
    return Message("assistant", [TextPart(text)])


def prompt_of(engine: Engine, messages: Sequence[Message], prefix: str = "") -> Prompt:
    return engine.prompts.build(messages, (), prefix)


def plainly(engine: Engine, prompt: Prompt) -> Decode:
    return Reader(engine.network, NOTHING).read([prompt])[0]


def greedy(decode: Decode, tokens: int) -> list[int]:
    reply = []
    for _ in range(tokens):
        reply.append(int(decode.logits.argmax()))
        decode.step(reply[-1])
    return reply


def conversation(picture: Picture, turns: int, pictures: int) -> list[Message]:
    told: list[Message] = []
    for turn in range(turns):
        shown = [picture(128, 96, turn)] if turn < pictures else []
        told += [user(f"Press the button named {turn}, then wait.", *shown), said("Step: click.")]
    return told


@pytest.mark.parametrize("pictures", range(5))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_growing_conversation_has_the_logits_of_one_read_at_once(
    shape: str, pictures: int, engines: Callable[[str], Engine], picture: Picture,
    relative_error: Difference,
) -> None:  # fmt: skip
    engine = engines(shape)
    whole = conversation(picture, 5, pictures)
    for end in range(1, len(whole), 2):
        prompt = prompt_of(engine, whole[:end], "Action:")
        before = engine.reader.tokens_read
        ours, wanted = engine.reader.read([prompt])[0], plainly(engine, prompt)
        assert relative_error(ours.logits, wanted.logits) < LIMIT
        assert greedy(ours, 4) == greedy(wanted, 4)
        if end > 1:
            earlier = len(prompt_of(engine, whole[: end - 2]).token_ids)
            read = engine.reader.tokens_read - before
            assert read <= len(prompt.token_ids) - earlier + 2 * BLOCK
    assert engine.reader.pictures.encoded == pictures


def test_a_changed_picture_is_seen_wherever_it_stands(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """Each of four pictures is changed in one pixel block; the token ids stay the same."""
    seeds = [1, 2, 3, 4]
    first = [user("Look.", picture(128, 96, s)) for s in seeds]
    old = engine.reader.read([prompt_of(engine, first)])[0]
    for place in range(4):
        changed = picture(128, 96, seeds[place])
        changed.paste((255, 0, 255), (64, 32, 96, 64))
        messages = [*first[:place], user("Look.", changed), *first[place + 1 :]]
        prompt = prompt_of(engine, messages)
        assert tuple(prompt.token_ids) == old.prompt_ids
        encoded = engine.reader.pictures.encoded
        ours, wanted = engine.reader.read([prompt])[0], plainly(engine, prompt)
        assert relative_error(ours.logits, wanted.logits) < LIMIT
        assert relative_error(ours.logits, old.logits) > 100 * LIMIT
        assert engine.reader.pictures.encoded == encoded + 1


@pytest.mark.parametrize("budget", [PLENTY, ReuseBudget(2**26, 0)], ids=["features", "no features"])
def test_a_beginning_may_end_inside_a_picture(
    budget: ReuseBudget, engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """A text before the picture grows token by token, so that the cut falls at each place."""
    engine.reuse(budget)
    cuts = set()
    for more in range(BLOCK):
        first, second = (
            prompt_of(
                engine,
                [Message("user", [TextPart("Save" + "." * more), ImagePart(picture(160, 128, 7)),
                                  TextPart(text)])],
            )
            for text in ("Press it.", "Now the other one.")
        )  # fmt: skip
        engine.reader.read([first])
        known = sum(a == b for a, b in zip(block_names(first), block_names(second), strict=False))
        cut = known * BLOCK - second.image_starts[0]
        assert cut > 0
        cuts.add(cut)
        before = engine.reader.tokens_read
        ours = engine.reader.read([second])[0]
        assert engine.reader.tokens_read - before == len(second.token_ids) - known * BLOCK
        assert relative_error(ours.logits, plainly(engine, second).logits) < LIMIT
    inside = [cut for cut in cuts if cut < second.images[0].grid.tokens]
    assert len(inside) >= 5


def test_a_batch_of_known_and_unknown_equals_its_members(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    known = [user("Press Save.", picture(128, 96, 1))]
    engine.begin(known)
    conversations = [
        [user("Press Save.", picture(128, 96, 2))],
        known,
        [user("Press Edit.", picture(128, 96, 1))],
        [user("Press Save.")],
        [user("Press Save.", picture(128, 96, 1), picture(128, 96, 2))],
    ]
    batch = engine.begin_batch(conversations, prefix="A")
    for messages, ours in zip(conversations, batch, strict=True):
        wanted = plainly(engine, prompt_of(engine, messages, "A"))
        assert ours.prompt_ids == wanted.prompt_ids
        assert relative_error(ours.logits, wanted.logits) < LIMIT
        assert greedy(ours, 5) == greedy(wanted, 5)
    assert engine.reader.pictures.encoded == 2


def test_replies_that_share_a_beginning_do_not_change_each_other(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """Three replies are written by turns, each with other tokens, past the room of their cache."""
    prompt = prompt_of(engine, [user("Press Save.", picture(128, 96, 1))])
    engine.reader.read([prompt])
    several = engine.reader.read([prompt])[:1] + engine.reader.read([prompt, prompt])
    alone = [plainly(engine, prompt) for _ in several]
    for turn in range(140):
        for number, (ours, wanted) in enumerate(zip(several, alone, strict=True)):
            token = 10 + (7 * turn + 31 * number) % 200
            ours.step(token)
            wanted.step(token)
    for ours, wanted in zip(several, alone, strict=True):
        assert relative_error(ours.logits, wanted.logits) < LIMIT
    again = engine.reader.read([prompt])[0]
    assert relative_error(again.logits, plainly(engine, prompt).logits) < LIMIT


def test_an_unchanged_screen_costs_no_encoding_and_one_block(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    prompt = prompt_of(engine, [user("Press Save.", picture(256, 160, 1))])
    first = engine.reader.read([prompt])[0]
    encoded, read = engine.reader.pictures.encoded, engine.reader.tokens_read
    second = engine.reader.read([prompt])[0]
    assert engine.reader.pictures.encoded == encoded
    assert 1 <= engine.reader.tokens_read - read <= BLOCK
    assert relative_error(second.logits, first.logits) < LIMIT


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_little_memory_costs_time_and_nothing_else(
    share: float, engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    whole = conversation(picture, 4, 4)
    for end in range(1, len(whole), 2):
        engine.reader.read([prompt_of(engine, whole[:end])])
    budget = ReuseBudget(int(engine.reader.held * share), int(2**17 * share))
    engine.reuse(budget)
    for seed in (0, 10):  # the second conversation pushes the first one out
        other = [*whole[:2], user("Now this.", picture(128, 96, seed)), said("Done."), *whole[2:]]
        for end in range(1, len(other), 2):
            prompt = prompt_of(engine, other[:end])
            ours, wanted = engine.reader.read([prompt])[0], plainly(engine, prompt)
            assert relative_error(ours.logits, wanted.logits) < LIMIT
            assert engine.reader.held <= budget.prefixes + budget.pictures


def test_the_end_of_a_prompt_goes_before_its_beginning(engine: Engine) -> None:
    long, other = (
        prompt_of(engine, [user(f"{word} the button. " * 20)]) for word in ("Press", "Leave")
    )
    names = block_names(long)
    kind = engine.reader.pool.kind
    cache, block = KVCache.empty(kind.layers), kind.block_bytes
    with torch.inference_mode():
        engine.network.read([long.rest(cache, {})])
    kept = PrefixCache(BlockPool(kind, block * len(names) + block // 2))
    kept.keep(names, cache)
    assert len(kept.known(names)) == len(names)
    kept.keep(block_names(other)[:3], cache)
    shared = sum(a == b for a, b in zip(names, block_names(other)[:3], strict=False))
    assert len(kept.known(names)) == len(names) - (3 - shared)
    small = PrefixCache(BlockPool(kind, 3 * block))
    small.keep(names, cache)
    assert len(small.known(names)) == 3
    assert small.pool.held == 3 * block


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("part", ["vision", "decoder"])
def test_what_is_cancelled_leaves_nothing_wrong_behind(
    part: str, layer: int, engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """Cancel the reading of a second turn, in each layer; then read it."""
    first = [user("Press Save.", picture(128, 96, 1))]
    prompt = prompt_of(engine, [*first, said("Done."), user("And now?", picture(128, 96, 2))])
    engine.begin(first)
    held, cancel = engine.reader.held, threading.Event()
    body = engine.network.model
    layers = body.visual.blocks if part == "vision" else body.language_model.layers
    hook = layers[layer].register_forward_pre_hook(lambda *_: cancel.set(), prepend=True)
    try:
        with engine.cancelled_by(cancel), pytest.raises(Cancelled):
            engine.reader.read([prompt])
    finally:
        hook.remove()
    # what was seen of the new picture may stay: it is whole
    assert engine.reader.held == held or part == "decoder"
    ours, wanted = engine.reader.read([prompt])[0], plainly(engine, prompt)
    assert relative_error(ours.logits, wanted.logits) < LIMIT
    again = engine.begin(first)
    assert relative_error(again.logits, plainly(engine, prompt_of(engine, first)).logits) < LIMIT


def test_moments_of_a_video_are_known_by_their_frames(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    frames = [picture(128, 96, seed) for seed in (1, 2, 3, 3)]

    def asked(*shown: Image.Image) -> Prompt:
        video = VideoPart(shown, [0.0, 0.5, 1.0, 1.5], fitted=True)
        return prompt_of(engine, [Message("user", [video, TextPart("What happens?")])])

    engine.reader.read([asked(*frames)])
    for shown in ([*frames[:3], frames[0]], [frames[1], frames[0], *frames[2:]], frames):
        prompt = asked(*shown)
        ours, wanted = engine.reader.read([prompt])[0], plainly(engine, prompt)
        assert relative_error(ours.logits, wanted.logits) < LIMIT
    assert engine.reader.pictures.encoded == 4


def test_forgetting_and_refusing(engine: Engine, picture: Picture) -> None:
    engine.begin([user("Press Save.", picture(128, 96, 1))])
    assert engine.reader.held > 0
    engine.reader.forget()
    assert engine.reader.held == 0
    with pytest.raises(ValueError, match="-1 bytes"):
        engine.reuse(ReuseBudget(-1, 0))


def test_the_budget_is_what_is_said_and_bows_to_the_machine(engine: Engine) -> None:
    text = engine.config.text
    token = 2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim * 4
    assert ReuseBudget.default(engine.network, 2**40) == ReuseBudget(8192 * token, 24 * 2**20)
    prompt = sum(prompt_bytes(engine.config, Precision(engine.vision_dtype, engine.dtype)))
    assert ReuseBudget.default(engine.network, prompt + 4000) == ReuseBudget(1000, 1000)
    assert ReuseBudget.default(engine.network, prompt - 1) == NOTHING

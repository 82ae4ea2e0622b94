"""One run that breaks or leaves is no other's business; threads and kernels serve many at once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
import torch
from PIL import Image

from handrail.model.batch import Batch
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled, GrammarError, ImageError, PromptError
from handrail.model.kernel_layers import KernelLinear
from handrail.model.kernels import native
from handrail.model.network import Portion
from handrail.model.quantizer import quantize
from handrail.model.sampling import GenerateOptions, Shortcuts
from handrail.model.together import Together
from tests.model.batches import Wish, begin, blocks, drawn, drive, is_whole, together, user
from tests.model.test_writer import FORMS

Picture = Callable[[int, int, int], Image.Image]


@pytest.fixture(scope="module")
def loaded(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


@pytest.fixture
def engine(loaded: Engine) -> Engine:
    blocks(loaded, 600)
    return loaded


def test_one_that_breaks_ends_alone(
    engine: Engine, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grammar that cannot go on, a picture that cannot be seen, and a pass that fails with it."""
    wishes = [
        Wish([user(f"Say {n}.")], GenerateOptions(max_new_tokens=30), FORMS["json"])
        for n in range(4)
    ]
    seen = Wish([user("Look.", picture(128, 96, 7))], GenerateOptions(max_new_tokens=5))
    batch = Batch(engine)
    heard = [begin(engine, batch, wish) for wish in wishes]
    looking = begin(engine, batch, seen)
    constraint = heard[1].run.asked.constraint  # type: ignore[union-attr]

    def over() -> None:
        raise GrammarError("no token may follow: planted")

    right, broken = engine.network.read, heard[2].run
    assert broken is not None

    def failing(portions: list[Portion]) -> list[torch.Tensor]:
        if any(portion.cache is broken.cache for portion in portions):
            raise RuntimeError("planted")
        return right(portions)

    def blind(images: object) -> None:
        raise ImageError("the picture cannot be seen: planted")

    monkeypatch.setattr(engine.reader.pictures, "see", blind)
    for _ in range(4):
        batch.step()
    monkeypatch.setattr(constraint, "forced", over)
    monkeypatch.setattr(constraint, "may", over)
    monkeypatch.setattr(engine.network, "read", failing)
    drive(batch)
    monkeypatch.undo()
    assert isinstance(heard[1].error, GrammarError)
    assert "the log says why" in str(heard[2].error)
    assert isinstance(looking.error, ImageError)
    for number in (0, 3):
        assert heard[number].reply == wishes[number].alone(engine)
    assert is_whole(engine)


def test_who_leaves_while_its_picture_is_seen_leaves_at_the_next_layer(
    engine: Engine, picture: Picture
) -> None:
    batch = Batch(engine)
    wish = Wish([user("Look.", picture(128, 96, 8))], GenerateOptions(max_new_tokens=5))
    other = Wish([user("Say yes.")], GenerateOptions(max_new_tokens=30))
    first = begin(engine, batch, other)
    while not first.tokens:
        batch.step()
    leaving = begin(engine, batch, wish)
    reached = []

    def leave(*_: object) -> None:
        reached.append(1)
        leaving.run.cancel.set()  # type: ignore[union-attr]

    hook = engine.network.model.visual.blocks[0].register_forward_pre_hook(leave)
    try:
        drive(batch)
    finally:
        hook.remove()
    assert len(reached) == 1
    assert isinstance(leaving.error, Cancelled)
    assert engine.reader.pictures.held == 0
    assert first.reply == other.alone(engine)
    assert is_whole(engine)


def test_threads_that_ask_at_once_get_what_they_would_get_alone(
    engine: Engine, picture: Picture
) -> None:
    chance = random.Random(11)
    wishes = [drawn(chance, picture) for _ in range(6)]
    with Together(engine, most=4) as model, ThreadPoolExecutor(6) as threads:
        made = list(
            threads.map(lambda w: model.generate(w.messages, (), w.options, w.follow), wishes)
        )
        with pytest.raises(PromptError, match="there is no message"):
            model.generate([])
    for one, wish in zip(made, wishes, strict=True):
        assert (one.token_ids, one.text) == wish.alone(engine)
    assert is_whole(engine)


@pytest.mark.skipif(not native.ways(), reason="no kernels for this processor")
@pytest.mark.parametrize("bits", [4, 8])
def test_packed_weights_are_applied_to_all_rows_by_the_kernels(
    bits: Literal[4, 8], checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    """Sixteen runs at once give the kernels sixteen rows, and each reply is the one alone."""
    quantize(checkpoint("untied"), tmp_path / "small", bits, keep="nothing")
    engine = Engine.load(tmp_path / "small")
    blocks(engine, 600)
    layers = [m for m in engine.network.modules() if isinstance(m, KernelLinear)]
    rows: set[int] = set()
    layers[0].register_forward_pre_hook(lambda _, given: rows.add(given[0].shape[-2]))
    wishes = [
        Wish([user(f"Say {n}.")], GenerateOptions(12, shortcuts=Shortcuts(lookup=False)))
        for n in range(16)
    ]
    heard = together(engine, Batch(engine), wishes)
    assert 16 in rows
    assert [one.reply for one in heard] == [wish.alone(engine) for wish in wishes]

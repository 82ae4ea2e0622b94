"""`make parity`: many prompts, long replies, long contexts; minutes, so not a daily test."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from PIL import Image

from handrail.model.engine import Engine
from handrail.model.messages import Message, TextPart
from tests.model.shapes import LAYOUTS
from tests.model.teacher_forced import Departure, begun, reference_told, to_tell, told

pytestmark = [pytest.mark.parity, pytest.mark.timeout(3600)]
LIMIT, STEPS, PROMPTS = 1e-4, 128, 50
TIE = 1e-5  # of the logits' root mean square; the reference alone decides which prompts count
REPLIES = 10  # told in bfloat16: 1,280 positions of each layout
_TEXT = "press save field list 10 window then wait below label name dates type hello the it's"
WORDS = _TEXT.split()
Picture = Callable[[int, int, int], Image.Image]
Inputs = Callable[[str, Sequence[Image.Image]], dict[str, Any]]
Difference = Callable[[torch.Tensor, torch.Tensor], float]


def drawn(seed: int, picture: Picture) -> tuple[str, list[Image.Image]]:
    """Return a text and zero to four pictures."""
    chance = random.Random(seed)
    text = " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 40)))
    sizes = [(chance.randint(32, 320), chance.randint(32, 320)) for _ in range(seed % 5)]
    return text, [picture(*size, seed * 10 + i) for i, size in enumerate(sizes)]


@pytest.mark.parametrize("shape", LAYOUTS)
def test_greedy_text_is_the_references_over_many_prompts(
    shape: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs, relative_error: Difference,
) -> None:  # fmt: skip
    engine, distinct, tied = Engine.load(checkpoint(shape), dtype="float32"), [], 0
    for seed in itertools.count():
        text, pictures = drawn(seed, picture)
        with torch.no_grad(), _routers_watched(reference(shape)) as gaps:
            wanted = reference(shape).generate(
                **reference_inputs(text, pictures), max_new_tokens=STEPS, do_sample=False,
                eos_token_id=None, pad_token_id=0, return_dict_in_generate=True,
                output_logits=True,
            )  # fmt: skip
        if _hangs_on_rounding(wanted.logits) or min(gaps, default=1.0) < TIE:
            tied += 1
            continue
        decode, reply = begun(engine, text, pictures), []
        for step in range(STEPS):
            assert relative_error(decode.logits, wanted.logits[step][0]) < LIMIT
            reply.append(int(decode.logits.argmax()))
            decode.step(reply[-1])
        assert reply == wanted.sequences[0, -STEPS:].tolist(), f"prompt {seed}"
        distinct.append(len(set(reply)))
        if len(distinct) == PROMPTS:
            break
    assert sorted(distinct)[PROMPTS // 2] >= 20
    assert tied <= PROMPTS // 10


def _hangs_on_rounding(logits: Sequence[torch.Tensor]) -> bool:
    """Tell whether the reference's best two are ever as good as equal: its own rounding decides."""
    for step in logits:
        best = step[0].topk(2).values
        if best[0] - best[1] < TIE * step[0].pow(2).mean().sqrt():
            return True
    return False


@contextmanager
def _routers_watched(model: Any) -> Iterator[list[float]]:
    """Note how close the reference's last chosen and first unchosen experts ever are."""
    gaps: list[float] = []

    def note(router: Any, _given: object, told: tuple[torch.Tensor, ...]) -> None:
        logits = told[0]
        best = logits.topk(router.top_k + 1).values
        gap = (best[:, -2] - best[:, -1]).min() / logits.pow(2).mean().sqrt()
        gaps.append(float(gap))

    routers = [m for m in model.modules() if type(m).__name__.endswith("TopKRouter")]
    hooks = [router.register_forward_hook(note) for router in routers]
    try:
        yield gaps
    finally:
        for hook in hooks:
            hook.remove()


@pytest.mark.parametrize("shape", LAYOUTS)
def test_bfloat16_is_no_further_off_than_the_reference(
    shape: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs,
) -> None:  # fmt: skip
    """Whole replies are told; tokens differ only where float32's best two are nearly as good."""
    rounded = type(reference(shape)).from_pretrained(checkpoint(shape), dtype=torch.bfloat16)
    exact_engine = Engine.load(checkpoint(shape), dtype="float32")
    engine, ours, theirs = Engine.load(checkpoint(shape), dtype="bfloat16"), 0.0, 0.0
    for seed in range(REPLIES):
        text, pictures = drawn(seed, picture)
        inputs = reference_inputs(text, pictures)
        reply = to_tell(exact_engine, begun(exact_engine, text, pictures), STEPS)
        exact = reference_told(reference(shape), inputs, reply)
        rough = Departure(reference_told(rounded, inputs, reply), exact)
        mine = Departure(told(begun(engine, text, pictures), reply), exact)
        assert mine.widest_flip < rough.largest, f"prompt {seed}"
        ours, theirs = ours + mine.error, theirs + rough.error
    assert ours <= 1.1 * theirs


def test_forty_thousand_positions_under_yarn(
    checkpoint: Callable[[str], Path], tmp_path: Path, reference: Callable[[str], Any],
    relative_error: Difference,
) -> None:  # fmt: skip
    """The reference reads by its own attention kernel: its eager one would need gigabytes."""
    model = reference("yarn")
    model.set_attn_implementation("sdpa")
    folder = Path(copytree(checkpoint("yarn"), tmp_path / "long"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["max_position_embeddings"] = 65_536
    (folder / "config.json").write_text(json.dumps(config))
    engine = Engine.load(folder, dtype="float32")
    text = " ".join(random.Random(3).choices(WORDS, k=28_000))
    decode = engine.begin([Message("user", [TextPart(text)])])
    assert decode.length > 40_000
    ids = torch.tensor([decode.prompt_ids])
    with torch.no_grad():
        wanted = model(input_ids=ids, logits_to_keep=1).logits[0, -1]
    model.set_attn_implementation("eager")
    assert relative_error(decode.logits, wanted) < LIMIT

"""What is trained is what runs: packed training rows equal the engine's logits for one query."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from handrail.agent.prompt import user_text
from handrail.model.engine import Engine
from handrail.model.gaze import Head
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.pocket import acts, instructions, plans, queries, states, thinning
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.export import export
from handrail.model.pocket.instructions import Clause, Move
from handrail.model.pocket.network import (
    LOOKING_HEAD,
    LOOKING_LAYER,
    TrainingNetwork,
    build,
)
from handrail.model.pocket.queries import Query
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.targets import Tile

WIDTH, HEIGHT = 128, 96
TOOLS = ({"type": "function", "function": {"name": "computer_use"}},)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingNetwork, Engine]:
    made = TrainingNetwork(build(Shape(64, 4, 128, 4), seed=3)).eval()
    states.begin_later(made, seed=3)
    with torch.no_grad():
        for weight in made.model.parameters():
            weight.copy_(weight.to(torch.bfloat16).float() * 1.0)
    folder: Path = tmp_path_factory.mktemp("pocket")
    export(made, folder, Shape(64, 4, 128, 4))
    return made, Engine.load(folder, dtype="float32")


def _noise(seed: int) -> Image.Image:
    rng = random.Random(seed)
    return Image.frombytes("RGB", (WIDTH, HEIGHT), rng.randbytes(WIDTH * HEIGHT * 3))


def _islands() -> Image.Image:
    """Return plain ground with something drawn on three of its twelve cells."""
    made = Image.new("RGB", (WIDTH, HEIGHT), "navy")
    for number, place in enumerate(((32, 0), (64, 64), (0, 32))):
        made.paste(_noise(number).crop((0, 0, 32, 32)), place)
    return made


def _query(goal: str, said: str) -> Query:
    ids = [*instructions.prompt(goal, []), v.token(v.THINK_CLICK), *said.encode()]
    return Query(ids, [queries.IGNORE] * len(ids), [0.0] * len(ids))


def test_packed_rows_equal_single_queries(network: tuple[TrainingNetwork, Engine]) -> None:
    trained, engine = network
    asked = [("click Save", "Save"), ("type abc into Name, then click OK", "Name")]
    image = _noise(5)
    packed = queries.pack([[_query(*q) for q in asked]], HEIGHT // 32, WIDTH // 32)
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    with torch.no_grad():
        seen = trained.see(pixels.view(1, HEIGHT, WIDTH, 3))
        hidden = trained.read(seen, packed).hidden.float()
    for number, (goal, said) in enumerate(asked):
        last = int((torch.from_numpy(packed.owner[0]) == number).nonzero().max())
        ours = hidden[0, last] @ trained.embedding.detach().t()
        text = instructions_text(goal)
        message = Message("user", [ImagePart(image), TextPart(text)])
        theirs = engine.begin([message], TOOLS, v.THINK_CLICK + said).logits
        assert torch.corrcoef(torch.stack([ours, theirs]))[0, 1] > 0.999
        assert (ours - theirs).abs().max() < 0.05 * theirs.abs().max()


def test_tiles_without_their_ground_are_seen_as_the_engine_sees_them(
    network: tuple[TrainingNetwork, Engine],
) -> None:
    trained, engine = network
    images = [_islands(), _noise(7)]
    asked = [[_query("click Save", "Save")], [_query("click OK", "OK")]]
    pixels = np.stack([np.asarray(image) for image in images])
    kept = thinning.kept_cells(pixels, None)
    assert [cells.tolist() for cells in kept] == [[1, 4, 10], list(range(12))]
    packed = thinning.packed(queries.pack(asked, HEIGHT // 32, WIDTH // 32), kept, 12)
    with torch.no_grad():
        seen = trained.see(torch.from_numpy(pixels), kept)
        hidden = trained.read(seen, packed).hidden.float()
    engine.skip_ground()
    for tile, (image, (goal, said)) in enumerate(
        zip(images, (("click Save", "Save"), ("click OK", "OK")), strict=True)
    ):
        last = int((torch.from_numpy(packed.owner[tile]) == 0).nonzero().max())
        ours = hidden[tile, last] @ trained.embedding.detach().t()
        message = Message("user", [ImagePart(image), TextPart(instructions_text(goal))])
        decode = engine.begin([message], TOOLS, v.THINK_CLICK + said)
        assert decode.image_tokens == len(kept[tile])
        assert torch.corrcoef(torch.stack([ours, decode.logits]))[0, 1] > 0.999
        assert (ours - decode.logits).abs().max() < 0.05 * decode.logits.abs().max()
    engine.skip_ground(False)


def test_the_engine_tells_where_the_head_looks_that_training_teaches(
    network: tuple[TrainingNetwork, Engine],
) -> None:
    trained, engine = network
    image, goal, rows, columns = _noise(7), "click Save", HEIGHT // 32, WIDTH // 32
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    nothing = Tile(np.zeros((HEIGHT, WIDTH, 3), np.uint8), (), (), (), frozenset())
    packed = queries.pack([[queries.asked(nothing, goal, [], ("Save", None))]], rows, columns)
    with torch.no_grad():
        seen = trained.see(pixels.view(1, HEIGHT, WIDTH, 3))
        (taught,) = trained.read(seen, packed).looking.float()
    message = Message("user", [ImagePart(image), TextPart(instructions_text(goal))])
    head = Head(LOOKING_LAYER, LOOKING_HEAD)
    (decode,) = engine.begin_batch([[message]], TOOLS, v.THINK_CLICK + "Save", head)
    assert decode.gaze is not None
    first = decode.prompt_ids.index(v.token("<|image_pad|>"))
    told = decode.gaze[first - 1 : first + rows * columns]
    assert (told - taught[: 1 + rows * columns]).abs().max() < 0.05
    assert told.std() > 0.05, "a head that looks everywhere alike proves little"


def test_every_turn_of_a_plan_equals_the_engines(network: tuple[TrainingNetwork, Engine]) -> None:
    trained, engine = network
    rng = random.Random(4)
    press = Clause("hit Ctrl+S", (Move(do="press ctrl+s"),), (4,))
    clauses = [instructions.type_clause(rng, "Name", "abc"), press]
    clauses += [acts.pointed(rng, "right-click", "Inbox"), instructions.click_clause(rng, "OK")]
    goal = instructions.goal(rng, clauses)
    packed = plans.pack([[plans.plan(rng), plans.laid_out(goal)]])
    with torch.no_grad():
        hidden = trained.read(None, packed).hidden.float()
    for done in range(len(goal.moves) + 1):
        turn = (packed.owner[0] == 1) & (packed.turn[0] == done + 1)
        asked = len(v.encode(v.ASSISTANT)) + (done == 0)
        row = int(turn.nonzero()[0][asked - 1])
        ours = hidden[0, row] @ trained.embedding.detach().t()
        steps = [f"{m.way} {m.click}" if m.click else m.do or "type" for m in goal.moves[:done]]
        text = user_text(goal.text, [f"Step {i}: {s}" for i, s in enumerate(steps, start=1)])
        theirs = engine.begin([Message("user", [TextPart(text)])], TOOLS).logits
        assert torch.corrcoef(torch.stack([ours, theirs]))[0, 1] > 0.999
        assert (ours - theirs).abs().max() < 0.05 * theirs.abs().max()


def instructions_text(goal: str) -> str:
    return v.INSTRUCTION + goal + v.NONE


def test_the_image_changes_the_logits(network: tuple[TrainingNetwork, Engine]) -> None:
    _, engine = network
    logits = [
        engine.begin([Message("user", [ImagePart(_noise(s)), TextPart("x")])], TOOLS).logits
        for s in (1, 2)
    ]
    assert (logits[0] - logits[1]).abs().max() > 1e-3


def test_every_letter_of_an_answer_equals_the_engines(
    network: tuple[TrainingNetwork, Engine],
) -> None:
    trained, engine = network
    move, goal = Move("Total", way="read"), "click OK, then what is the Total?"
    before = instructions.prompt(goal, [Move("OK")])
    said = [*instructions.answer(move), v.token(v.CALL_ANSWER), *b"42 EUR"]
    query = queries.sequence(before, said, 1.0)
    image = _noise(6)
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    packed = queries.pack([[_query("click Save", "Save"), query]], HEIGHT // 32, WIDTH // 32)
    with torch.no_grad():
        seen = trained.see(pixels.view(1, HEIGHT, WIDTH, 3))
        hidden = trained.read(seen, packed).hidden.float()[0]
    rows = torch.from_numpy(packed.owner[0] == 1).nonzero()[:, 0][-len("42 EUR") - 2 :]
    text = user_text(goal, ["Step 1: click OK"])
    message = Message("user", [ImagePart(image), TextPart(text)])
    decode = engine.begin([message], TOOLS, v.think("read") + "Total")
    for row, token in zip(rows.tolist(), [v.token(v.CALL_ANSWER), *b"42 EUR", None], strict=True):
        ours, theirs = hidden[row] @ trained.embedding.detach().t(), decode.logits
        assert torch.corrcoef(torch.stack([ours, theirs]))[0, 1] > 0.999
        assert (ours - theirs).abs().max() < 0.05 * theirs.abs().max()
        if token is not None:
            decode.step(token)

"""A small network learns by heart what is asked of two screens that differ in their answers."""

import random

import numpy as np
import torch

from handrail.model.learning import learn_from
from handrail.model.pocket import asking, inquiries, losses, queries, states, targets, theme, train
from handrail.model.pocket.asking import AskMix
from handrail.model.pocket.canvas import Canvas, Value, centre
from handrail.model.pocket.inquiries import Inquiry
from handrail.model.pocket.losses import Scores
from handrail.model.pocket.network import TrainingNetwork, build, on
from handrail.model.pocket.queries import Packed
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.targets import Tile

WIDE, HIGH = 192, 96
STEPS, RATE = 150, 2e-3
BLACK, GREY = (0, 0, 0), (190, 190, 190)


def _tile(total: str, on: bool, grey: bool) -> Tile:
    """Draw a sum, a choice that is on or off, and a button that is greyed out or not."""
    canvas = Canvas(WIDE, HIGH, (255, 255, 255))
    look = theme.draw_theme(random.Random(1), theme.training_faces()[:1], (14, 14))
    label = canvas.text(6, 16, "Total", look.body(BLACK))
    canvas.add("text", "Total", label, label)
    sum_of = canvas.text(80, 16, total, look.body(BLACK))
    canvas.values.append(Value("Total", "", sum_of, (label,)))
    canvas.rect((6, 40, 18, 52), (20, 60, 200) if on else None, GREY)
    news = canvas.text(26, 46, "News", look.body(BLACK))
    canvas.add("check", "News", (6, 38, news[2], 54), news)
    canvas.elements[-1].states = ("checked" if on else "unchecked",)
    save = canvas.text(14, 78, "Save", look.body(GREY if grey else BLACK))
    canvas.add("button", "Save", (6, 66, 70, 90), save, centre(save))
    canvas.elements[-1].states = ("disabled",) if grey else ()
    return targets.cut(canvas, canvas.image(), 0, 0, WIDE, HIGH)


def _asked(tile: Tile) -> list[Inquiry]:
    """Return four questions of every kind, as different as can be."""
    out = []
    for sort in asking._WEIGHTS:
        made = (inquiries.drawn(tile, sort, random.Random(seed)) for seed in range(60))
        found = {(one.question, one.answer): one for one in made if one is not None}
        out += list(found.values())[:4]
    return out


def _right(net: TrainingNetwork, hidden: torch.Tensor, packed: Packed) -> torch.Tensor:
    labels = on(packed.labels)
    said = (hidden.float() @ net.embedding.detach().t()).argmax(-1)
    return (said == labels)[labels != queries.IGNORE]


def test_answers_are_learned_to_the_letter() -> None:
    torch.manual_seed(3)
    tiles = [_tile("42", True, False), _tile("97 EUR", False, True)]
    asked = [_asked(tile) for tile in tiles]
    told = [{(a.question, a.name): a.answer for a in each} for each in asked]
    changed = [key for key in told[0] if key in told[1] and told[0][key] != told[1][key]]
    assert len(changed) >= 3, "only who looks can tell these answers"
    mix, rng = AskMix(whole=0.0), random.Random(1)
    drawn = [[asking.query(t, a, mix, rng) for a in e] for t, e in zip(tiles, asked, strict=True)]
    packed = queries.pack(drawn, HIGH // 32, WIDE // 32)
    net = TrainingNetwork(build(Shape(64, 4, 128, 4), seed=3))
    states.begin_later(net, seed=3)
    optimizer, images = train.optimizers(net, RATE), on(np.stack([t.image for t in tiles]))
    for _ in range(STEPS):
        seen, scores = net.see(images), Scores()
        read = net.read(seen, packed)
        if bool(_right(net, read.hidden, packed).all()):
            break
        aim, point = losses.looking(read, packed.areas, scores)
        _, token = losses.answers(net, read, packed, scores)
        learn_from(aim + 0.3 * point + token, net.parameters(), optimizer, RATE)
    assert bool(_right(net, read.hidden, packed).all())

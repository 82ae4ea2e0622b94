"""Experts for what is counted: shapes of a kind, and the sides of one."""

from pydantic import BaseModel, ConfigDict, TypeAdapter

from handrail.agent.proposal import Proposal
from handrail.tasks.miniwob.experts.moves import after, click
from handrail.tasks.miniwob.experts.scene import Scene

_SIZES = ("small", "large")
_COLOURS = ("red", "green", "blue", "aqua", "black", "magenta", "yellow")
_DRAWN = """() => [...document.querySelectorAll('#area_svg > *')].map(node => {
  const tag = node.localName, text = node.textContent, box = node.getBBox();
  const size = tag === 'text' ? parseFloat(node.getAttribute('font-size')) : box.width;
  const kinds = {rect: 'rectangle', polygon: 'triangle', circle: 'circle'};
  return {colour: node.getAttribute('fill'), size: size > 15 ? 'large' : 'small',
    text: kinds[tag] || text,
    type: kinds[tag] ? 'shape' : /[0-9]/.test(text) ? 'digit' : 'letter'};
})"""
# How far the outline is from the middle goes up and down with its corners: the strongest wave wins.
_SIDES = """() => {
  const canvas = document.querySelector('#c');
  const {data, width} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const inked = (x, y) => data[4 * (Math.round(y) * width + Math.round(x)) + 3] > 100;
  const reach = [...Array(360).keys()].map(degree => {
    const angle = degree * Math.PI / 180;
    for (let far = 45; far > 5; far -= 0.5)
      if (inked(75 + far * Math.cos(angle), 50 + far * Math.sin(angle))) return far;
    return 0;
  });
  const wave = count => Math.hypot(
    reach.reduce((sum, far, i) => sum + far * Math.cos(count * i * Math.PI / 180), 0),
    reach.reduce((sum, far, i) => sum + far * Math.sin(count * i * Math.PI / 180), 0));
  return [3, 4, 5, 6, 7].reduce((best, count) => wave(count) > wave(best) ? count : best);
}"""


class _Shape(BaseModel):
    """One thing of a picture: a shape, a digit or a letter, as the instruction may describe it."""

    model_config = ConfigDict(frozen=True)

    colour: str
    size: str
    text: str
    type: str


_SHAPES = TypeAdapter(tuple[_Shape, ...])


def count_shapes(scene: Scene) -> Proposal:
    """Count what fits the description, and click the number."""
    shapes = _SHAPES.validate_python(scene.stage.read(_DRAWN))
    words = after(scene.goal, "How many ", "s are there").split()
    count = sum(all(_fits(shape, word) for word in words) for shape in shapes)
    return click(scene, scene.named("#count-buttons button", str(count)))


def count_sides(scene: Scene) -> Proposal:
    """Count the corners of the outline, and click their number."""
    return click(scene, scene.named("#form button", str(scene.stage.read(_SIDES))))


def _fits(shape: _Shape, word: str) -> bool:
    if word in _SIZES:
        return shape.size == word
    if word in _COLOURS:
        return shape.colour == word
    return word == "item" or word in (shape.text, shape.type)

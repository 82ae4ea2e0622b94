"""Find what a point of a picture lies on: a patch of one colour, or a line of text.

Screens are drawn, not photographed: a button or a field is a patch of exactly one colour with
something on it, and a text is what differs from the colour around it. So region growing from the
point finds a control's box without having learned anything. Where it finds neither, as on a
photograph, a small box around the point stands for it.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture, (height, width, 3)."""
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels; the last two are just outside."""
_WIDEST, _TALLEST, _LEAST = 760, 84, 8
"""What is wider or taller is no control, and a patch lower than this is a gap between letters."""
_MARGIN = 40
_ALIKE = 10
"""So much may a channel be off in a patch of one colour: gradients, and what scaling leaves."""
_NEAR = (14, 8)
"""How far from the point, across and down, the ground is looked for on which it lies."""
_GAPS = (7, 4, 2)
"""What joins letters to a line, in pixels: less where a line would run into its neighbours."""
_SEEDS = (2, 6, 12, 20)
_UNKNOWN = (20, 12)
_SAME = 0.2
"""So much of a part's contrast may another be off that shows the same."""
_COLUMNS = 60
"""From twice so many columns of pixels on, some are left out where parts are compared."""


def around(pixels: Pixels, x: float, y: float) -> Box:
    """Return the box of the patch or the line of text at a point."""
    height, width = pixels.shape[:2]
    column, row = min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1)
    left, top = max(0, column - _WIDEST // 2 - _MARGIN), max(0, row - _TALLEST // 2 - _MARGIN)
    part = pixels[top : row + _TALLEST // 2 + _MARGIN, left : column + _WIDEST // 2 + _MARGIN]
    at = (column - left, row - top)
    ground = _alike(part, common_colour(_window(part, at)))
    box = _patch(ground, at) or _line(~ground, at)
    if box is None:
        box = (at[0] - _UNKNOWN[0], at[1] - _UNKNOWN[1], at[0] + _UNKNOWN[0], at[1] + _UNKNOWN[1])
    return box[0] + left, box[1] + top, box[2] + left, box[3] + top


def repeats(pixels: Pixels, box: Box) -> list[Box]:
    """Return the boxes in a box's own column that show what it shows, from above; it is one.

    The colour behind it may be another, as in striped tables and under the pointer.
    """
    left, top, right, bottom = box
    step = max(1, (right - left) // _COLUMNS)
    column = pixels[:, max(0, left) : right : step].astype(np.int16)
    wanted = column[max(0, top) : bottom]
    if not wanted.size or (wanted == wanted[0, 0]).all():  # plain ground is like all other
        return [box]
    wanted, tall = _without_ground(wanted), len(wanted)
    contrast = float(np.abs(wanted).mean())
    starts = range(len(column) - tall + 1)
    off = [np.abs(_without_ground(column[y : y + tall]) - wanted).mean() for y in starts]
    found: list[int] = []
    for y in sorted((y for y in starts if off[y] <= _SAME * contrast), key=off.__getitem__):
        if all(abs(y - other) >= tall for other in found):
            found.append(y)
    return [(left, y, right, y + tall) for y in sorted(found)]


def _without_ground(part: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return by how much pixels differ from the middle colour of the part."""
    off: NDArray[np.int16] = part - np.median(part, axis=(0, 1)).astype(np.int16)
    return off


def common_colour(pixels: Pixels) -> Pixels:
    """Return the colour (3,) that most of some pixels have."""
    red, green, blue = pixels.reshape(-1, 3).astype(np.int32).T
    colours, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
    common = int(colours[counts.argmax()])
    return np.array([common >> 16, common >> 8 & 255, common & 255], np.uint8)


def grown(mask: Mask, seed: Mask) -> Mask:
    """Return what of a mask is connected to a seed, by sides; both are (height, width)."""
    reached = seed & mask
    before = -1
    while (count := int(reached.sum())) != before:
        before = count
        reached = _along_rows(mask, reached)
        reached = _along_rows(mask.T, reached.T).T
    return reached


def _along_rows(mask: Mask, reached: Mask) -> Mask:
    """Return all runs of a mask's rows of which a part was reached."""
    begins = mask.copy()
    begins[:, 1:] &= ~mask[:, :-1]
    runs = (np.cumsum(begins.ravel()) * mask.ravel()).reshape(mask.shape)
    hit = np.zeros(int(begins.sum()) + 1, np.bool_)
    hit[runs[reached]] = True
    found: Mask = hit[runs] & mask
    return found


def _patch(ground: Mask, at: tuple[int, int]) -> Box | None:
    """Return the box of the patch of ground at a point; None where it is the whole screen's."""
    box = _bounds(grown(ground, _window_mask(ground.shape, at, _NEAR)))
    if box is None or not _is_control(box, ground.shape) or box[3] - box[1] < _LEAST:
        return None
    return box


def _line(drawn: Mask, at: tuple[int, int]) -> Box | None:
    """Return the box of the line of text, or of the icon, at a point or next to it."""
    for gap in _GAPS:
        joined = _spread(drawn, gap)
        seeds = (_window_mask(drawn.shape, at, (s, s // 2 + 1)) for s in _SEEDS)
        seed = next((s for s in seeds if (s & joined).any()), None)
        if seed is None:
            return None
        box = _bounds(grown(joined, seed) & drawn)
        if box is not None and _is_control(box, drawn.shape):
            return box
    return None


def _spread(drawn: Mask, gap: int) -> Mask:
    """Return a mask with gaps of up to twice so many pixels across, and of four down, closed."""
    spread = drawn.copy()
    for step in range(1, gap + 1):
        spread[:, step:] |= drawn[:, :-step]
        spread[:, :-step] |= drawn[:, step:]
    across = spread.copy()
    for step in (1, 2):
        spread[step:] |= across[:-step]
        spread[:-step] |= across[step:]
    return spread


def _alike(pixels: Pixels, colour: Pixels) -> Mask:
    """Return where pixels have about a colour."""
    off = np.abs(pixels.astype(np.int16) - colour.astype(np.int16)).max(2)
    alike: Mask = off <= _ALIKE
    return alike


def _window(pixels: Pixels, at: tuple[int, int]) -> Pixels:
    (x, y), (wide, tall) = at, _NEAR
    return pixels[max(0, y - tall) : y + tall + 1, max(0, x - wide) : x + wide + 1]


def _window_mask(shape: tuple[int, ...], at: tuple[int, int], reach: tuple[int, int]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    (x, y), (wide, tall) = at, reach
    mask[max(0, y - tall) : y + tall + 1, max(0, x - wide) : x + wide + 1] = True
    return mask


def _is_control(box: Box, shape: tuple[int, ...]) -> bool:
    """Tell whether a box has a control's size, and ends before the part that is looked at does."""
    whole = box[0] > 0 and box[1] > 0 and box[2] < shape[1] and box[3] < shape[0]
    return whole and box[2] - box[0] <= _WIDEST and box[3] - box[1] <= _TALLEST


def _bounds(mask: Mask) -> Box | None:
    """Return the box of all that is set, None where nothing is."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

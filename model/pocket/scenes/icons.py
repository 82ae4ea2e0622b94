"""Icons: what people call them, and how they look in three sets and drawn by hand.

The sets are npm packages under permissive licences, fetched by ``make pocket``: lucide-static
(ISC), bootstrap-icons (MIT), @material-symbols/svg-400 (Apache-2.0). Without them the few shapes
that are drawn here stand in.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import skia

from handrail.model.pocket.canvas import Canvas, Colour, Rect

_SETS = (
    "lucide-static/icons",
    "bootstrap-icons/icons",
    "@material-symbols/svg-400/outlined",
    "@material-symbols/svg-400/rounded",
)


@dataclass(frozen=True)
class Concept:
    """What an icon means: words for it, and its file in lucide, bootstrap and material symbols."""

    words: tuple[str, ...]
    files: tuple[str, str, str]


def _concepts(table: str) -> tuple[Concept, ...]:
    made = []
    for line in table.strip().splitlines():
        said, files = line.split("|")
        lucide, bootstrap, material = files.split()
        words = tuple(word.strip() for word in said.split(","))
        made.append(Concept(words, (lucide, bootstrap, material)))
    return tuple(made)


CONCEPTS = _concepts("""
search, find, magnifier | search search search
menu, hamburger menu, main menu | menu list menu
close, dismiss, x | x x-lg close
settings, gear, preferences, options | settings gear settings
home, start page | house house home
account, profile, user, person | user person person
notifications, bell, alerts | bell bell notifications
favorite, heart, like | heart heart favorite
star, favourite, rate | star star star
delete, trash, remove, bin | trash-2 trash delete
edit, pencil, rename | pencil pencil edit
add, plus, new, create | plus plus-lg add
minus, less, subtract | minus dash-lg remove
done, check mark, confirm | check check-lg check
back, left arrow, go back | arrow-left arrow-left arrow_back
forward, right arrow | arrow-right arrow-right arrow_forward
download | download download download
upload | upload upload upload
share | share-2 share share
print, printer | printer printer print
mail, email, envelope, message | mail envelope mail
phone, call | phone telephone call
calendar, date | calendar calendar calendar_today
clock, time, history | clock clock schedule
camera, take photo | camera camera photo_camera
picture, image, photo | image image image
document, file, page | file file-earmark draft
folder, directory | folder folder folder
lock, secure | lock lock lock
show password, eye, view | eye eye visibility
link, chain | link link-45deg link
copy, duplicate | copy copy content_copy
cut, scissors | scissors scissors content_cut
paste, clipboard | clipboard-paste clipboard content_paste
undo | undo-2 arrow-counterclockwise undo
redo | redo-2 arrow-clockwise redo
refresh, reload, sync | refresh-cw arrow-repeat refresh
play | play play play_arrow
pause | pause pause pause
next track, skip forward | skip-forward skip-forward skip_next
previous track, skip back | skip-back skip-backward skip_previous
volume, speaker, sound | volume-2 volume-up volume_up
mute, sound off | volume-x volume-mute volume_off
microphone, voice, record | mic mic mic
location, map pin, place | map-pin geo-alt location_on
cart, basket, shopping cart | shopping-cart cart shopping_cart
filter, funnel | funnel funnel filter_alt
sort, order | arrow-up-down arrow-down-up swap_vert
list view, list | list list-ul list
grid view, grid, tiles | layout-grid grid grid_view
more, more options, three dots | ellipsis three-dots more_horiz
help, question mark | circle-question-mark question-circle help
info, information, about | info info-circle info
warning, alert, caution | triangle-alert exclamation-triangle warning
log out, sign out, exit | log-out box-arrow-right logout
bookmark, save for later | bookmark bookmark bookmark
flag, report | flag flag flag
zoom in, enlarge | zoom-in zoom-in zoom_in
zoom out, shrink | zoom-out zoom-out zoom_out
save, floppy disk | save floppy save
send, paper plane | send send send
attach, paper clip | paperclip paperclip attach_file
light mode, sun, brightness | sun sun light_mode
dark mode, moon, night | moon moon dark_mode
expand, chevron down, show more | chevron-down chevron-down keyboard_arrow_down
chevron right, open | chevron-right chevron-right chevron_right
language, globe, world | globe globe language
tag, label, price | tag tag sell
people, group, team, contacts | users people group
""")
BY_WORD = {concept.words[0]: concept for concept in CONCEPTS}


@lru_cache(maxsize=4096)
def _loaded(path: Path, colour: Colour) -> skia.SVGDOM | None:
    """Return an icon in a colour; None where the set has no such file."""
    try:
        text = path.read_text("utf-8")
    except OSError:
        return None
    ink = "#{:02x}{:02x}{:02x}".format(*colour)
    if "currentColor" in text:
        text = text.replace("currentColor", ink)
    else:
        text = text.replace("<svg ", f'<svg fill="{ink}" ', 1)
    picture = skia.SVGDOM.MakeFromStream(skia.MemoryStream(text.encode(), True))
    return picture if picture is not None and picture.containerSize().width() > 0 else None


@dataclass(frozen=True)
class Icons:
    """A folder's icon sets; ``folder`` is npm's ``node_modules``, and need not be there."""

    folder: Path

    @property
    def complete(self) -> bool:
        """Return whether all the sets are there."""
        return all((self.folder / name).is_dir() for name in _SETS)

    def pick(self, rng: random.Random, count: int) -> list[Concept]:
        """Return so many different concepts, only drawn ones where no set is there."""
        offered = CONCEPTS if self.complete else tuple(BY_WORD[word] for word in _DRAWN)
        return rng.sample(offered, min(count, len(offered)))

    def style(self, rng: random.Random) -> int:
        """Return the number of a set, so that one screen's icons are of one family."""
        return rng.randrange(len(_SETS))

    def draw(self, canvas: Canvas, concept: Concept, style: int, box: Rect, ink: Colour) -> None:
        """Draw a concept's icon into a box in a set's style."""
        name = concept.files[min(style, 2)]
        picture = _loaded(self.folder / _SETS[style] / f"{name}.svg", ink)
        if picture is not None:
            canvas.vector(picture, box)
        else:
            _by_hand(canvas, concept.words[0], box, ink)


_DRAWN: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "close": (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))),
    "menu": tuple((((0.0, y), (1.0, y))) for y in (0.15, 0.5, 0.85)),
    "add": (((0.5, 0.0), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "minus": (((0.0, 0.5), (1.0, 0.5)),),
    "done": (((0.0, 0.5), (0.4, 0.9), (1.0, 0.1)),),
    "back": (((0.5, 0.0), (0.0, 0.5), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "forward": (((0.5, 0.0), (1.0, 0.5), (0.5, 1.0)), ((0.0, 0.5), (1.0, 0.5))),
    "play": (((0.2, 0.0), (0.9, 0.5), (0.2, 1.0), (0.2, 0.0)),),
    "pause": (((0.3, 0.0), (0.3, 1.0)), ((0.7, 0.0), (0.7, 1.0))),
    "expand": (((0.0, 0.25), (0.5, 0.75), (1.0, 0.25)),),
    "chevron right": (((0.25, 0.0), (0.75, 0.5), (0.25, 1.0)),),
    "home": (
        ((0.0, 0.5), (0.5, 0.0), (1.0, 0.5)),
        ((0.15, 0.4), (0.15, 1.0), (0.85, 1.0), (0.85, 0.4)),
    ),
    "mail": (
        ((0.0, 0.15), (1.0, 0.15), (1.0, 0.85), (0.0, 0.85), (0.0, 0.15)),
        ((0.0, 0.15), (0.5, 0.55), (1.0, 0.15)),
    ),
    "folder": (
        ((0.0, 0.9), (0.0, 0.1), (0.4, 0.1), (0.5, 0.25), (1.0, 0.25), (1.0, 0.9), (0.0, 0.9)),
    ),
    "flag": (((0.1, 1.0), (0.1, 0.0), (0.9, 0.25), (0.1, 0.5)),),
}  # fmt: skip
"""Polylines in fractions of the box, for the concepts that anyone can draw."""


def _by_hand(canvas: Canvas, word: str, box: Rect, ink: Colour) -> None:
    wide, tall = box[2] - box[0], box[3] - box[1]
    for line in _DRAWN.get(word, _DRAWN["menu"]):
        points = [(box[0] + x * wide, box[1] + y * tall) for x, y in line]
        canvas.line(points, ink, max(1.4, wide / 10))

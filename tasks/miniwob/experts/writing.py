"""Experts for what is written and dressed up: a terminal, an editor of texts, a colour."""

from pydantic import BaseModel, ConfigDict

from handrail.actuators.actions import Click, Type
from handrail.agent.proposal import Proposal
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.experts.moves import Aimed, after, click, fill, press, proposal
from handrail.tasks.miniwob.experts.scene import Box, Node, Scene

_BUTTONS = {"bold": ".ql-bold", "italics": ".ql-italic", "underlined": ".ql-underline"}
_EDITED = """word => {
  const text = document.querySelector('.ql-editor p').firstChild, range = document.createRange();
  const at = Math.max(0, text.data ? text.data.indexOf(word) : 0);
  if (text.data) { range.setStart(text, at); range.setEnd(text, at + word.length); }
  const {left, top, right, bottom} = range.getBoundingClientRect();
  return {selected: window.getSelection().toString(), box: [left, top, right, bottom],
    dressed: editor.getContents().ops.some(part => part.attributes)};
}"""


class _Edited(BaseModel):
    """The editor: what is selected, where a word stands (CSS), and whether anything is dressed."""

    model_config = ConfigDict(frozen=True)

    selected: str
    box: Box
    dressed: bool


def use_terminal(scene: Scene) -> Proposal:
    """List the files, and remove one that ends as wanted."""
    if not scene.one("#terminal-target").focused:
        return click(scene, scene.one("#terminal"), "terminal")
    if scene.one("#active-input").text:
        return press("enter")
    if Type(text="ls") not in scene.done:
        return proposal(Type(text="ls"))
    files = scene.all(".terminal-output")[-1].text.split(" ")
    end = scene.goal.rpartition(" .")[2] if "extension ." in scene.goal else ""
    fitting = [name for name in files if _ends(name, end)]
    if not fitting:
        raise EpisodeLost(f"none of {files!r:.80} ends as {scene.goal!r:.80} has it")
    return proposal(Type(text=f"rm {fitting[0]}"))


def edit_text(scene: Scene) -> Proposal:
    """Select a word or all there is, give it a style or a colour, and submit."""
    word = "" if "everything" in scene.goal else after(scene.goal, "give the text ", " the ")
    edited = _Edited.model_validate(scene.stage.read(_EDITED, word))
    if edited.dressed:
        return click(scene, scene.one("#subbtn"))
    if any(item.met for item in scene.all(".ql-picker-item")):
        return _dressing(scene)  # while it is open nothing seems to be selected
    return _selecting(scene, word, edited) or _dressing(scene)


def use_colour_picker(scene: Scene) -> Proposal:
    """Write a colour as the picker's field does, and submit."""
    name = after(scene.goal, "Select ", " with")
    code = scene.stage.read("name => ui_utils.colorNameToHex(name)", name)
    assert isinstance(code, str)
    wanted, field = code.removeprefix("#").upper(), scene.one("#col")
    if move := fill(scene, field, wanted, "color picker"):
        return move
    submit = scene.one("#subbtn")
    if submit.met:
        return click(scene, submit)
    return click(scene, scene.one("#query"), "(beside it)")  # the picker lies over the button


def _selecting(scene: Scene, word: str, edited: _Edited) -> Proposal | None:
    """Select a word, with the sign behind it, or all; return None once that is done."""
    if not word:
        editor = scene.one(".ql-editor")
        if edited.selected.strip() == editor.text:
            return None
        return press("ctrl", "a") if editor.focused else click(scene, editor, "text editor")
    if edited.selected == word:
        return None
    if edited.selected and word.startswith(edited.selected):
        return press("shift", "right")
    left, top, _, bottom = edited.box
    twice = Click(point=scene.point(left + 6, (top + bottom) / 2), count=2)
    return Aimed(twice, f"double-click {word}", box=scene.pixels(edited.box), name=word)


def _dressing(scene: Scene) -> Proposal:
    for style, button in _BUTTONS.items():
        if f"style {style}" in scene.goal:
            return click(scene, scene.one(button), style)
    colour = scene.goal.partition(" color ")[2].split()[0].strip(".")
    shades = scene.stage.read("colour => COLOR_MAP[colour]", colour)
    assert isinstance(shades, list)
    swatch = _swatch(scene, shades[0])
    if swatch.met:
        return click(scene, swatch, colour)
    return click(scene, scene.one(".ql-picker-label"), "color")


def _swatch(scene: Scene, shade: str) -> Node:
    return scene.one(f'.ql-picker-item[data-value="{shade}"]')


def _ends(name: str, end: str) -> bool:
    """Tell whether a file's name has this ending, or none where none is wanted."""
    if not end:
        return "." not in name
    return name.endswith(f".{end}") and name.index(end) + len(end) == len(name)

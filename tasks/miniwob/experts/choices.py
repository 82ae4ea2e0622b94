"""Experts for what is chosen by a click: buttons, dialogs, boxes, lists, menus, trees, sections."""

from handrail.actuators.actions import Click, Press
from handrail.agent.proposal import Proposal
from handrail.tasks.miniwob.experts.moves import after, click, click_in, hover, press, wait
from handrail.tasks.miniwob.experts.scene import Scene


def click_button(scene: Scene) -> Proposal:
    """Click the one button there is, or the first of two."""
    button = scene.one("#subbtn")
    return click(scene, button, button.text, "button")


def click_named(scene: Scene) -> Proposal:
    """Click the button whose text is quoted."""
    return click(scene, scene.named("#area button", scene.quoted()[0]))


def close_dialog(scene: Scene) -> Proposal:
    """Close a dialog by the cross in its title bar."""
    return click(scene, scene.one(".ui-dialog-titlebar button"), "x")


def answer_dialog(scene: Scene) -> Proposal:
    """Click the button of a dialog that is named."""
    name = scene.quoted()[0]
    if name == "x":
        return close_dialog(scene)
    return click(scene, scene.named(".ui-dialog-buttonset button", name))


def tick_boxes(scene: Scene) -> Proposal:
    """Tick the boxes that are named, in the order of the instruction, no others, and submit."""
    names = after(scene.goal, "Select ", " and click Submit").split(", ")
    boxes = zip(scene.all("#area label"), scene.all("#area label input"), strict=True)
    wrong = [label for label, box in boxes if box.checked != (label.text in names)]
    if not wrong:
        return click(scene, scene.one("#subbtn"))
    return click(scene, min(wrong, key=lambda label: [*names, label.text].index(label.text)))


def open_section(scene: Scene) -> Proposal:
    """Open the one section, and submit."""
    if any(content.met for content in scene.all(".ui-accordion-content")):
        return click(scene, scene.one("#subbtn"))
    return click(scene, scene.one("h3"), "section")


def find_in_sections(scene: Scene) -> Proposal:
    """Open the section that holds a link, and click the link."""
    name = scene.quoted()[0]
    find = (
        "name => [...document.querySelectorAll('.ui-accordion-content')].findIndex("
        "part => [...part.querySelectorAll('.alink')].some(link => link.innerHTML === name))"
    )
    place = scene.stage.read(find, name)
    assert isinstance(place, int)
    header = scene.all("#area h3")[place]
    if "ui-state-active" not in header.classes:
        return click(scene, header)
    links = [link for link in scene.all(".alink") if link.text == name and link.met]
    return click(scene, links[0]) if links else wait()


def follow_menu(scene: Scene) -> Proposal:
    """Hover from entry to entry, and click the last one of the path."""
    *parents, last = scene.goal.removeprefix("Select ").split(">")
    leaf = scene.named("#menu li > div", last)
    if leaf.met:
        return click(scene, leaf)
    seen = [scene.named("#menu li > div", name) for name in parents]
    return hover(scene, [node for node in seen if node.met][-1])


def navigate_tree(scene: Scene) -> Proposal:
    """Open the folders around a name, and click it."""
    name = scene.quoted()[0]
    shown = [node for node in scene.all("#tree span") if node.text == name and node.met]
    if shown:
        return click(scene, shown[0])
    find = (
        "name => { const spans = [...document.querySelectorAll('#tree span')];"
        " let at = spans.find(span => span.textContent === name).closest('li'), shut;"
        " while (at = at.parentElement.closest('li.expandable')) shut = at;"
        " return spans.indexOf(shut.querySelector('span')); }"
    )
    place = scene.stage.read(find, name)
    assert isinstance(place, int)
    return click(scene, scene.all("#tree span")[place])


def choose_in_list(scene: Scene) -> Proposal:
    """Select one or two entries of a list, the second with the keyboard, and submit."""
    names = after(scene.goal, "Select ", " from the scroll list").split(", ")
    options = scene.all("#options option")
    texts = [option.text for option in options]
    wanted = _indices(texts, names)
    chosen = {i for i, option in enumerate(options) if option.checked}
    if chosen == wanted:
        return click(scene, scene.one("#area button"))
    if not chosen or chosen - wanted:
        first = min(wanted)
        return click_in(scene, options[first], scene.one("#options"))
    return _also(scene, at=min(chosen), wanted=max(wanted - chosen))


def _indices(texts: list[str], names: list[str]) -> set[int]:
    """Return where the names stand; one may hold a comma itself."""
    joined = ", ".join(names)
    return {i for i, text in enumerate(texts) if text in names or (", " in text and text in joined)}


def _also(scene: Scene, at: int, wanted: int) -> Proposal:
    """Move the list's cursor without selecting, then add the entry under it."""
    for action in reversed(scene.done):
        if isinstance(action, Click):
            break
        if isinstance(action, Press) and action.keys in (("ctrl", "down"), ("ctrl", "up")):
            at += 1 if action.keys[1] == "down" else -1
    if at == wanted:
        return press("ctrl", "space")
    return press("ctrl", "down" if at < wanted else "up")

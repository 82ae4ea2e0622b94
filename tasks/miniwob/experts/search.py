"""The expert for a search engine whose results come in pages."""

from handrail.agent.proposal import Proposal
from handrail.tasks.miniwob.experts.moves import click, fill, ordinal, ordinals
from handrail.tasks.miniwob.experts.scene import Scene

_ON_A_PAGE = 3


def search_engine(scene: Scene) -> Proposal:
    """Search for a name, turn to the page of the wanted result, and click it."""
    (number,) = ordinals(scene.goal)
    if move := fill(scene, scene.one("#search-text"), scene.quoted()[0], "textbox"):
        return move
    pages = [node for node in scene.all("#pagination .page-item") if node.text.isdecimal()]
    if not pages:
        return click(scene, scene.one("#search"))
    page, place = divmod(number - 1, _ON_A_PAGE)
    if "active" not in pages[page].classes:
        return click(scene, scene.named("#pagination .page-item", ">"), "Next")
    result = scene.all("#page-content .search-title")[place]
    return click(scene, result, f"{ordinal(number)} search result")

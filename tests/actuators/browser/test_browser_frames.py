"""What a page embeds is told with its own address, and permitted there too."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from handrail.actuators.actions import Click
from handrail.actuators.geometry import Point
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.rulebook import Rulebook
from tests.actuators.browser.conftest import Server

if TYPE_CHECKING:
    from tests.actuators.browser.conftest import Stage


@pytest.fixture
def neighbour() -> Iterator[str]:
    """Serve the pages at another port, which is another origin of the same site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_frames_button_needs_the_frames_own_permission(stage: "Stage", neighbour: str) -> None:
    foreign = f"{neighbour}/hidden.html"
    seen = stage.load(f"embedding.html?{quote(foreign)}#top")
    stage.until(
        lambda: stage.browser.hit_test(Point(x=350, y=30)),
        lambda found: found is not None and found.page == foreign,
    )
    rule = Rule(decision="allow", effects=("navigate", "commit", "unknown"), origin=stage.site,
                owned_display=True)  # fmt: skip
    book = Rulebook.of(Policy(rules=(rule,)))
    decisions = []
    for selector in ("#other", "#inline"):
        click = Click(point=stage.at(selector))
        element = stage.browser.hit_test(click.point)
        assert element is not None
        around = Circumstances((element,), seen.geometry)
        decisions.append(book.judge("commit", click, seen.surface, around).decision)
    assert decisions == ["deny", "allow"]

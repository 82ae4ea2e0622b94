"""The pages of other people that the chromium suite looks at, and how to get them.

For examination only: none of these pages is ever trained on or tuned to. The packages come from the
npm and PyPI clients' own registries into a folder outside the repository; no install script runs.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from handrail.tasks.npm import npm_install, run_installer

NPM_PACKAGES = (
    "startbootstrap-sb-admin-2@4.1.4",
    "jquery-ui-dist@1.13.2",
    "swagger-ui-dist@5.35.0",
    "tiddlywiki@5.4.1",
    "todomvc@0.1.1",
)
DJANGO = "django==5.2"


@dataclass(frozen=True)
class WebPage:
    """A page to look at: whose it is, a name for its files, its address under the site's root.

    ``entries`` are typed into the field with the focus, each followed by Enter, before the look.
    """

    source: str
    name: str
    path: str
    entries: tuple[str, ...] = ()


_SB = "startbootstrap-sb-admin-2"
_SB_PAGES = (
    "index 404 blank buttons cards charts forgot-password login register tables utilities-animation"
    " utilities-border utilities-color utilities-other"
)
_WIKI = ("GettingStarted", "%24%3A%2FControlPanel", "Philosophy", "Community", "Upgrading")
_TODO = ("vanillajs", "backbone", "jquery", "angularjs", "knockoutjs")
_API = ("", "#/books/addBook", "#/loans/findLoan", "#/readers/renameReader")


def node_pages() -> tuple[WebPage, ...]:
    """Return the pages that are files of npm packages, addressed from the install folder."""
    todos = ("water the ferns", "return the ladder", "sharpen pencils")
    return (
        *(WebPage(_SB, n, f"node_modules/{_SB}/{n}.html") for n in _SB_PAGES.split()),
        WebPage("jquery-ui-dist", "index", "node_modules/jquery-ui-dist/index.html"),
        *(
            WebPage("swagger-ui-dist", f"api{i}", f"node_modules/swagger-ui-dist/index.html{at}")
            for i, at in enumerate(_API)
        ),
        *(WebPage("tiddlywiki", f"wiki{i}", f"wiki/index.html#{t}") for i, t in enumerate(_WIKI)),
        *(
            WebPage("todomvc", n, f"node_modules/todomvc/examples/{n}/index.html", todos)
            for n in _TODO
        ),
    )


def install(cache: Path) -> None:
    """Fetch what is not in the cache yet and build the wiki. Raises PackagesMissing."""
    cache.mkdir(parents=True, exist_ok=True)
    npm_install(cache, NPM_PACKAGES)
    if not (cache / "wiki" / "index.html").is_file():
        wiki = "node_modules/tiddlywiki"
        page = ("--render", "$:/core/save/all", "index.html", "text/plain")
        command = ["node", f"{wiki}/tiddlywiki.js", f"{wiki}/editions/tw5.com", "--output", "wiki"]
        run_installer([*command, *page], cache)
    if not (cache / "python" / "django").is_dir():
        run_installer(
            [sys.executable, "-m", "pip", "install", "-q", "--target", "python", DJANGO], cache
        )

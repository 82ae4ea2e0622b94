"""``handrail eval grounding``: measure how well a model finds what it is told to click."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.browser_setting import add_browser
from handrail.tasks.cli_output import tell
from handrail.tasks.errors import PackagesMissing, UsageError
from handrail.tasks.evaluate import add_model, add_parallel, chosen_model, print_table

if TYPE_CHECKING:  # what a command does not use, it does not load
    from handrail.tasks.evaluate_score import Shot
    from handrail.tasks.results.result import Figure
    from handrail.tasks.run_model import ModelChoice

SUITES = ("rendered", "chromium", "desktop")
_DESCRIPTION = """Ask the model to click what is named, and count the clicks that fall into its box.
SUITE is "rendered" (fresh screens of our own renderer), "chromium" (other people's pages, fetched
once) or "desktop" (five applications), both of which no training ever saw, or a file. The file
holds JSON lines {"image": PATH, "instruction": TEXT, "bbox": [x1, y1, x2, y2]} with boxes in
pixels, null for what is not there, and paths relative to it, or a JSON list in the format of
ScreenSpot."""


def register(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = kinds.add_parser(
        "grounding", help="does it click where it is told to", description=_DESCRIPTION
    )
    parser.set_defaults(handler=handle)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="?", metavar="FILE")
    what.add_argument("--suite", metavar="SUITE", help="rendered, chromium, desktop or FILE")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where a file's images are")
    parser.add_argument(
        "--hints",
        action="store_true",
        help="let the model hear what pages and programs say they show, kept beside each picture "
        "as NAME.hints.json; measured apart from pixels alone",
    )
    parser.add_argument(
        "--json", action="store_true", help="print every answer and all figures as JSON"
    )
    group = parser.add_argument_group("with a suite's name")
    group.add_argument("--count", type=int, metavar="N", help="so many screens of rendered")
    group.add_argument("--seed", type=int, metavar="S", help="another drawing of the suite")
    group.add_argument("--results", type=Path, metavar="DIR", help="write the result there")
    group.add_argument("--cache", type=Path, metavar="DIR", help="where pictures are kept")
    add_browser(group)
    add_parallel(parser, "rows of a file or of photographed screens")
    add_model(parser)


def handle(arguments: argparse.Namespace) -> int:
    """Measure, print, and return the exit code. Raises TaskError, ModelError, ActuatorError."""
    if arguments.suite in SUITES and arguments.images is not None:
        raise UsageError("--images goes with a file: a suite brings its own")
    if arguments.count is not None and arguments.count < 1:
        raise UsageError("--count must be at least 1")
    shots: tuple[Shot, ...] = ()
    if arguments.suite == "rendered":
        if arguments.parallel > 1:
            raise UsageError("--parallel goes with files and photographed screens, not rendered")
        if arguments.hints:
            raise UsageError("--hints go with files and photographed screens: drawn ones tell none")
        found = _rendered(arguments)
    elif arguments.suite in SUITES:
        shots, found = _photographed(arguments)
    else:
        from handrail.tasks.evaluate_score import figures

        file = arguments.file or Path(arguments.suite)
        choice = chosen_model(arguments)
        shots = measure(file, arguments.images, choice, arguments.parallel, arguments.hints)
        found = figures(shots)
    if arguments.json:
        print(_as_json(shots, found))
    else:
        print_table(f"grounding: {arguments.file or arguments.suite}", found)
    return 0


def _rendered(arguments: argparse.Namespace) -> "tuple[Figure, ...]":
    try:
        from handrail.model.pocket import suite
        from handrail.tasks.suites import renders
    except ModuleNotFoundError as error:
        raise PackagesMissing(
            f"the suite is drawn with {error.name}, which is not installed: "
            "pip install 'handrail[train]'"
        ) from error
    count = suite.COUNT if arguments.count is None else arguments.count
    seed = suite.SEED if arguments.seed is None else arguments.seed
    found = renders.measure(chosen_model(arguments), count, seed)
    if arguments.results is not None:
        tell(f"written: {renders.keep(found, count, seed, arguments.results)}")
    return found


def _photographed(arguments: argparse.Namespace) -> "tuple[tuple[Shot, ...], tuple[Figure, ...]]":
    from handrail.tasks.evaluate_score import figures
    from handrail.tasks.suites import desktop, web

    seed = 1 if arguments.seed is None else arguments.seed
    chromium = arguments.suite == "chromium"
    if chromium:
        file = web.collected(web.Collection(arguments.cache, None, seed, arguments.browser))
    else:
        cache = arguments.cache or web.cache_home() / "handrail" / "suites" / "desktop"
        file = desktop.collected(cache / f"windows-{seed}", seed, tell)
    choice = chosen_model(arguments)
    shots = measure(file, None, choice, arguments.parallel, arguments.hints)
    found = figures(shots)
    if arguments.results is not None:
        keep = web.keep if chromium else desktop.keep
        tell(f"written: {keep(found, seed, arguments.results, arguments.hints)}")
    return shots, found


def measure(
    file: Path,
    images: Path | None,
    model: "ModelChoice",
    parallel: int = 1,
    hinted: bool = False,
) -> "tuple[Shot, ...]":
    """Ask a model about every row of a file, several at once, with progress on stderr.

    ``hinted``: with what the screens said they show. Raises RowError before the model is loaded,
    and ModelError.
    """
    from handrail.tasks.evaluate_rows import read_rows
    from handrail.tasks.evaluate_score import locator_on, shoot
    from handrail.tasks.hint_files import read_hints
    from handrail.tasks.proposers import proposers

    rows = read_rows(file, images)
    if hinted:
        for image in {row.image for row in rows}:
            read_hints(image)

    def told(done: int, hits: int) -> None:
        if done % 25 == 0 or done == len(rows):
            tell(f"{done} of {len(rows)} asked, {hits} hit")

    with proposers(model, parallel) as cast:
        return shoot(rows, [locator_on(cast())] * parallel, told, hinted)


def _as_json(shots: "Sequence[Shot]", figures: "Sequence[Figure]") -> str:
    rows = [
        {
            "row": shot.row.where,
            "image": str(shot.row.image),
            "instruction": shot.row.instruction,
            "bbox": None if shot.row.box is None else list(shot.row.box),
            "asks": shot.row.asks,
            "point": None if shot.point is None else [shot.point.x, shot.point.y],
            "there": shot.there,
            "hit": shot.hit,
            "seconds": round(shot.seconds, 3),
        }
        for shot in shots
    ]
    content = {"figures": [f.model_dump(mode="json") for f in figures], "rows": rows}
    return json.dumps(content, indent=1)

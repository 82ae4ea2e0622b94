"""Make the tables of the Markdown documents from the results, between markers.

A document asks for a table with ``<!-- result: NAME -->`` and ``<!-- /result -->``, each on a line
of its own; what stands between them is written here and nowhere else.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from handrail.tasks.results.errors import TableBroken
from handrail.tasks.results.result import Figure, Result

_OPEN = re.compile(r"^<!-- result: (?P<name>[a-z0-9-]+) -->$")
_CLOSE = "<!-- /result -->"


def table(result: Result) -> str:
    """Return the result as a Markdown table with the line that says where it comes from."""
    figures = result.figures
    columns = {"Figure": [f.name for f in figures], "Value": [_value(f, f.value) for f in figures]}
    if any(f.low is not None for f in figures):
        columns["95 % interval"] = [_interval(f) for f in figures]
    if any(f.chance is not None for f in figures):
        columns["Chance"] = ["" if f.chance is None else _value(f, f.chance) for f in figures]
    if any(f.count is not None for f in figures):
        columns["Cases"] = ["" if f.count is None else f"{f.count:,}" for f in figures]
    if any(f.note for f in figures):
        columns["Note"] = [f.note for f in figures]
    rows = [tuple(columns), ("---",) * len(columns), *zip(*columns.values(), strict=True)]
    lines = ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join([f"**{result.title}**", "", *lines, "", _origin(result)])


def fill(
    text: str, results: Mapping[str, Result], where: str, made: Mapping[str, str] | None = None
) -> str:
    """Return a document with every marked table made anew. Raises TableBroken.

    ``made``: tables that are no single result, by name.
    """
    ready = {} if made is None else made
    lines: list[str] = []
    opened: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _OPEN.match(line)
        if (mark and opened is not None) or (line == _CLOSE and opened is None):
            raise TableBroken(f"{where}:{number}: {line!r} has no partner")
        if mark:
            opened = mark["name"]
            if opened not in results and opened not in ready:
                raise TableBroken(f"{where}:{number}: there is no results/{opened}.json")
            shown = ready[opened] if opened in ready else table(results[opened])
            lines += [line, "", shown, ""]
        if line == _CLOSE:
            opened = None
        if opened is None:
            lines.append(line)
    if opened is not None:
        raise TableBroken(f"{where}: the table of {opened!r} does not end with {_CLOSE!r}")
    return "\n".join(lines) + "\n"


def named(text: str) -> tuple[str, ...]:
    """Return the names of the results that a document shows."""
    return tuple(m["name"] for m in map(_OPEN.match, text.splitlines()) if m)


def documents(root: Path) -> tuple[Path, ...]:
    """Return the Markdown files of a checkout that show results, hidden and built folders apart."""
    found = []
    for path in sorted(root.rglob("*.md")):
        inside = path.relative_to(root).parts
        if any(p.startswith(".") or p in {"build", "dist"} for p in inside):
            continue
        if named(path.read_text(encoding="utf-8")):
            found.append(path)
    return tuple(found)


def _value(figure: Figure, value: float) -> str:
    if figure.unit == "share":
        return f"{100 * value:.1f} %"
    shown = f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
    return f"{shown} {figure.unit}".strip()


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_value(figure, figure.low)} to {_value(figure, figure.high)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _origin(result: Result) -> str:
    hardware = result.hardware
    on = f"{hardware.processor}, {hardware.cores} cores, {hardware.memory_gib:g} GiB"
    if hardware.accelerator:
        on += f", {hardware.accelerator}"
    seed = "" if result.seed is None else f", seed {result.seed}"
    return (
        f"`{result.command}`{seed}; {result.date:%Y-%m-%d}, commit "
        f"{result.commit[:10]}{'+changes' if result.commit.endswith('+changes') else ''}; {on}. "
        f"All details: `results/{result.name}.json`."
    )

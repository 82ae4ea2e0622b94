"""Write the demo's figures down: shares of reached goals, seconds of a step, memory."""

import resource
import statistics
from collections.abc import Sequence
from pathlib import Path

from handrail.tasks.demo_runs import Checked, Round
from handrail.tasks.results.result import Figure, measured, share, write_result
from handrail.tasks.run_file import read_run_file


def write_demo_result(rounds: Sequence[Round], folder: Path) -> Path:
    """Write ``demo.json`` and return its path."""
    seeds = [round_.seed for round_ in rounds]
    result = measured(
        "demo",
        "The demo on fresh seeds: sign-in, settings, mousepad",
        f"python -m handrail.tasks.demo --seeds {min(seeds)}..{max(seeds)}",
        min(seeds),
        demo_figures(rounds),
    )
    return write_result(result, folder)


def demo_figures(rounds: Sequence[Round]) -> tuple[Figure, ...]:
    """Return the share of seeds with all goals reached, each goal's share, and the costs."""
    checks = [check for round_ in rounds for check in round_.checks]
    parts = []
    for name in dict.fromkeys(check.name for check in checks):
        goods = [check.good for check in checks if check.name == name]
        parts.append(share(f"goal reached: {name}", sum(goods), len(goods)))
    whole = share("all goals reached", sum(r.good for r in rounds), len(rounds))
    return (whole, *parts, *cost_figures(checks))


def cost_figures(checks: Sequence[Checked]) -> tuple[Figure, ...]:
    """Return the median seconds of a step and of its thinking, and the process's peak memory."""
    steps = [step for check in checks for step in read_run_file(check.end.folder.record).steps]
    if not steps:
        return ()
    whole = [step.seconds.look + step.seconds.think + step.seconds.act for step in steps]
    return (
        _median("median seconds of a step's thinking", [step.seconds.think for step in steps]),
        _median("median seconds of a step", whole),
        Figure(
            name="peak memory of the process",
            value=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            unit="MiB",
        ),
    )


def _median(name: str, seconds: Sequence[float]) -> Figure:
    value = round(statistics.median(seconds), 3)
    return Figure(name=name, value=value, unit="s", count=len(seconds))

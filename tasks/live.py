"""Show a run while it goes on: a moving line on a terminal, plain lines elsewhere.

What a screen or a model wrote is shown through the sanitiser and as ``Text``, which reads no
markup.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from handrail.actuators.base import sanitise
from handrail.actuators.observation import Observation
from handrail.agent.budget import Budget
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, describe
from handrail.agent.result import EndKind, Result
from handrail.sandbox.records import Alert
from handrail.tasks.cli_output import say_nothing_more

_STYLES = {
    "done": ("ok", "green"),
    "failed": ("failed", "red"),
    "in_doubt": ("in doubt", "yellow"),
    "withdrawn": ("withdrawn", "yellow"),
    "denied": ("denied", "red"),
    "exhausted": ("used up", "yellow"),
    "stopped": ("stopped", "yellow"),
    "handed_back": ("handed back", "yellow"),
}
_ENDS: dict[EndKind, str] = {
    "success": "bold green",
    "failed": "bold red",
    "denied": "bold red",
    "environment": "bold red",
    "budget": "bold yellow",
    "stopped": "bold yellow",
}


class Hearing(Console):
    """A console that falls silent where nobody reads it any more: a run is not for its printing."""

    def on_broken_pipe(self) -> None:
        """Print nothing more, instead of ending the process as rich does."""
        self.quiet = True
        say_nothing_more(sys.stdout)


class LiveView:
    """A listener that prints each step as it ends, and on a terminal what goes on meanwhile."""

    def __init__(self, console: Console, goal: str, budget: Budget) -> None:
        self._console = console
        self._budget = budget
        self._began = time.monotonic()
        self._now = Text("opening the screen and the model")
        self._spinner = Spinner("dots")
        self._live: Live | None = None
        self._print(_line(("goal  ", "bold"), (sanitise(goal, 500), "")))
        self._start()

    def looked(self, number: int, observation: Observation) -> None:
        """Show that a step begins."""
        size = f"{observation.geometry.width}x{observation.geometry.height}"
        self._now = Text(f"step {number} of at most {self._budget.steps}: thinking ({size})")
        self._refresh()

    def stepped(self, step: Step) -> None:
        """Print what became of a step."""
        self._print(step_line(step.told()))  # a terminal may be a log file
        self._now = Text("waiting for a still screen")
        self._refresh()

    def alerted(self, alert: Alert) -> None:
        """Print an alert, before the line of the step in which it was raised."""
        rule = alert.rule.replace("_", " ")
        told = f"{rule}: {sanitise(alert.reason, 500)}"
        self._print(_line(("      alert ", "bold yellow"), (told, "")))

    def ended(self, result: Result) -> None:
        """Print how the run ended."""
        self.close()
        spent = result.spent
        self._print(
            _line(
                (f"{result.kind}", _ENDS[result.kind]),
                (f"  {sanitise(result.reason, 500)}", ""),
                (f"  ({spent.steps} steps, {spent.seconds:.1f} s, {spent.calls} calls)", "dim"),
            )
        )

    @property
    def moving(self) -> bool:
        """Tell whether the moving line has the terminal."""
        return self._live is not None

    def close(self) -> None:
        """Give the terminal back; safe to call twice."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the terminal to someone else for a while."""
        running = self.moving
        self.close()
        try:
            yield
        finally:
            if running:
                self._start()

    def _print(self, line: Text) -> None:
        # A log file gets each step on one line, however long; a terminal is wrapped.
        try:
            self._console.print(line, soft_wrap=not self._console.is_terminal)
        except OSError:  # the disk that it is written to is full
            self._console.quiet = True

    def _start(self) -> None:
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._moving,
                console=self._console,
                refresh_per_second=8,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _refresh(self) -> None:
        if self._live is not None:
            self._live.refresh()

    def _moving(self) -> Spinner:
        seconds = time.monotonic() - self._began
        text = _line((self._now.plain, ""), (f"  {seconds:.0f} s", "dim"))
        self._spinner.update(text=text)
        return self._spinner


def step_line(step: Step) -> Text:
    """Return one line that tells a step."""
    number = (f"{step.number:>4}  ", "bold")
    seconds = step.timing.look + step.timing.think + step.timing.act
    tail = (f"  {seconds:.1f} s", "dim")
    if isinstance(step.reply, ParseError):
        problem = sanitise(step.reply.problem)
        return _line(number, ("no action ", "red"), (problem, ""), tail)
    what = sanitise(describe(step.reply.action))
    said = sanitise(step.reply.line)
    words = what if said == what else f"{said}  [{what}]"
    if step.outcome is None:
        return _line(number, ("not done ", "yellow"), (words, ""), tail)
    if step.outcome.edited is not None:
        words += f"  [edited: {sanitise(describe(step.outcome.edited))}]"
    word, style = _STYLES[step.outcome.kind]
    why = "" if step.outcome.kind == "done" else f": {sanitise(step.outcome.reason)}"
    effect = (f"  {step.outcome.effect}", "cyan")
    amiss = step.verdict is not None and step.verdict.finding in {"nothing changed", "otherwise"}
    note = (f"  {step.verdict.reason}" if step.verdict and amiss else "", "yellow")
    return _line(number, (f"{word} ", style), (f"{words}{why}", ""), effect, note, tail)


def _line(*parts: tuple[str, str]) -> Text:
    text = Text(no_wrap=False)
    for words, style in parts:
        text.append(words, style=style or None)
    return text

"""Show people what an undo would do, and what it did: step by step, the newest first."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from handrail.actuators.base import sanitise
from handrail.agent.proposal import describe
from handrail.sandbox.rollback import STOPS, Prospect, UndoStep
from handrail.sandbox.snapshot.keeper import Change, Difference

_PLANNED: dict[Prospect, tuple[str, str]] = {
    "put back": ("will be put back", "green"),
    "nothing changed": ("nothing to put back", "dim"),
    "cannot be undone": ("cannot be undone", "bold red"),
    "conflict": ("conflict", "bold red"),
    "lost": ("can no longer be undone", "bold red"),
    "not reached": ("not reached", "yellow"),
    "undone": ("was undone before", "dim"),
}
_DONE: dict[Prospect, tuple[str, str]] = {**_PLANNED, "put back": ("put back", "green")}
# Undoing turns each around: what the action created is taken away.
_SIGNS: dict[Change, tuple[str, str]] = {
    "created": ("- ", "red"), "changed": ("~ ", "yellow"), "deleted": ("+ ", "green"),
}  # fmt: skip
_FEW = 20
_INDENT = " " * 10


class UndoView:
    """Prints the steps of an undo; without ``everything`` long lists are cut, and say so."""

    def __init__(
        self, console: Console, numbers: Mapping[int, int], everything: bool = False
    ) -> None:
        self._console = console
        self._numbers = numbers
        self._most = None if everything else _FEW

    def planned(self, steps: Iterable[UndoStep]) -> None:
        """Print what would be done."""
        for step in steps:
            self._head(step, *_PLANNED[step.prospect])
            self.differences(step.differences, turned=True)
            self._rest(step)

    def ended(self, step: UndoStep) -> None:
        """Print what became of a step; what was never tried has been told by the plan."""
        if step.prospect != "put back" and step.prospect not in STOPS:
            return
        self._head(step, *_DONE[step.prospect])
        self._rest(step)

    def total(self, steps: Iterable[UndoStep]) -> None:
        """Print in one line what came of it all."""
        found = list(steps)
        back = sum(step.prospect in {"put back", "undone"} for step in found)
        said = [f"{back} of {len(found)} steps put back"]
        if never := sum(step.reversal == "irreversible" for step in found):
            said.append(f"{never} did what cannot be taken back")
        if any(step.prospect in STOPS for step in found):
            said.append("it ended early: see above")
        self._print(Text("; ".join(said)))

    def remaining(self, differences: Iterable[Difference]) -> None:
        """Print what is not as it was before."""
        self._print(Text("not as it was before:", "bold red"))
        self.differences(tuple(differences), turned=False)

    def _head(self, step: UndoStep, words: str, style: str) -> None:
        what = sanitise(describe(step.state.action), 200)
        number = self._numbers.get(step.state.seq, 0)
        doubt = " (in doubt)" if step.state.state == "in_doubt" else ""
        self._print(
            Text.assemble(
                f"{number:>4}  ", (f"{words:<24}", style), f"{what} [{step.intent.effect}]{doubt}"
            )
        )
        if step.reason:
            self._print(Text(f"{_INDENT}{sanitise(step.reason, 1_000)}", style))

    def _rest(self, step: UndoStep) -> None:
        for left in step.left:
            label = "" if left.startswith("by hand: ") else "stays: "
            self._print(Text(f"{_INDENT}{label}{sanitise(left, 600)}", "yellow"))

    def differences(self, differences: tuple[Difference, ...], turned: bool) -> None:
        """Print differences, those that undoing turns around as it will leave them."""
        for one in differences[: self._most]:
            sign, style = _SIGNS[one.change]
            if not turned:
                sign = {"- ": "+ ", "+ ": "- "}.get(sign, sign)
            named = "" if one.kind == "file" else f" ({one.kind})"
            self._print(Text(f"{_INDENT}{sign}{sanitise(one.what, 1_000)}{named}", style))
        if self._most is not None and len(differences) > self._most:
            more = len(differences) - self._most
            self._print(Text(f"{_INDENT}and {more:,} more: --all lists them", "dim"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

"""P14, takeovers: what a person does with a screen that they took over is theirs.

A run asks, and the person takes over: types what is theirs, also where it shows, sends it off, and
hands the screen back or ends the run. No picture is taken meanwhile, and no prompt, no file of the
run's folder and nothing that is told of the run holds what they typed. Without the defence the run
does not wait for them.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Field
from handrail.actuators.observation import Observation
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.secret_sources import EnvironmentSecrets, variable
from handrail.sandbox.secret_use import SecretUse
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from tests.faults.canaries import canary, found_below
from tests.faults.secret_screen import (
    COMMENT,
    ORIGIN,
    PASSWORD,
    SHOW,
    TellingScreen,
    Watcher,
    is_covered,
)
from tests.faults.stage import PlayedClock
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_POLICY = Policy(
    profile="unattended",
    rules=(Rule(decision="ask", effects=("commit", "unknown")),),
    secrets={"used": SecretUse(origins=(ORIGIN,), fields="any")},
)
_FIELDS = ("User", "Password", "Comment")


@dataclass(frozen=True)
class _Case:
    """One run: into which fields the person types, and whether they hand back in the end.

    ``first``: where the run itself has typed a secret before, if anywhere.
    """

    theirs: str
    fields: tuple[str, ...]
    takeovers: int
    comes_back: bool
    first: str
    used: str


def _case(random: Random) -> _Case:
    return _Case(
        theirs=canary(random),
        fields=tuple(random.sample(_FIELDS, random.randint(1, 3))),
        takeovers=random.randint(1, 2),
        comes_back=random.random() < 0.8,
        first=random.choice(("", "Password", "Comment")),
        used=canary(random),
    )


class _Looked(TellingScreen):
    """Counts how often it is looked at."""

    seen = 0

    def observe(self) -> Observation:
        """Count, and look."""
        self.seen += 1
        return super().observe()


class _Bystander(Watcher):
    """Watches for what a person typed, too: in every text, and in pictures of fields that show."""

    def __init__(self, replies: list[Action | str], case: _Case) -> None:
        super().__init__(replies, (case.used,), case.theirs)
        self._theirs = case.theirs

    def read(self, where: str, text: str, *more: str) -> None:
        """Note a leak where a text holds either value."""
        super().read(where, text, self._theirs, *more)

    def look(self, observation: Observation) -> None:
        """Note a field that shows what the person typed."""
        super().look(observation)
        for widget in self.screen.widgets:
            shows = isinstance(widget, Field) and not widget.secret and self._theirs in widget.text
            if shows and not is_covered(observation, widget):
                self.leaks.append(f"a picture of a takeover shows the {widget.name} field")


class _Person:
    """Is asked and takes over; ``waits``: the run waits until they are done."""

    def __init__(self, case: _Case, watcher: Watcher, waits: bool) -> None:
        self._case, self._watcher, self._waits = case, watcher, waits
        self.times = 0

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Take over."""
        self.times += 1
        return ApprovalAnswer("take_over", handed_back=self._acts)

    def _acts(self) -> bool:
        screen = self._watcher.screen
        assert isinstance(screen, _Looked)
        looks = screen.seen
        fields = [screen.named(Field, name) for name in self._case.fields]
        for field in fields:
            for character in self._case.theirs:
                field.insert(character)
        if not self._waits:
            return True
        screen.clipboard = self._case.theirs
        for field in fields:
            if not field.secret:  # sent off; a password stays where it is
                field.select(0, len(field.text))
                field.erase("delete")
        if screen.seen != looks:
            self._watcher.leaks.append("a picture was taken during a takeover")
        return self._case.comes_back or self.times < self._case.takeovers


def _steps(case: _Case) -> list[Action | str]:
    places = {"Password": PASSWORD, "Comment": COMMENT}
    steps: list[Action | str] = []
    if case.first:
        steps += [Click(point=places[case.first].center), Type(text="{{secret:used}}")]
    for number in range(case.takeovers):
        steps += [Click(point=SHOW.center), Click(point=COMMENT.center), Type(text=f"{number}")]
    return [*steps, Terminate(status="success")]


def _ran(case: _Case, folder: Path, waits: bool) -> tuple[list[str], int]:
    """Run a case; return what leaked, and how often the person took over."""
    watcher = _Bystander(_steps(case), case)

    def build(verifier: PermitVerifier) -> TellingScreen:
        watcher.screen = _Looked(verifier, "", case.used)
        return watcher.screen

    person = _Person(case, watcher, waits)
    request = RunRequest(
        "Sign in with {{secret:used}}",
        FakeTarget(build),
        policy=PolicyChoice(grants=_POLICY),
        runs_folder=folder,
        secrets=EnvironmentSecrets({variable("used"): case.used}),
    )
    end = run(request, Crew(watcher, person, watcher, clock=PlayedClock()))
    if found := found_below(folder, (case.theirs, case.used)):
        watcher.leaks.append(found)
    watcher.check_frames(folder)
    wanted = "success" if case.comes_back else "stopped"
    if waits and (end.result.kind != wanted or person.times != case.takeovers):
        ending = f"ended {end.result.kind}: {end.result.reason}"
        watcher.leaks.append(f"{person.times} takeovers, {ending}")
    return list(dict.fromkeys(watcher.leaks)), person.times


def _takeovers(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    times = 0
    with scratch(in_memory=True) as folder:
        for number, random in seeds("P14 takeover", count, seed):
            case = _case(random)
            assert tally.new(case)
            leaks, taken = _ran(case, folder / f"{number}", defended)
            times += taken
            for leak in leaks:
                tally.fail(f"{number} {' '.join(case.fields)}", leak)
    tally.notes.append(f"{times} takeovers")
    return tally.verdict()


SUITES = (
    Suite(
        "P14 takeover",
        "While a person has taken over no picture is taken, and what they type is nowhere",
        ("fake",),
        Counts(test=4, faults=12, full=200, undefended=4),
        10,
        _takeovers,
    ),
)

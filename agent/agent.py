"""The loop: look until the screen is still, ask for one action, put it to the gate, look again.

This is the file to read first. The agent holds no actuator: it can look (``Watch``), think
(``Proposer``) and ask for permission to act (``Gate``), and nothing else.
"""

from dataclasses import replace

from handrail.actuators.actions import ENDINGS, Action, Answer, Terminate
from handrail.actuators.errors import ActuatorError
from handrail.actuators.observation import Observation
from handrail.agent.budget import Spent
from handrail.agent.errors import RunEnds, Stopped
from handrail.agent.expected import Expected, NothingExpected, judged
from handrail.agent.history import Step, Timing, let_go
from handrail.agent.listener import Listener, Listeners
from handrail.agent.patience import Habits, Patience
from handrail.agent.progress import Progress
from handrail.agent.proposal import ParseError
from handrail.agent.proposer import Proposer
from handrail.agent.result import EndKind, Result
from handrail.agent.stability import Watch
from handrail.agent.stop import StopSwitch
from handrail.agent.verify import Sight, verify
from handrail.model.errors import ModelError
from handrail.sandbox.errors import SandboxError
from handrail.sandbox.gate import Gate, Outcome

__all__ = ["Agent", "Habits"]


class Agent:
    """One run of one goal on one screen."""

    def __init__(
        self,
        watch: Watch,
        proposer: Proposer,
        gate: Gate,
        stop: StopSwitch,
        habits: Habits | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._watch = watch
        self._proposer = proposer
        self._gate = gate
        self._stop = stop
        self._habits = Habits() if habits is None else habits
        self._listener = Listeners() if listener is None else listener
        self._progress = Progress(self._habits.repeats)
        self._history: list[Step] = []
        self._spent = Spent()
        self._began = watch.now()
        self._number = 0
        self._patience = Patience(self._habits)
        self._expected: Expected = NothingExpected()
        self._ahead: tuple[Observation, Timing] | None = None

    def run(self, goal: str, expected: Expected | None = None) -> Result:
        """Work towards the goal until it ends, one way or another; call it once.

        A success must meet what is ``expected``. What gives out on the way (a screen, the model,
        the journal) is a Result too.
        """
        self._expected = expected or self._expected
        try:
            result = self._until_the_end(goal)
        except Stopped as error:
            result = self._end("stopped", str(error))
        except RunEnds as error:
            result = self._end(error.kind, str(error))
        except (ActuatorError, SandboxError, ModelError) as error:
            result = self._end("environment", str(error))
        self._listener.ended(result)
        return result

    def _until_the_end(self, goal: str) -> Result:
        while True:
            observation, timing = self._ahead or self._look()
            self._ahead = None
            self._number = self._spent.steps + 1
            self._listener.looked(self._number, observation)
            if why := self._spent.over(self._habits.budget):
                return self._end("budget", why)
            if result := self._step(goal, observation, timing):
                return result

    def _look(self) -> tuple[Observation, Timing]:
        started = self._watch.now()
        observation = self._watch.settled()
        return observation, Timing(look=self._now() - started)

    def _step(self, goal: str, observation: Observation, timing: Timing) -> Result | None:
        """Make one step from a still screen; return the result where it was the last."""
        step = self._think(goal, observation, timing)
        self._spent.steps += 1
        if isinstance(step.reply, ParseError):
            self._record(step)
            return self._failed(self._patience.failed(f"no action: {step.reply.problem}"))
        action = step.reply.action
        if why := self._progress.stuck(step.fingerprint, action):
            self._record(step)
            return self._end("failed", why)
        before = None if isinstance(action, ENDINGS) else self._watch.sight(action, observation)
        step, outcome = self._act(step, action, observation, goal)
        done = action if outcome.edited is None else outcome.edited
        if isinstance(done, ENDINGS) and outcome.kind == "done":
            self._record(step)
            return self._ending(done)
        self._record(self._verified(step, outcome, action, before))
        return self._judge(outcome)

    def _act(
        self, step: Step, action: Action, observation: Observation, goal: str
    ) -> tuple[Step, Outcome]:
        """Put an action to the gate, and note what became of it."""
        started = self._watch.now()
        outcome = self._gate.submit(action, observation, goal)
        done = action if outcome.edited is None else outcome.edited
        self._progress.note(step.fingerprint, done, outcome)
        acted = replace(step.timing, act=self._now() - started)
        if outcome.kind == "handed_back":
            self._began += acted.act  # what a person does takes none of the run's time
        return replace(step, outcome=outcome, timing=acted), outcome

    def _verified(self, step: Step, outcome: Outcome, action: Action, before: Sight | None) -> Step:
        """Look at what an action did, which is the look that the next step starts from."""
        if before is None or outcome.edited or outcome.kind not in {"done", "in_doubt"}:
            return step
        try:
            self._ahead = self._look()
            after = self._watch.sight(action, self._ahead[0])
        except BaseException:
            self._record(step)  # it was done, whatever gave out since
            raise
        return replace(step, verdict=verify(action, before, after, outcome.redacted))

    def _think(self, goal: str, observation: Observation, timing: Timing) -> Step:
        """Ask for an action; a reply that is none goes back to the proposer once."""
        step = self._ask(goal, observation, timing, attempt=1)
        if isinstance(step.reply, ParseError) and not self._spent.over(self._habits.budget):
            self._record(step)
            return self._ask(goal, observation, timing, attempt=2)
        return step

    def _ask(self, goal: str, observation: Observation, timing: Timing, attempt: int) -> Step:
        started = self._watch.now()
        with self._stop.interruptible():
            reply = self._proposer.propose(goal, self._history, observation)
        self._spent.calls += reply.usage.calls
        return Step(
            number=self._number,
            reply=reply,
            attempt=attempt,
            fingerprint=observation.fingerprint,
            observation=observation,
            timing=replace(timing, think=self._now() - started),
        )

    def _record(self, step: Step) -> None:
        self._listener.stepped(step)
        self._history.append(step)
        let_go(self._history, self._habits.screenshots)

    def _judge(self, outcome: Outcome) -> Result | None:
        """Say whether an outcome ends the run."""
        match outcome.kind:
            case "denied" | "stopped":
                return self._end(outcome.kind, outcome.reason)
            case "exhausted":
                return self._end("budget", outcome.reason)
            case "failed":
                return self._failed(self._patience.failed(outcome.reason))
            case "withdrawn":
                return self._withdrawn(outcome.reason)
        self._patience.restored()
        return None

    def _failed(self, why: str) -> Result | None:
        return self._end("failed", why) if why else None

    def _withdrawn(self, reason: str) -> Result | None:
        if why := self._patience.outrun(reason):
            return self._end("failed", why)
        self._watch.pause(self._patience.pause)
        return None

    def _ending(self, action: Action) -> Result:
        if isinstance(action, Terminate) and action.status != "success":
            return self._end("failed", "the model says that the goal cannot be reached")
        if isinstance(action, Answer):
            claim = self._end("success", "the question is answered", action.text)
        else:
            claim = self._end("success", "the model says that the goal is reached")
        return judged(claim, self._expected.checked())

    def _now(self) -> float:
        """Return the time, and note how much of the budget it is."""
        now = self._watch.now()
        self._spent.seconds = now - self._began
        return now

    def _end(self, kind: EndKind, reason: str, answer: str | None = None) -> Result:
        self._now()
        return Result(kind, reason, answer, replace(self._spent))

"""Write a run down while it goes on: its frames, and ``run.json`` after every step."""

from datetime import UTC, datetime

from handrail.actuators.base import sanitise
from handrail.actuators.dialects.qwen_computer import COORDINATE_SPACE
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError
from handrail.agent.result import Result
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.records import Alert
from handrail.tasks.errors import EXIT_CODES
from handrail.tasks.run_file import (
    AlertRow,
    Asked,
    CheckRow,
    RunFile,
    Seconds,
    StepRow,
    Used,
    keep_run_file,
    write_run_file,
)
from handrail.tasks.run_frames import FrameStore
from handrail.tasks.runs import RunFolder

_LONGEST_REPLY = 4_000


class RunRecord:
    """A listener that keeps ``run.json`` up to date; a crash leaves the last whole one."""

    def __init__(self, folder: RunFolder, asked: Asked, versions: dict[str, str]) -> None:
        self._path = folder.record
        self._frames = FrameStore(folder.frames)
        self._step = 0
        self.content = RunFile(
            run=folder.name,
            asked=asked,
            started=_now(),
            coordinates=COORDINATE_SPACE,
            versions=versions,
        )
        self._write()

    def looked(self, number: int, observation: Observation) -> None:
        """Keep the screen."""
        self._step = number
        self.content = self.content.model_copy(
            update={"last_frame": self._frames.keep(observation)}
        )

    def stepped(self, step: Step) -> None:
        """Add the step."""
        row = _row(step.told(), self.content.last_frame)
        self.content = self.content.model_copy(update={"steps": (*self.content.steps, row)})
        self._write()

    def alerted(self, alert: Alert) -> None:
        """Add an alert to those of the step that goes on."""
        row = AlertRow(step=self._step, rule=alert.rule, record=alert.record, reason=alert.reason)
        self.content = self.content.model_copy(update={"alerts": (*self.content.alerts, row)})
        self._write()

    def ended(self, result: Result) -> None:
        """Add the end."""
        spent = result.spent
        self.content = self.content.model_copy(
            update={
                "ended": _now(),
                "outcome": result.kind,
                "exit_code": int(EXIT_CODES[result.kind]),
                "reason": sanitise(result.reason, _LONGEST_REPLY),
                "answer": result.answer,
                "checks": tuple(
                    CheckRow(check=one.check, problem=one.problem) for one in result.checks
                ),
                "used": Used(steps=spent.steps, seconds=spent.seconds, calls=spent.calls),
            }
        )
        self._write()

    def sealed(self, journal_head: str) -> None:
        """Add the hash of the journal's last record, the anchor to verify it against."""
        self.content = self.content.model_copy(update={"journal_head": journal_head})
        keep_run_file(self._path, self.content, OsDisk())

    def _write(self) -> None:
        write_run_file(self._path, self.content)


def _row(step: Step, frame: str) -> StepRow:
    reply, seen, outcome = step.reply, step.observation, step.outcome
    return StepRow(
        number=step.number,
        attempt=step.attempt,
        frame=frame,
        width=0 if seen is None else seen.geometry.width,
        height=0 if seen is None else seen.geometry.height,
        line="" if isinstance(reply, ParseError) else reply.line,
        action=None if isinstance(reply, ParseError) else reply.action,
        edited=None if outcome is None else outcome.edited,
        confidence=None if isinstance(reply, ParseError) else reply.confidence,
        problem=reply.problem if isinstance(reply, ParseError) else "",
        reply=reply.reply[:_LONGEST_REPLY],
        effect="" if outcome is None else outcome.effect,
        outcome="" if outcome is None else outcome.kind,
        reason="" if outcome is None else outcome.reason,
        tried="" if outcome is None else outcome.tried,
        verdict="" if step.verdict is None else step.verdict.finding,
        verdict_reason="" if step.verdict is None else step.verdict.reason,
        seconds=Seconds(look=step.timing.look, think=step.timing.think, act=step.timing.act),
        prompt_tokens=reply.usage.prompt_tokens,
        image_tokens=reply.usage.image_tokens,
        reply_tokens=reply.usage.reply_tokens,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

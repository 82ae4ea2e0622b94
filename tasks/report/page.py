"""Write ``report.html``: one page that opens offline and holds the whole run.

Everything that a screen, a page or a model chose goes through the sanitiser and the template's
escaping; the page runs no script and may load nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from handrail.actuators.base import sanitise
from handrail.agent.proposal import describe
from handrail.agent.result import Checked
from handrail.sandbox.errors import JournalError
from handrail.sandbox.journal_reading import read_journal
from handrail.sandbox.records import Sent
from handrail.tasks.errors import RunFolderError
from handrail.tasks.report.changes import Changes, changes_of
from handrail.tasks.report.frames import data_uris
from handrail.tasks.report.marks import Mark, marks
from handrail.tasks.run_file import RunFile, StepRow, read_run_file
from handrail.tasks.runs import RunFolder

_LINE = 300
_REPLY = 1_500


@dataclass(frozen=True)
class Card:
    """One step as the page shows it; ``uri`` is empty where the frame was shown before."""

    row: StepRow
    title: str
    action: str
    reason: str
    tried: str
    reply: str
    frame: str
    uri: str
    marks: tuple[Mark, ...]
    stroke: float
    verdict_reason: str
    alerts: tuple[str, ...]

    @property
    def tone(self) -> str:
        """Return the colour class of the step."""
        if self.row.problem:
            return "bad"
        warned = dict.fromkeys(("withdrawn", "in_doubt", "handed_back"), "warn")
        return {"done": "good", "": "quiet", **warned}.get(self.row.outcome, "bad")

    @property
    def verdict_tone(self) -> str:
        """Return the colour class of what became of it."""
        return {"as intended": "good", "cannot tell": "quiet", "": "quiet"}.get(
            self.row.verdict, "warn"
        )

    @property
    def word(self) -> str:
        """Return the outcome in words."""
        if self.row.problem:
            return "no action"
        return self.row.outcome.replace("_", " ") or "not submitted"


@dataclass(frozen=True)
class Alarm:
    """An alert as the head of the page shows it; ``at`` is the place of its card, 0 for none."""

    rule: str
    reason: str
    step: int
    at: int


@dataclass(frozen=True)
class Held:
    """A request that the browser held, as the page shows it."""

    line: str
    decision: str
    effect: str
    reason: str
    body: str

    @classmethod
    def of(cls, sent: Sent) -> "Held":
        """Return what a journal's record tells."""
        many = f" ({sent.count} times until then)" if sent.count > 1 else ""
        return cls(
            sanitise(f"{sent.method} {sent.url}{many}", _LINE),
            sent.decision,
            sent.effect,
            sanitise(sent.reason, _LINE),
            "\n".join(sanitise(line, _LINE) for line in sent.body[:_REPLY].splitlines()),
        )


def write_report(folder: RunFolder) -> None:
    """Write a run's report from its record, journal and frames. Raises RunFolderError."""
    content = read_run_file(folder.record)
    names = [row.frame for row in content.steps] + [content.last_frame]
    try:
        held, changes = _requests(folder.journal), changes_of(folder)
        page = render(content, data_uris(folder.frames, names), held, changes)
        folder.report.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RunFolderError(f"cannot write {folder.report}: {error.strerror}") from error


def _requests(journal: Path) -> list[Held]:
    """Return the requests that a run's journal tells of; without a journal, none."""
    try:
        entries = read_journal(journal).entries
    except JournalError:
        return []
    return [Held.of(entry.record) for entry in entries if isinstance(entry.record, Sent)]


def render(
    content: RunFile,
    uris: Mapping[str, str],
    held: Sequence[Held] = (),
    changes: Changes | None = None,
) -> str:
    """Return the page of a run, its frames given as ``data:`` addresses by file name.

    ``changes``: what it would change, where it was a rehearsal.
    """
    package = files("handrail.tasks.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["seconds"] = _seconds
    template = environment.from_string(package.joinpath("report.html.jinja").read_text("utf-8"))
    return template.render(
        run=content,
        goal=sanitise(content.asked.goal, 2_000),
        target=sanitise(content.asked.target, _LINE),
        reason=sanitise(content.reason, 1_000),
        answer=None if content.answer is None else sanitise(content.answer, 2_000),
        outcome=content.outcome,
        checks=_checks(content),
        alarms=_alarms(content),
        cards=_cards(content, uris),
        requests=held,
        last=_last(content, uris),
        changes=changes,
        style=Markup(package.joinpath("report.css").read_text("utf-8")),
    )


def _checks(content: RunFile) -> list[Checked]:
    """Return the declared checks; those that were never made say so."""
    if content.checks:
        return [
            Checked(sanitise(one.check, _LINE), sanitise(one.problem, _LINE))
            for one in content.checks
        ]
    never = "it was not made: no success was claimed"
    return [Checked(sanitise(text, _LINE), never) for text in content.asked.expect]


def _alarms(content: RunFile) -> list[Alarm]:
    """Return the alerts, each with the last card of the step that raised it."""
    places = {row.number: place for place, row in enumerate(content.steps, 1)}
    return [
        Alarm(
            one.rule.replace("_", " "), sanitise(one.reason, 500), one.step, places.get(one.step, 0)
        )
        for one in content.alerts
    ]


def _cards(content: RunFile, uris: Mapping[str, str]) -> list[Card]:
    shown: set[str] = set()
    cards = []
    alarms = _alarms(content)
    for place, row in enumerate(content.steps, 1):
        raised = tuple(f"{one.rule}: {one.reason}" for one in alarms if one.at == place)
        cards.append(_card(row, uris, shown, raised))
        shown.add(row.frame)
    return cards


def _card(row: StepRow, uris: Mapping[str, str], shown: set[str], alerts: tuple[str, ...]) -> Card:
    problem = f"The reply is no action: {row.problem}" if row.problem else ""
    # A bad reply's screen is shown by the step before or after it: no second time.
    pictured = row.frame in uris and row.width and not (row.problem and row.frame in shown)
    return Card(
        row=row,
        title=sanitise(row.line or problem, _LINE),
        action=_action_line(row),
        reason=sanitise(row.reason, _LINE),
        tried=sanitise(row.tried, _LINE),
        reply="\n".join(sanitise(line, _LINE) for line in row.reply[:_REPLY].splitlines()),
        frame=row.frame.removesuffix(".webp") if pictured else "",
        uri="" if row.frame in shown else uris.get(row.frame, ""),
        marks=marks(row.edited or row.action, row.width, row.height),
        stroke=max(1.0, row.width / 1280),
        verdict_reason=sanitise(row.verdict_reason, _LINE),
        alerts=alerts,
    )


def _last(content: RunFile, uris: Mapping[str, str]) -> str:
    """Return the address of the last screen where no step shows it."""
    if content.last_frame in {row.frame for row in content.steps}:
        return ""
    return uris.get(content.last_frame, "")


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _action_line(row: StepRow) -> str:
    """Return the action in words, and what a person made of it."""
    if row.action is None:
        return ""
    edited = "" if row.edited is None else f"; a person made it: {describe(row.edited)}"
    return sanitise(describe(row.action) + edited, _LINE)

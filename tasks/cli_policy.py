"""``handrail policy``: check a policy, test it, and explain what one decided."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from handrail.actuators.base import sanitise
from handrail.agent.proposal import describe
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.explanation import Explanation, explanations
from handrail.sandbox.journal import read_journal
from handrail.sandbox.known import Known
from handrail.sandbox.ownership import current_user, read_owned
from handrail.sandbox.policy import Policy, load_policy
from handrail.sandbox.records import Intent
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.sandbox.taint import Meeting, Taint
from handrail.tasks.cli_output import complain, say
from handrail.tasks.errors import ExitCode, RunFolderError, UsageError
from handrail.tasks.logs import find_journal
from handrail.tasks.run_file import read_run_file
from handrail.tasks.runs import runs_root

_PROFILES = ("observe", "rehearse", "ask", "unattended")


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    policy = sub.add_parser("policy", help="check, test and explain policies")
    actions = policy.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = actions.add_parser("check", help="read a policy and say what it may do where")
    check.set_defaults(handler=handle_check)
    test = actions.add_parser("test", help="compare a policy with its own [[test]] tables")
    test.set_defaults(handler=handle_test)
    test.add_argument(
        "--profile", choices=_PROFILES, help="let it restrict this profile, as --policy would"
    )
    for action in (check, test):
        action.add_argument("file", metavar="FILE", type=Path)
    explain = actions.add_parser("explain", help="say why a step of a run was permitted or not")
    explain.set_defaults(handler=handle_explain)
    explain.add_argument("run", metavar="RUN", help="a run's name, last, or a journal's path")
    explain.add_argument("step", metavar="STEP", type=int, help="as `handrail runs show` counts")


def handle_check(arguments: argparse.Namespace) -> int:
    """Print what a policy file holds; a mistake in it is a PolicyError."""
    policy = load_policy(arguments.file)
    counts = f"{_count(len(policy.rules), 'rule')}, {_count(len(policy.tests), 'test')}"
    say(f"{arguments.file}: profile {policy.profile or 'none'}, {counts}")
    for number, rule in enumerate(policy.rules, start=1):
        told = rule.model_dump(exclude_none=True, exclude={"decision", "effects"})
        where = ", ".join(f"{name} {_shown(value)}" for name, value in told.items())
        say(f"  rule {number}: {rule.decision} {', '.join(rule.effects)}; {where or 'anywhere'}")
    for name, most in policy.limits.model_dump(exclude_none=True).items():
        say(f"  limit: {name} {most}")
    for name, named in policy.known.model_dump(exclude_defaults=True).items():
        say(f"  known: {name} {_shown(named)}")
    for name, value in policy.alerts.described().items():
        say(f"  alert: {name} {_shown(value)}")
    for line in _uses(arguments.file, policy):
        say(line)
    return ExitCode.SUCCESS


def _uses(file: Path, policy: Policy) -> Iterator[str]:
    """Yield what the file can be used for."""
    try:
        read_owned(file, current_user())
    except PolicyError as error:
        yield f"with --grants: refused: {error}"
    else:
        yield "with --grants: it grants"
    idle = [str(n) for n, rule in enumerate(policy.rules, start=1) if rule.decision == "allow"]
    plain = "with --policy: it only restricts"
    if policy.known != Known():
        plain += "; its [known] table names nothing there"
    if policy.alerts.tells:
        yield "with --policy: refused: its [alerts] name a command or a webhook"
    elif idle and policy.profile is None:
        verb = "change" if len(idle) > 1 else "changes"
        yield f"{plain}; rule {', '.join(idle)} {verb} nothing there, without a profile to relax"
    else:
        yield plain


def handle_test(arguments: argparse.Namespace) -> int:
    """Compare every expected decision with the policy's own."""
    policy = load_policy(arguments.file)
    if not policy.tests:
        raise UsageError(f"{arguments.file} has no [[test]] tables: write what you expect of it")
    book = Rulebook.of(policy)
    if arguments.profile is not None:
        book = Rulebook((Layer("run", policy),), arguments.profile)
    failed = 0
    for number, case in enumerate(policy.tests, start=1):
        effect = case.effect_class
        ruling = book.judge(effect, case.action, case.place, case.around)
        meeting = Meeting(case.action, case.around.elements, case.place, effect)
        ruling = Taint(book).judge(meeting, case.goal, ruling)
        good = ruling.decision == case.expect
        failed += not good
        wanted = "" if good else f", expected {case.expect}"
        say(f"{'ok' if good else 'FAILED':<6} test {number}: {ruling.decision}{wanted}")
        if not good:
            say(f"       {describe(case.action)}; {ruling.reason}")
    if failed:
        complain(f"{failed} of {_count(len(policy.tests), 'test')} failed")
        return ExitCode.FAILED
    return ExitCode.SUCCESS


def handle_explain(arguments: argparse.Namespace) -> int:
    """Print which rules matched a step, what was decided and why."""
    path, _ = find_journal(runs_root(os.environ), arguments.run)
    reading = read_journal(path)
    found = explanations(reading.entries)
    at = _place(path, arguments.step)
    if not 0 <= at < len(found):
        raise UsageError(
            f"step {arguments.step} of {arguments.run} was not put to the gate, which saw "
            f"{_count(len(found), 'action')}"
        )
    for line in _told(found[at]):
        say(sanitise(line, 2_000))  # one line each: a window's title may hold a line break
    if reading.problem:
        complain(f"{path}: {reading.problem}; nothing after that can be believed")
        return ExitCode.FAILED
    return ExitCode.SUCCESS


def _place(journal: Path, step: int) -> int:
    """Return the place of a run's step among what was put to the gate, -1 where it was not.

    Without the run's record, what was put to the gate is counted from 1.
    """
    try:
        rows = read_run_file(journal.with_name("run.json")).steps
    except RunFolderError:
        return step - 1
    numbers = [row.number for row in rows if row.outcome]
    return numbers.index(step) if step in numbers else -1


def _told(found: Explanation) -> Iterator[str]:
    record, place = found.record, found.record.place
    yield f"action   {describe(record.action)}"
    target = "" if place.role is None else f', {place.role} "{place.label}"'
    parts = (place.kind, place.name, place.url, place.window, place.program or place.application)
    where = " ".join(part for part in parts if part)
    yield f"where    {where}{target}"
    yield f"effect   {record.effect}"
    decided = record.decision if isinstance(record, Intent) else record.outcome
    yield f"decided  {decided}: {record.reason}"
    for rule in found.rules:
        yield f"  {rule.name}: {rule.said}  {rule.text}"
    if not found.rules:
        yield "  no rule matched"
    if isinstance(record, Intent) and record.consent:
        yield f"consent  {record.consent}"
    yield f"outcome  {found.outcome}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)

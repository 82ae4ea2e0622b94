"""Explanations: what the journal of a run says of one decision, and which rules made it.

Promises
- Everything told stands in the journal: the action, its class, the ruling, and the rules as they
  were when the run began. The policy files of today are not read.
- Every rule that matched is named, those that were overruled too.

Does not promise
- That a journal is whole: ``verify_journal`` says that.
- Harmless text: windows, labels and addresses stand in it as the screen gave them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handrail.sandbox.records import Entry, Intent, Note, Observed, Refusal, Result

POLICY_TOPIC = "policy"
_RULED = re.compile(
    r"(?:.*overruled: )?(?P<layer>(?:\w+ )*?)rule (?P<numbers>\d+(?:, \d+)*): "
    r"(?P<said>[a-z]+ [a-z]+(?:, as far as can be told)?)"
)


@dataclass(frozen=True)
class MatchedRule:
    """A rule that matched: what it said, and its text (JSON; empty where it was not kept)."""

    name: str
    said: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """One submission: its record, what became of it, and the rules that matched."""

    record: Intent | Refusal
    outcome: str
    rules: tuple[MatchedRule, ...]


def explanations(entries: Iterable[Entry]) -> tuple[Explanation, ...]:
    """Return an explanation of everything that was put to the gate, in order."""
    parts: dict[str, str] = {}
    asked: list[tuple[int, Intent | Refusal]] = []
    results: dict[int, Result] = {}
    seen: dict[int, Observed] = {}
    for entry in entries:
        record = entry.record
        if isinstance(record, Note) and record.topic == POLICY_TOPIC:
            parts = {name: str(value) for name, value in record.data.items()}
        elif isinstance(record, Intent | Refusal):
            asked.append((entry.seq, record))
        elif isinstance(record, Result):
            results[record.intent] = record
        elif isinstance(record, Observed):
            seen[record.intent] = record
    return tuple(
        Explanation(
            record,
            _outcome(record, results.get(seq)) + _later(seen.get(seq)),
            _matched(record.reason, parts),
        )
        for seq, record in asked
    )


def _outcome(record: Intent | Refusal, result: Result | None) -> str:
    if isinstance(record, Refusal):
        return record.outcome
    if result is None:
        return "in doubt: no outcome was written"
    return result.outcome.replace("_", " ") + (f": {result.reason}" if result.reason else "")


def _later(seen: Observed | None) -> str:
    if seen is None:
        return ""
    return f"; seen later: {seen.outcome.replace('_', ' ')}: {seen.reason}"


def _matched(reason: str, parts: dict[str, str]) -> tuple[MatchedRule, ...]:
    """Find the rules that a reason names."""
    found: list[MatchedRule] = []
    for phrase in reason.split("; "):
        told = _RULED.match(phrase)
        if told is not None:
            for number in told["numbers"].split(", "):
                name = f"{told['layer']}rule {number}"
                found.append(MatchedRule(name, told["said"], parts.get(name, "")))
    return tuple(dict.fromkeys(found))

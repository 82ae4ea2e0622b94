"""Explanations are read from the journal, whatever became of the run."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from handrail.actuators.actions import Click, Wait
from handrail.sandbox.explanation import POLICY_TOPIC, MatchedRule, explanations
from handrail.sandbox.journal import read_journal
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.records import Intent, Note, Observed
from handrail.sandbox.rulebook import Layer, Rulebook

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door


def test_every_rule_that_matched_is_named_with_its_text(open_door: Callable[..., "Door"]) -> None:
    def rule(decision: str, **conditions: object) -> Rule:
        return Rule.model_validate({"decision": decision, "effects": ["edit"], **conditions})

    book = Rulebook(
        (
            Layer("user", Policy(rules=(rule("allow"), rule("ask"), rule("ask"))), True),
            Layer("run 2", Policy(rules=(rule("deny", hours="00:00-23:59"), rule("deny")))),
        )
    )
    door = open_door(policy=book)
    door.journal.append(Note(topic=POLICY_TOPIC, data=dict(book.written())))
    door.submit(Click(point=door.at("Name")))
    (told,) = explanations(read_journal(door.path).entries)
    assert told.outcome == "denied"
    assert [(rule.name, rule.said) for rule in told.rules] == [
        ("run 2 rule 1", "deny edit"),
        ("run 2 rule 2", "deny edit"),
        ("user rule 1", "allow edit"),
        ("user rule 2", "ask edit"),
        ("user rule 3", "ask edit"),
    ]
    assert told.rules[1].text == '{"decision":"deny","effects":["edit"]}'


def test_what_was_cut_off_is_in_doubt(open_door: Callable[..., "Door"]) -> None:
    door = open_door()
    door.submit(Wait(seconds=1))
    entries = read_journal(door.path).entries
    done, doubt = explanations(entries)[0], explanations(entries[:-1])[0]
    assert isinstance(doubt.record, Intent)
    assert done.outcome.startswith("done")
    assert doubt.outcome.startswith("in doubt")
    assert doubt.rules == ()
    seen = Observed(intent=entries[-2].seq, outcome="not_done", reason="looked")
    later = explanations([*entries[:-1], replace(entries[-1], record=seen)])[0]
    assert later.outcome == f"{doubt.outcome}; seen later: not done: looked"


def test_a_rule_whose_text_was_not_kept_is_named_all_the_same(
    open_door: Callable[..., "Door"],
) -> None:
    door = open_door(policy=Policy(rules=(Rule(decision="deny", effects=("edit",)),)))
    door.submit(Click(point=door.at("Name")))
    (told,) = explanations(read_journal(door.path).entries)
    assert told.rules == (MatchedRule("rule 1", "deny edit", ""),)

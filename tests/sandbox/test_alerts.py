"""Alerts: which records raise them, how tables join, and what a table may say."""

from datetime import UTC, datetime

import pytest

from handrail.actuators.actions import Click, digest
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Surface
from handrail.sandbox.alerts import MOST_NEW_ORIGINS, AlertRules, Watchman
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.policy import Policy, parse_policy
from handrail.sandbox.records import (
    Alert,
    Entry,
    Intent,
    Note,
    Place,
    Record,
    Refusal,
    Result,
    ResultKind,
)
from handrail.sandbox.rulebook import Layer, Rulebook

CLICK = Click(point=Point(x=1, y=1))
MONDAY = 1_767_607_200.0  # 2026-01-05, 10:00 UTC


class Play:
    """Feeds records to a watchman as a journal would, and keeps what it raised."""

    def __init__(self, *tables: AlertRules, known: tuple[str, ...] = ()) -> None:
        self.watchman = Watchman(tables, known, lambda time: datetime.fromtimestamp(time, UTC))
        self.raised: list[Alert] = []
        self._seq = 0

    def act(self, time: float = MONDAY, url: str = "", outcome: ResultKind = "done") -> list[str]:
        """Act once, and return the rules that this raised."""
        place = Place.of(Surface("browser", "b", url=url), None)
        intent = Intent(
            action=CLICK, digest=digest(CLICK), effect="edit", decision="allow", reason="r",
            place=place, screen="0" * 64,
        )  # fmt: skip
        before = self._hear(intent, time)
        assert before == [], "an alert never comes before the outcome"
        return self._hear(Result(intent=self._seq - 1, outcome=outcome), time + 0.1)

    def refuse(self) -> list[str]:
        """Have an action refused."""
        place = Place.of(Surface("browser", "b"), None)
        return self._hear(
            Refusal(
                action=CLICK, digest=digest(CLICK), effect="edit", outcome="denied", reason="r",
                place=place,
            ),
            MONDAY,
        )  # fmt: skip

    def _hear(self, record: Record, time: float) -> list[str]:
        found = self.watchman.heard(Entry(self._seq, time, "run", "", record, ""))
        self._seq += 1
        self.raised += found
        return [alert.rule for alert in found]


def test_a_rate_is_told_once_until_it_was_kept_again() -> None:
    play = Play(AlertRules(actions_per_minute=3), AlertRules(actions_per_minute=5))
    assert [play.act(MONDAY + n) for n in range(3)] == [[], [], []]
    assert [play.act(MONDAY + n) for n in (3, 4)] == [["rate"], []]
    assert play.raised[0].reason == "4 actions within a minute; usual are at most 3"
    assert play.act(MONDAY + 200) == []
    assert [play.act(MONDAY + 201 + n) for n in range(3)] == [[], [], ["rate"]]


def test_failures_in_a_row_are_told_each_time_their_number_is_full() -> None:
    play = Play(AlertRules(failures=2))
    kinds: tuple[ResultKind, ...] = ("failed", "withdrawn", "in_doubt")
    assert [play.act(outcome=kind) for kind in kinds] == [[], ["failures"], []]
    assert play.refuse() == ["failures"]
    assert "4 actions in a row were not done, the last was denied" in play.raised[-1].reason
    assert play.act() == []
    assert [play.act(outcome="in_doubt"), play.act(outcome="in_doubt")] == [[], ["failures"]]
    assert play.raised[-1].reason.endswith("the last was in doubt")


def test_an_origin_that_no_former_run_acted_on_is_told_once() -> None:
    play = Play(AlertRules(new_origin=True), known=("https://a.test",))
    found = [play.act(url=url) for url in (
        "https://a.test/x", "https://A.test:443/y", "http://a.test/", "https://b.test/?q=secret",
        "https://b.test/other", "about:blank", "https://b.test\\@evil.test/", "",
    )]  # fmt: skip
    assert found == [[], [], ["new_origin"], ["new_origin"], [], [], [], []]
    assert [alert.reason for alert in play.raised] == [
        "no former run acted on http://a.test", "no former run acted on https://b.test",
    ]  # fmt: skip
    assert play.watchman.met == {"https://a.test", "http://a.test", "https://b.test"}


def test_hundreds_of_origins_do_not_bury_the_rest() -> None:
    play = Play(AlertRules(new_origin=True))
    told = [play.act(url=f"https://{n}.a.test/") for n in range(100)]
    assert sum(map(len, told)) == MOST_NEW_ORIGINS
    assert play.raised[-1].reason.endswith("further ones are not told")
    assert len(play.watchman.met) == 100


def test_an_unusual_hour_is_told_once_a_run() -> None:
    tables = AlertRules(hours="08:00-18:00"), AlertRules(weekdays=("mon", "tue"))
    assert Play(*tables).act(MONDAY) == []
    late = Play(*tables)
    assert [late.act(MONDAY + 12 * 3600), late.act(MONDAY + 12 * 3600)] == [["out_of_hours"], []]
    assert late.raised[0].reason == "an action on mon at 22:00, outside the usual hours"
    assert Play(*tables).act(MONDAY + 2 * 86400) == ["out_of_hours"]


def test_what_is_no_action_raises_nothing() -> None:
    play = Play(AlertRules(failures=1, actions_per_minute=1, new_origin=True))
    assert play._hear(Note(topic="run"), MONDAY) == []
    assert play._hear(Result(intent=99, outcome="failed"), MONDAY) == []


GOOD = """
[alerts]
actions_per_minute = 30
failures = 3
new_origin = true
hours = "08:00-18:00"
weekdays = ["mon", "fri"]
command = ["notify-send", "Handrail"]
webhook = "http://127.0.0.1:9/hook?token=s3cret"
seconds = 5
"""


def test_a_table_is_read_and_written_down_without_whom_it_tells() -> None:
    policy = parse_policy(GOOD.encode(), "p.toml")
    assert policy.alerts.command == ("notify-send", "Handrail")
    book = Rulebook((Layer("user", policy, grants=True), Layer("run", Policy())))
    assert book.alerts == (policy.alerts,)
    written = book.written()
    assert written["user alerts"] == (
        '{"actions_per_minute":30,"failures":3,"hours":"08:00-18:00","new_origin":true,'
        '"tells":["command","webhook"],"weekdays":["mon","fri"]}'
    )
    assert "s3cret" not in str(written)
    assert "notify-send" not in str(written)


@pytest.mark.parametrize("line", ['command = ["x"]', 'webhook = "https://a.test/"'])
def test_a_layer_that_only_restricts_tells_nobody(line: str) -> None:
    policy = parse_policy(f"[alerts]\nfailures = 1\n{line}\n".encode(), "p.toml")
    with pytest.raises(PolicyError, match=r"run: \[alerts\]: a file that only restricts may add"):
        Rulebook((Layer("run", policy),))
    adding = parse_policy(b"[alerts]\nfailures = 1\n", "p.toml")
    assert Rulebook((Layer("run", adding),)).alerts == (adding.alerts,)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("failures = 0", "failures: Input should be greater than or equal to 1"),
        ("failures = true", "failures: "),
        ("actions_per_minute = 1.5", "actions_per_minute: "),
        ("new_origin = false", "new_origin: the only value is true"),
        ("new_origin = 1", "new_origin: the only value is true"),
        ('hours = "8-18"', "hours: '8-18' are not hours"),
        ('weekdays = ["today"]', "weekdays[0]: "),
        ("weekdays = []", "weekdays: "),
        ("command = []", "command: a command is a list of words"),
        ('command = "notify-send hello"', "command: "),
        ('command = ["./notify"]', "command: a command is a list of words"),
        ('command = ["a", "b\\u0000"]', "command: a command holds no zero bytes"),
        ('webhook = "http://a.test/x"', "webhook: a webhook is an https address; http goes to"),
        ('webhook = "http://10.0.0.1/x"', "webhook: a webhook is an https address; http goes to"),
        ('webhook = "file:///etc/passwd"', "webhook: a webhook is an https address"),
        ('webhook = "https://u:p@a.test/"', "webhook: a webhook is an https address without"),
        ('webhook = "https:// a.test/"', "webhook: a webhook is an https address without"),
        ('webhook = "https://a.test:x/"', "is no address"),
        ("seconds = 61", "seconds: "),
        ("mail = 1", "mail: unknown field; allowed: command, webhook, seconds"),
    ],
)
def test_a_bad_table_says_what_is_allowed(line: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"[alerts]\n{line}\n".encode(), "p.toml")
    assert str(caught.value).startswith("p.toml: [alerts]: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://[::1]/", "http://127.9.9.9/x"])
def test_loopback_needs_no_https(url: str) -> None:
    assert AlertRules(webhook=url).tells
    assert not AlertRules(webhook=url).raises

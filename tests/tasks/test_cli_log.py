"""``handrail log``: shown, verified, anchored, sealed, and told what was seen of a doubt."""

from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Terminate, Wait
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionInDoubt
from handrail.actuators.fake import FakeScreen
from handrail.agent.proposer import Puppet
from handrail.sandbox.anchor import read_anchor
from handrail.sandbox.journal import read_journal
from handrail.tasks.run import Crew, FakeTarget, RunEnd, RunRequest, run
from tests.tasks.command import call, complaint

pytestmark = pytest.mark.usefixtures("state")


def test_a_journal_is_shown_and_verified(done: RunEnd, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["log", "verify", "last"]) == 0
    shown = capsys.readouterr().out
    assert "ends where it did" in shown
    assert "the last action is done (End with success)" in shown
    assert done.journal_head in shown
    assert call(["log", "show", str(done.folder.journal)]) == 0
    assert "goal=Say <b>hello</b>" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["edit", "cut"])
def test_a_changed_journal_does_not_verify(
    done: RunEnd, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = done.folder.journal.read_bytes()
    cut = data[: data.rindex(b"\n", 0, -1) + 1]
    done.folder.journal.write_bytes(cut if damage == "cut" else data.replace(b"hello", b"hallo"))
    assert call(["log", "verify", "last"]) == 1
    assert complaint(capsys)


def test_a_run_leaves_an_anchor_that_outlives_its_record(
    done: RunEnd, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchor = state.with_name("runs.anchors") / f"{done.folder.name}.json"
    kept = read_anchor(anchor)
    assert (kept.head, kept.final, kept.seal) == (done.journal_head, True, "")
    done.folder.record.unlink()
    assert call(["log", "verify", "last"]) == 0
    assert "fits its anchor" in capsys.readouterr().out
    data = done.folder.journal.read_bytes()
    done.folder.journal.write_bytes(data[: data.rindex(b"\n", 0, -1) + 1])
    assert call(["log", "verify", str(done.folder.journal)]) == 1
    assert "does not fit its anchor" in complaint(capsys)
    assert call(["log", "seal", "last"]) == 1
    assert "it was not sealed" in complaint(capsys)
    assert read_anchor(anchor) == kept


def test_a_sealed_anchor_needs_its_key(
    done: RunEnd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, other, short = tmp_path / "key", tmp_path / "other", tmp_path / "short"
    key.write_bytes(bytes(range(32)))
    other.write_bytes(bytes(32))
    short.write_bytes(b"secret")
    assert call(["log", "verify", "last", "--key", str(key)]) == 1
    assert "was not sealed with this key" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(key)]) == 0
    assert call(["log", "verify", "last", "--key", str(key)]) == 0
    capsys.readouterr()
    assert call(["log", "verify", "last", "--key", str(other)]) == 1
    assert "was not sealed with this key" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(other)]) == 1
    assert "was not sealed with this key; it was not sealed" in complaint(capsys)
    assert call(["log", "seal", "last"]) == 2
    assert "sealed with a key" in complaint(capsys)
    assert call(["log", "verify", "last", "--key", str(key)]) == 0
    capsys.readouterr()
    assert call(["log", "seal", "last", "--key", str(short)]) == 2
    assert "at least 16 bytes" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(tmp_path / "absent")]) == 2
    assert "cannot be read" in complaint(capsys)


def test_what_was_seen_of_an_action_in_doubt_is_added_and_anchored(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Losing(FakeScreen):
        def perform(self, action: Action, permit: Permit) -> Receipt:
            super().perform(action, permit)
            raise ActionInDoubt("timed out")

    request = RunRequest("Wait", FakeTarget(Losing), runs_folder=state)
    done = run(request, Crew(Puppet([Wait(seconds=0), Terminate(status="failure")])))
    (lost,) = [s for s in read_journal(done.folder.journal).actions if s.state == "in_doubt"]
    observe = ["log", "observe", "last", str(lost.seq)]
    assert call([*observe, "done", "--because", "\x1b[2J"]) == 2
    assert "a line of plain text" in complaint(capsys)
    assert call(["log", "observe", "last", "1", "done", "--because", "seen"]) == 2
    assert "record 1 is no action in doubt" in complaint(capsys)
    observe[2] = str(done.folder.journal)  # by its path: what is kept of it is renewed all the same
    assert call([*observe, "not-done", "--because", "the page says so"]) == 0
    reading = read_journal(done.folder.journal)
    assert [s.state for s in reading.actions] == ["not_done", "done"]
    capsys.readouterr()
    assert call(["log", "verify", "last"]) == 0
    assert "fits its anchor" in capsys.readouterr().out
    assert call(["log", "show", "last"]) == 0
    assert f"observed {lost.seq}: not done the page says so" in capsys.readouterr().out
    assert call([*observe, "done", "--because", "seen"]) == 2


def test_a_key_that_evolves_cannot_make_the_seal_again(
    done: RunEnd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, key = tmp_path / "first", tmp_path / "key"
    first.write_bytes(bytes(range(32)))
    key.write_bytes(bytes(range(32)))
    assert call(["log", "seal", "last", "--evolve"]) == 2
    assert "--evolve needs the --key" in complaint(capsys)
    for _ in range(2):
        assert call(["log", "seal", "last", "--key", str(first)]) == 0
    assert call(["log", "seal", "last", "--key", str(key), "--evolve"]) == 0
    assert len(key.read_bytes()) == 32
    assert key.read_bytes() != first.read_bytes()
    assert (key.stat().st_mode & 0o777) == 0o600
    assert call(["log", "verify", "last", "--key", str(first)]) == 0
    capsys.readouterr()
    assert call(["log", "verify", "last", "--key", str(key)]) == 1
    assert "was not sealed with this key" in complaint(capsys)

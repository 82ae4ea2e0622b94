"""What cannot be learned from is refused by file and line, or left out with the reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Point
from handrail.agent.proposer import Puppet
from handrail.model.errors import CheckpointError, UnsupportedError
from handrail.sandbox.approval import ScriptedApprover
from handrail.tasks import cli
from handrail.tasks.check_grammar import read_check
from handrail.tasks.errors import ExitCode, RowError, RunUnusable, UsageError
from handrail.tasks.run import Crew, FakeTarget, RunEnd, RunRequest, run
from handrail.tasks.run_file import read_run_file, write_run_file
from handrail.tasks.tuning.pocket_lessons import lessons_of
from handrail.tasks.tuning.pocket_words import EVERYTHING
from handrail.tasks.tuning.recorded import read_run, read_runs
from handrail.tasks.tuning.rows import read_examples
from handrail.tasks.tuning.split import split
from handrail.tasks.tuning.turns import turns_of
from handrail.tasks.tuning.tutor import Terms, tutor_of
from tests.tasks.run_world import NAME, SAVE, FakeClock
from tests.tasks.tuning.worlds import grounding_row, write_picture, write_rows, write_tiny

SUCCESS = Terminate(status="success")
FILL: list[Action | str] = [Click(point=NAME.center), Type(text="Ada"), Click(point=SAVE.center)]
CALL = {"action": "left_click", "coordinate": [500, 500]}


def recorded(
    folder: Path, *replies: Action | str, goal: str = "type Ada into Name, then click Save",
    expect: tuple[str, ...] = ("element textbox Name holds Ada",), secret: bool = False,
) -> RunEnd:  # fmt: skip
    widgets = [Field("Name", NAME, secret=secret), Button("Save", SAVE, submits=True)]
    request = RunRequest(
        goal, FakeTarget(lambda verifier: FakeScreen(verifier, widgets)), runs_folder=folder,
        expect=tuple(map(read_check, expect)),
    )  # fmt: skip
    return run(request, Crew(Puppet(replies), ScriptedApprover([True] * 9), clock=FakeClock()))


@pytest.fixture
def good(tmp_path: Path) -> RunEnd:
    return recorded(tmp_path / "runs", *FILL, SUCCESS)


def test_the_steps_of_a_checked_run_are_learned_with_those_before_them(good: RunEnd) -> None:
    assert good.result.kind == "success"
    found = read_run(good.folder)
    assert [e.action for e in found.examples] == [*FILL, SUCCESS]
    assert [len(e.before) for e in found.examples] == [0, 1, 2, 3]
    assert found.left_out == ()
    assert all(e.image.is_file() for e in found.examples)
    turns, none = turns_of(found.examples)
    assert none == ()
    assert '"action": "type", "text": "Ada"' in turns[1].reply
    assert "Step 1: " in str(turns[1].messages())


def test_a_click_that_names_nothing_has_no_words_in_the_pocket_model(good: RunEnd) -> None:
    rows, left_out = lessons_of(read_run(good.folder).examples, EVERYTHING)
    assert not rows.looks
    assert "names nothing" in left_out[0].reason


def test_names_and_texts_of_the_goal_become_an_episode(tmp_path: Path) -> None:
    lines = [f"Action: {line}\n<tool_call>\n{call}\n</tool_call>" for line, call in (
        ("click Name", json.dumps({"name": "computer_use", "arguments": {
            "action": "left_click", "coordinate": [150, 58]}})),
        ("type", json.dumps({"name": "computer_use", "arguments": {
            "action": "type", "text": "Ada"}})),
        ("click Save", json.dumps({"name": "computer_use", "arguments": {
            "action": "left_click", "coordinate": [87, 141]}})),
        ("finish", json.dumps({"name": "computer_use", "arguments": {
            "action": "terminate", "status": "success"}})),
    )]  # fmt: skip
    end = recorded(tmp_path, *lines)
    assert end.result.kind == "success", end.result.reason
    rows, left_out = lessons_of(read_run(end.folder).examples, EVERYTHING)
    assert left_out == ()
    assert [look.name for look in rows.looks] == ["Name", "Save"]
    (episode,) = rows.episodes
    assert [m.click or m.type for m in episode.moves] == ["Name", "Ada", "Save"]
    assert episode.ended


def test_runs_that_confirm_nothing_are_refused(tmp_path: Path, good: RunEnd) -> None:
    failed = recorded(tmp_path, *FILL, Terminate(status="failure"))
    unchecked = recorded(tmp_path, *FILL, SUCCESS, expect=())
    for end, words in ((failed, "ended as failed"), (unchecked, "run it with --expect")):
        with pytest.raises(RunUnusable, match=words) as caught:
            read_run(end.folder)
        assert str(end.folder.path) in str(caught.value)
    record = read_run_file(good.folder.record)
    for change, words in (
        ({"outcome": "stopped", "reason": "stopped by the person"}, "ended as stopped"),
        ({"outcome": "running"}, "cut off"),
        ({"asked": record.asked.model_copy(update={"kind": "rehearsal"})}, "rehearsal"),
        ({"journal_head": "0" * 64}, "cannot be believed"),
    ):
        write_run_file(good.folder.record, record.model_copy(update=change))
        with pytest.raises(RunUnusable, match=words):
            read_run(good.folder)
    left_out = read_runs([failed.folder, good.folder]).left_out
    assert [one.where for one in left_out] == [str(failed.folder.path), str(good.folder.path)]


def test_an_action_that_the_journal_does_not_know_is_left_out(good: RunEnd) -> None:
    record = read_run_file(good.folder.record)
    moved = record.steps[0].model_copy(update={"action": Click(point=Point(x=1, y=1))})
    steps = (moved, *record.steps[1:])
    write_run_file(good.folder.record, record.model_copy(update={"steps": steps}))
    (left_out,) = read_run(good.folder).left_out
    assert left_out.reason == "the journal does not tell that it was done"


def test_a_step_that_missed_is_left_out_and_not_told_later(tmp_path: Path) -> None:
    miss: list[Action | str] = [Click(point=Point(x=600, y=500)), *FILL, SUCCESS]
    end = recorded(tmp_path, *miss)
    found = read_run(end.folder)
    assert [e.action for e in found.examples] == [*FILL, SUCCESS]
    assert len(found.examples[0].before) == 0
    assert "it was not done" in found.left_out[0].reason
    record = read_run_file(end.folder.record)
    odd = record.steps[1].model_copy(update={"verdict": "nothing changed"})
    steps = (record.steps[0], odd, *record.steps[2:])
    write_run_file(end.folder.record, record.model_copy(update={"steps": steps}))
    assert "did not go as intended" in read_run(end.folder).left_out[1].reason


def test_what_was_typed_into_a_hidden_field_is_never_learned(tmp_path: Path) -> None:
    end = recorded(
        tmp_path, *FILL, SUCCESS, goal="type Ada into Name", secret=True, expect=("text Save",)
    )
    assert end.result.kind == "success", end.result.reason
    with pytest.raises(RunUnusable, match="the words may stand in its goal"):
        read_run(end.folder)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{not json", "is not JSON"),
        ([1], "must be a JSON object"),
        ({"image": "0.png", "instruction": "x"}, "has neither action nor bbox"),
        ({"instruction": "x", "action": CALL}, "image: must be"),
        ({"image": "0.png", "action": CALL}, "instruction: must be"),
        ({"image": "0.png", "instruction": " ", "action": CALL}, "instruction: must be"),
        ({"image": "no.png", "instruction": "x", "action": CALL}, "cannot read the image"),
        ({"image": "cut.png", "instruction": "x", "action": CALL}, "cannot read the image"),
        ({"image": "0.png", "instruction": "x", "action": "click"}, "must be a tool call"),
        ({"image": "0.png", "instruction": "x", "action": {"name": "shell", "arguments": {}}},
         "there is no tool 'shell'"),
        ({"image": "0.png", "instruction": "x", "action": {**CALL, "coordinate": [1001, 5]}},
         r"within 0\.\.1000"),
        ({"image": "0.png", "instruction": "x", "action": {"action": "left_click"}}, "needs"),
        ({"image": "0.png", "instruction": "x", "bbox": [0, 0, 301, 9]}, "not inside the 300x200"),
        ({"image": "0.png", "instruction": "x",
          "action": {"name": "mobile_use", "arguments": {"action": "swipe"}}}, "of mobile_use"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_by_its_line(tmp_path: Path, row: object, words: str) -> None:
    first = grounding_row(tmp_path, 0)
    whole = write_picture(tmp_path / "whole.png", 3).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    file = write_rows(tmp_path, first, row)
    with pytest.raises(RowError, match=words) as caught:
        read_examples(file)
    assert f"{file}:2: " in str(caught.value)


def test_all_forms_of_a_right_answer_are_read(tmp_path: Path) -> None:
    row = grounding_row(tmp_path, 0)
    plain = {"image": "0.png", "instruction": "click x"}
    tap = {"name": "mobile_use", "arguments": {"action": "click", "coordinate": [500, 500]}}
    named = {"name": "computer_use", "arguments": CALL}
    file = write_rows(
        tmp_path, row, {**plain, "action": CALL}, {**plain, "action": named},
        {**plain, "action": tap}, {**plain, "action": {"bbox": row["bbox"]}},
        {**plain, "bbox": None},
    )  # fmt: skip
    boxed, *clicks, inner, absent = read_examples(file)
    assert {e.action for e in clicks} == {Click(point=Point(x=150, y=100))}
    assert boxed.row is not None
    assert inner.row is not None
    assert boxed.action == inner.action
    assert absent.action == Terminate(status="failure")


def test_a_picture_is_held_out_as_a_whole(tmp_path: Path) -> None:
    rows = [grounding_row(tmp_path, n) for n in range(6)]
    examples = read_examples(write_rows(tmp_path, *rows, *rows))
    parts = split(examples, 0.3, 1)
    assert {e.image for e in parts.learned} & {e.image for e in parts.held_out} == set()
    assert len(parts.held_out) == 4
    assert split(examples, 0.3, 1) == parts
    with pytest.raises(UsageError, match="--held-out 0"):
        split(read_examples(write_rows(tmp_path, rows[0])), 0.2, 1)


def test_models_that_cannot_be_tuned_are_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    with pytest.raises(UnsupportedError, match="tune its base model"):
        tutor_of((), Terms(tmp_path / "adapter", 1, "cpu"))
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        tutor_of((), Terms(tmp_path / "no", 1, "cpu"))


def tuned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["model", "tune", *arguments])
    return code, capsys.readouterr().err


def test_the_command_refuses_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, state: Path
) -> None:
    rows = str(write_rows(tmp_path, *(grounding_row(tmp_path, n) for n in range(3))))
    empty = str(write_rows(tmp_path, "", name="empty.jsonl"))
    full = tmp_path / "full"
    full.mkdir()
    (full / "a").touch()
    out = ("--output", str(tmp_path / "out"))
    for arguments, words in (
        ((empty, *out), "holds no rows"),
        (("nothing", *out), "is no file and no folder"),
        ((str(full), *out), "holds no runs"),
        ((rows, "--output", str(full)), "is not empty"),
        ((rows, *out, "--steps", "0"), "--steps must be"),
        ((rows, *out, "--held-out", "1"), "--held-out must be"),
        ((rows, *out, "--device", "cuda"), "tuned on the CPU"),
    ):
        code, told = tuned(capsys, *arguments)
        assert (code, words in told) == (ExitCode.USAGE, True), told
    code, told = tuned(capsys, rows, *out, "--model", str(tmp_path / "no"))
    assert code == ExitCode.ENVIRONMENT
    assert "no checkpoint folder" in told
    assert not (tmp_path / "out").exists()


def test_a_disk_that_takes_no_more_is_told_and_the_next_try_goes_on(tmp_path: Path) -> None:
    """A limit on files' sizes stands for the disk: the system refuses to write on."""
    model = write_tiny(tmp_path / "tiny")
    rows = write_rows(tmp_path, *(grounding_row(tmp_path, n) for n in range(3)))
    script = (
        "import resource, sys; from handrail.tasks import cli; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY)); "
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    command = ["model", "tune", str(rows), "--model", str(model), "--output", str(tmp_path / "o"),
               "--steps", "1", "--threads", "1", "--held-out", "0"]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=False
    )
    assert ended.returncode == ExitCode.ENVIRONMENT, ended.stderr
    assert "cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert cli.main(command) == ExitCode.SUCCESS
    assert (tmp_path / "o" / "model.safetensors").is_file()

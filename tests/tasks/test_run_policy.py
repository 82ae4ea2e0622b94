"""Which policy a run is under: who may grant, who only restricts, and what limits do."""

from pathlib import Path

import pytest

from handrail.sandbox.approval import DenyAll
from handrail.sandbox.errors import PolicyError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Note
from handrail.tasks.errors import ExitCode
from handrail.tasks.run import PolicyChoice
from handrail.tasks.run_policy import user_policy
from tests.tasks.run_world import ALLOW, FILL, SUCCESS, World, record


def test_a_policy_that_cannot_be_read_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(PolicyError):
        world.run(SUCCESS, policy=PolicyChoice((world.folder / "no.toml",)))
    assert not world.folder.exists()


def test_a_file_that_restricts_grants_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('profile = "unattended"\n' + ALLOW.format("commit"))
    end = world.run(*FILL, policy=PolicyChoice((file,), "observe"))
    assert end.exit_code == ExitCode.DENIED
    assert "profile observe: deny edit" in end.result.reason
    assert record(end).asked.policy == f"profile observe, restricted by {file}"


def test_a_file_of_the_users_grants_and_is_written_down(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('profile = "unattended"\n' + ALLOW.format("commit"))
    file.chmod(0o600)
    end = world.run(*FILL, SUCCESS, policy=PolicyChoice(user=file), approver=DenyAll())
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": "Ada"}]
    assert record(end).asked.policy == f"granted by {file}"
    (note,) = [
        entry.record
        for entry in read_journal(end.folder.journal).entries
        if isinstance(entry.record, Note) and entry.record.topic == "policy"
    ]
    assert note.data["user rule 1"] == '{"decision":"allow","effects":["commit"]}'


def test_a_file_that_others_can_write_grants_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(ALLOW.format("commit"))
    file.chmod(0o666)
    for choice in (PolicyChoice(grants=file), PolicyChoice(user=file)):
        with pytest.raises(PolicyError, match="can be written by others"):
            world.run(SUCCESS, policy=choice)
    assert not world.folder.exists()


def test_a_files_profile_is_taken_where_none_is_chosen(tmp_path: Path) -> None:
    user, grants = tmp_path / "user.toml", tmp_path / "grants.toml"
    user.write_text('profile = "observe"\n')
    grants.write_text('profile = "unattended"\n')
    user.chmod(0o600)
    grants.chmod(0o600)
    chosen = [
        PolicyChoice(),
        PolicyChoice(user=tmp_path / "absent.toml"),
        PolicyChoice(user=user),
        PolicyChoice(user=user, grants=grants),
        PolicyChoice(user=user, grants=grants, profile="ask"),
        PolicyChoice(user=user, grants=Policy(profile="rehearse")),
        PolicyChoice((grants,)),
    ]
    found = [choice.load().profile for choice in chosen]
    assert found == ["ask", "ask", "observe", "unattended", "ask", "rehearse", "ask"]


def test_the_users_file_lies_in_their_configuration_folder(tmp_path: Path) -> None:
    home = Path("/home/ada")
    assert user_policy({}, home) == home / ".config/handrail/policy.toml"
    assert user_policy({"XDG_CONFIG_HOME": "not/absolute"}, home) == user_policy({}, home)
    found = user_policy({"XDG_CONFIG_HOME": str(tmp_path)}, home)
    assert found == tmp_path / "handrail/policy.toml"


def test_a_users_file_that_cannot_be_looked_for_is_no_file_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be looked for: File name too long"):
        PolicyChoice(user=tmp_path / ("a" * 300) / "policy.toml").load()


def test_limits_of_the_policy_end_the_run(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    for text, why in (
        ("steps = 2", "2 steps are used"),
        ("calls = 1", "1 model calls are used"),
        ("commits = 0", "0 commits a run are used up"),
        ("actions_per_minute = 2", "2 actions a minute are used up"),
    ):
        file.write_text(f"[limits]\n{text}\n")
        end = world.run(*FILL, SUCCESS, policy=PolicyChoice((file,)))
        assert (end.exit_code, end.result.kind) == (ExitCode.BUDGET, "budget"), text
        assert why in end.result.reason
        assert world.screens[-1].submitted == []

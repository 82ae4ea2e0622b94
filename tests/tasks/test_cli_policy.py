"""``handrail policy``: what a file may do, whether it does what it says, and why a step went so."""

from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Button, FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import KIND, ScriptedApprover
from handrail.tasks.cli import main
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run

NAME = Box(left=20, top=20, right=220, bottom=50)
SAVE = Box(left=20, top=70, right=120, bottom=100)
FILL: list[Action | str] = [
    "no call here",
    Click(point=NAME.center),
    Type(text="Ada"),
    Click(point=SAVE.center),
    Terminate(status="success"),
]
GOOD = """
[limits]
steps = 20

[[rule]]
decision = "allow"
effects = ["commit"]
origin = "https://shop.example"
path = "/cart/*"

[[rule]]
decision = "deny"
effects = ["destroy", "commit"]
text = "*delete*"

[[test]]
expect = "allow"
url = "https://shop.example/cart/1"
role = "button"
text = "Buy"

[[test]]
expect = "deny"
url = "https://shop.example/cart/1"
role = "button"
text = "Buy and DELETE the list"

[[test]]
expect = "deny"
url = "https://shop.example/cart/../account"
action = { kind = "press", keys = ["enter"] }
"""


APPLICATIONS = """
[[rule]]
decision = "allow"
effects = ["edit"]
application = "/usr/bin/mousepad"

[[rule]]
decision = "deny"
effects = ["edit"]
application = "XTerm"

[[test]]
expect = "allow"
surface = "desktop"
window = "note.txt - Mousepad"
application = "/usr/bin/mousepad"
effect = "edit"

[[test]]
expect = "deny"
surface = "desktop"
window = "note.txt - Mousepad"
application = "xterm"
effect = "edit"
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "handrail" / "runs"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "policy.toml"
    made.write_text(GOOD)
    made.chmod(0o600)
    return made


def build(verifier: PermitVerifier) -> FakeScreen:
    return FakeScreen(verifier, [Field("Name", NAME), Button("Save", SAVE, submits=True)])


def test_a_good_file_is_told_with_what_it_can_be_used_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "check", str(file)]) == 0
    told = capsys.readouterr().out
    assert "profile none, 2 rules, 3 tests" in told
    assert "rule 1: allow commit; origin https://shop.example, path /cart/*" in told
    assert "limit: steps 20" in told
    assert "with --grants: it grants" in told
    assert "rule 1 changes nothing there" in told
    file.chmod(0o666)
    file.write_text('profile = "ask"\n')
    assert main(["policy", "check", str(file)]) == 0
    told = capsys.readouterr().out
    assert "with --grants: refused" in told
    assert told.endswith("with --policy: it only restricts\n")


def test_a_bad_file_is_a_usage_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('[[rule]]\ndecision = "allow"\neffects = ["unknown"]\n')
    for command in ("check", "test"):
        assert main(["policy", command, str(file)]) == 2
        assert 'rule 1: allowing "unknown" effects needs' in capsys.readouterr().err


def test_a_file_is_tested_by_its_own_tables(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(file)]) == 0
    assert capsys.readouterr().out.count("ok ") == 3
    assert main(["policy", "test", "--profile", "observe", str(file)]) == 1
    told = capsys.readouterr()
    assert "FAILED test 1: deny, expected allow" in told.out
    assert "profile observe: deny commit" in told.out
    assert "1 of 3 tests failed" in told.err
    file.write_text("")
    assert main(["policy", "test", str(file)]) == 2
    assert "has no [[test]] tables" in capsys.readouterr().err


def test_a_file_is_tested_as_the_gate_would_judge(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a link leads, too, and on a desktop in the window under the pointer."""
    file.write_text(
        '[[rule]]\ndecision = "allow"\neffects = ["navigate"]\nhost = "shop.example"\n'
        '[[rule]]\ndecision = "allow"\neffects = ["unknown"]\nwindow = "Notes"\n'
        '[[test]]\nexpect = "deny"\nurl = "https://shop.example/"\nrole = "link"\n'
        'href = "https://other.test/"\n'
        '[[test]]\nexpect = "allow"\nurl = "https://shop.example/"\nrole = "link"\n'
        'href = "/basket"\n'
        '[[test]]\nexpect = "allow"\nsurface = "desktop"\nwindow = "Notes"\n'
        '[[test]]\nexpect = "deny"\nsurface = "desktop"\nwindow = "Terminal"\n'
    )
    assert main(["policy", "test", str(file)]) == 0
    assert capsys.readouterr().out.count("ok ") == 4


def test_who_consented_is_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = RunRequest("Save", FakeTarget(build), runs_folder=state)
    run(request, Crew(Puppet(FILL), ScriptedApprover([True, KIND, True])))
    assert main(["policy", "explain", "last", "2"]) == 0
    assert "consent  kind\n" in capsys.readouterr().out
    assert main(["log", "show", "last"]) == 0
    told = capsys.readouterr().out
    assert "[edit, ask, once]" in told
    assert "note     kind: permits=every type of any text" in told


def test_a_step_is_explained_from_the_journal_alone(
    file: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        '[[rule]]\ndecision = "allow"\neffects = ["commit"]\n'
        '[[rule]]\ndecision = "deny"\neffects = ["commit"]\ntext = "save"\n'
    )
    grants = PolicyChoice(grants=file, profile="unattended")
    request = RunRequest("Save", FakeTarget(build), policy=grants, runs_folder=state)
    end = run(request, Crew(Puppet(FILL)))
    file.unlink()
    assert main(["policy", "explain", "last", "3"]) == 0
    told = capsys.readouterr().out
    assert "where    fake fake Fake screen\n" in told
    assert "effect   commit" in told
    assert "decided  denied: grants rule 2: deny commit; overruled: grants rule 1" in told
    assert '  grants rule 2: deny commit  {"decision":"deny"' in told
    assert '  grants rule 1: allow commit  {"decision":"allow"' in told
    assert main(["policy", "explain", "last", "2"]) == 0
    told = capsys.readouterr().out
    assert "decided  allow: profile unattended: allow edit" in told
    assert "no rule matched" in told
    assert "outcome  done" in told
    assert main(["policy", "explain", str(end.folder.journal), "9"]) == 2
    assert "step 9" in capsys.readouterr().err
    end.folder.record.unlink()
    assert main(["policy", "explain", str(end.folder.journal), "1"]) == 0
    assert 'textbox "Name"' in capsys.readouterr().out
    end.folder.journal.write_bytes(end.folder.journal.read_bytes() + b"{}\n")
    assert main(["policy", "explain", str(end.folder.journal), "1"]) == 1
    assert "nothing after that can be believed" in capsys.readouterr().err


KNOWN = """
profile = "ask"
[known]
recipients = ["ada@example.org", "*@team.test"]
hosts = ["*.example.org"]
files = ["*.pdf"]
clipboard = true
"""


def test_check_tells_whom_a_policy_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(KNOWN)
    assert main(["policy", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "known: recipients ada@example.org, *@team.test" in out
    assert "known: clipboard True" in out
    assert "[known] table names nothing there" in out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('recipients = ["*@"]', "names nobody"),
        ('recipients = [""]', "names nobody"),
        ('recipients = ["a*b@x.org"]', "names nobody"),
        ('hosts = ["https://example.org/x"]', "is not a host"),
        ('files = ["../*"]', "is no file"),
        ('files = ["a*b"]', "is no file"),
        ("clipboard = 1", "the only value is true"),
        ('people = ["ada"]', "unknown field; allowed: recipients, hosts, files, clipboard"),
    ],
)
def test_check_refuses_a_table_that_names_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(f"[known]\n{line}\n")
    assert main(["policy", "check", str(file)]) != 0
    assert told in capsys.readouterr().err


def test_an_application_is_checked_and_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(APPLICATIONS)
    assert main(["policy", "check", str(file)]) == 0
    assert "rule 1: allow edit; application /usr/bin/mousepad" in capsys.readouterr().out
    assert main(["policy", "test", str(file)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "FAILED test 1: deny, expected allow", "what its name is, it does not say"
    file.write_text(APPLICATIONS.replace("XTerm", "/usr/bin/xterm").replace('"xterm"', '"/x"'))
    assert main(["policy", "test", str(file)]) == 0


def test_a_table_of_tests_may_name_a_goal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    test = """
[[test]]
expect = "{expect}"
url = "https://mail.test/new"
action = {{ kind = "type", text = "{text}" }}
role = "textbox"
text = "Message"
editable = true
goal = "Write to ada@example.org"
"""
    tables = [("allow", "ada@example.org"), ("allow", "sam@team.test"), ("deny", "eve@evil.test")]
    told = "".join(test.format(expect=expect, text=text) for expect, text in tables)
    file.write_text(f'profile = "unattended"\n[known]\nrecipients = ["*@team.test"]\n{told}')
    assert main(["policy", "test", str(file)]) == 0
    assert capsys.readouterr().out.count("ok") == 3

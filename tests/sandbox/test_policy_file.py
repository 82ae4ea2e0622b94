"""Policy files: every mistake is one clear line, and none is silently accepted."""

import os
from pathlib import Path

import pytest

from handrail.sandbox.errors import PolicyError
from handrail.sandbox.policy import Policy, Rule, load_policy, profile

GOOD = """
profile = "unattended"

[[rule]]
decision = "allow"
effects = ["commit", "edit"]
kinds = ["click", "press"]
surface = "browser"
host = "*.Shop.Example:8443"

[[rule]]
decision = "allow"
effects = ["unknown"]
owned_display = true

[[rule]]
decision = "deny"
effects = ["destroy"]
window = "*Untitled - Mousepad"
"""

ASK = '[[rule]]\ndecision="ask"\neffects=["edit"]\n'
ALLOW = ASK.replace("ask", "allow")
BAD_CONDITIONS = (
    (ASK + 'origin="example.org"', "is not an origin; allowed"),
    (ASK + 'origin="ftp://example.org"', "is not an origin; allowed"),
    (ASK + 'origin="https://example.org/a"', "is not an origin: "),
    (ASK + 'path="cart"', "is not a path; allowed"),
    (ASK + 'path="/a*/b"', "is not a path; allowed"),
    (ASK + 'path="/a%2fb"', "encoded slash"),
    (ASK + "roles=[]", "rule 1: roles: "),
    (ASK + 'role="button"', "rule 1: role: unknown field; allowed"),
    (ASK + 'text="**"', "name the words"),
    (ASK + "region=[0, 0, 1]", "rule 1: region"),
    (ASK + "region=[0.5, 0, 0.5, 1]", "rule 1: region: a region is"),
    (ASK + "region=[0, 0, 1, 1.5]", "rule 1: region: a region is"),
    (ASK + 'region=["0", 0, 1, 1]', "rule 1: region[0]: "),
    (ASK + "region=[0, 0, 1, nan]", "rule 1: region"),
    (ASK + 'hours="8:00-18:00"', "are not hours; allowed"),
    (ASK + 'hours="08:00-08:00"', "are not hours; allowed"),
    (ASK + 'hours="08:00-24:00"', "are not hours; allowed"),
    (ASK + 'weekdays=["monday"]', "rule 1: weekdays[0]: "),
    (ASK + 'application="Mouse*"', "is no application; allowed"),
    (ASK + 'application="bin/mousepad"', "is no application; allowed"),
    (ASK + 'application=" "', "is no application; allowed"),
    (ASK + 'application="Mousepad"\nsurface="browser"', "only the windows of a desktop"),
    ("[limits]\nrows = 10", "[limits]: rows: bounds a job's rows, and there are no jobs yet"),
    (ALLOW + 'text="Save"', "allowing by text needs a window, an application or owned_display"),
    (ALLOW + 'roles=["button"]\nregion=[0,0,1,1]', "allowing by roles and region needs"),
    (ALLOW + 'path="/cart"', "allowing a path needs an origin or a host"),
    (ALLOW + 'surface="browser"\nwindow="Shop"', "the page chooses its window"),
    (ALLOW + 'surface="browser"\ntext="Shop"\norigin="https://a.org"', "chooses its text"),
    ("[limits]\nsteps=0", "[limits]: steps: "),
    ("[limits]\nsteps=true", "[limits]: steps: "),
    ('[limits]\nsteps="5"', "[limits]: steps: "),
    ("[limits]\nseconds=1.5", "[limits]: seconds: "),
    ("[limits]\ncommits=-1", "[limits]: commits: "),
    ("[limits]\nrow=5", "[limits]: row: unknown field; allowed: steps, seconds, calls"),
    ("limits=3", "[limits]: Input should be"),
    ("[[test]]", "test 1: expect: is missing"),
    ('[[test]]\nexpect="maybe"', "test 1: expect: "),
    ('[[test]]\nexpect="ask"\naction={kind="tap"}', "test 1: action: "),
    ('[[test]]\nexpect="ask"\naction={kind="press", keys=["enter"], x=1}', "action.press.x: "),
    ('[[test]]\nexpect="ask"\ntime="10:00"', "test 1: time: "),
    ("test=1", "tests are written as [[test]] tables"),
)


def load(folder: Path, text: str | bytes) -> Policy:
    path = folder / "policy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_policy(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert policy.profile == "unattended"
    assert policy.rules[0] == Rule(
        decision="allow",
        effects=("commit", "edit"),
        kinds=("click", "press"),
        surface="browser",
        host="*.shop.example:8443",
    )
    assert policy.rules[1].owned_display is True
    assert policy.rules[2].window == "*Untitled - Mousepad"


def test_an_empty_file_denies_and_a_profile_alone_is_that_profile(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Policy()
    assert load(tmp_path, 'profile = "observe"') == profile("observe")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'profile = "asks"',
            "profile 'asks' is unknown; allowed: observe, rehearse, ask, unattended",
        ),
        ("profile = 1", "profile 1 is unknown"),
        ("profile = []", "profile [] is unknown"),
        ('Profile = "ask"', "'Profile' is unknown; allowed: profile"),
        ('rules = "x"', "'rules' is unknown"),
        ("rule = 3", "rules are written as [[rule]] tables"),
        ("rule = [1]", "rule 1: is not a [[rule]] table"),
        ("[rule]\n", "rules are written as [[rule]] tables"),
        ("[[rule]]\n", "rule 1: decision: is missing"),
        ('[[rule]]\ndecision="allow"\n', "rule 1: effects: is missing"),
        (
            '[[rule]]\ndecision="Allow"\neffects=["edit"]',
            "rule 1: decision: Input should be 'allow'",
        ),
        ('[[rule]]\ndecision="allow"\neffects="edit"', "rule 1: effects: "),
        ('[[rule]]\ndecision="allow"\neffects=[]', "rule 1: effects: "),
        ('[[rule]]\ndecision="allow"\neffects=["comit"]', "rule 1: effects[0]: Input should be"),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nkinds=["tap"]', "rule 1: kinds[0]: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nkinds=[]', "rule 1: kinds: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nhosts=["a"]', "rule 1: hosts: unknown field"),
        (
            '[[rule]]\ndecision="ask"\neffects=["edit"]\nhost="http://a.org"',
            "is not a host; allowed",
        ),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nhost="*"', "is not a host; allowed"),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nhost=3', "rule 1: host: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nwindow="*"', "rule 1: window: a window is"),
        *BAD_CONDITIONS,
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nsurface="web"', "rule 1: surface: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nowned_display=false', "owned_display: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nowned_display=1', "owned_display: "),
        ('[[rule]]\ndecision="ask"\neffects=["edit"]\nowned_display="true"', "owned_display: "),
        (
            '[[rule]]\ndecision="allow"\neffects=["unknown"]',
            'rule 1: allowing "unknown" effects needs',
        ),
        (GOOD + '\n[[rule]]\ndecision="ask"\neffects=["x"]', "rule 4: effects[0]"),
        ('profile = "ask"\nprofile = "observe"', "is not TOML"),
        ("profile = ", "is not TOML"),
        (b"profile = \xff", "is not TOML"),
    ],
)
def test_a_bad_file_names_the_rule_and_what_is_allowed(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "policy.toml") in str(caught.value)


def test_all_mistakes_of_a_rule_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, '[[rule]]\ndecision="maybe"\neffects=["x"]\nfoo=1')
    assert len(str(caught.value).splitlines()) == 3


def test_a_file_that_cannot_be_read_is_a_policy_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path)


def test_every_condition_is_read_in_its_one_form(tmp_path: Path) -> None:
    policy = load(
        tmp_path,
        """
[limits]
steps = 20
commits = 0

[[rule]]
decision = "rehearse"
effects = ["commit"]
origin = "HTTPS://Shop.Example.:443"
path = "/a/../cart/%41/*"
roles = ["button", "link"]
text = "*Buy*"
region = [0, 0.5, 1, 1.0]
hours = "22:00-06:00"
weekdays = ["sat", "sun"]

[[test]]
expect = "deny"
action = { kind = "press", keys = ["enter"] }
time = 2026-01-03T23:00:00
""",
    )
    rule = policy.rules[0]
    assert (rule.origin, rule.path) == ("https://shop.example", "/cart/A/*")
    assert rule.region == (0.0, 0.5, 1.0, 1.0)
    assert (policy.limits.steps, policy.limits.commits, policy.limits.calls) == (20, 0, None)
    assert policy.tests[0].effect_class == "commit"


def test_a_policy_that_came_with_a_repository_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "zeros.toml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * 1_000_001)
    for name, why in (("zeros", "plain file"), ("pipe", "plain file"), ("long", "longer than")):
        with pytest.raises(PolicyError, match=why):
            load_policy(tmp_path / f"{name}.toml")
    (tmp_path / "number.toml").write_text(f"profile = {'9' * 10_000}")
    with pytest.raises(PolicyError, match="is not TOML"):
        load_policy(tmp_path / "number.toml")

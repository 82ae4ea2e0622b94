"""Which secrets a run may type, and where: by the goal, the policy and the source."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from handrail.actuators.actions import Action, Click, Press, Type, digest
from handrail.actuators.errors import ActionRefused
from handrail.actuators.fake import Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.errors import PolicyError, SecretsError
from handrail.sandbox.policy import Policy, parse_policy, profile
from handrail.sandbox.records import Intent, Refusal
from handrail.sandbox.redact import SECRET, hidden
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.sandbox.secret_sources import EnvironmentSecrets, KeyringSecrets, variable
from handrail.sandbox.secret_use import SecretUse
from handrail.sandbox.vault import Vault

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]
VALUE = "Tr0ub4dor&3"
PLACE = Box(left=20, top=50, right=220, bottom=80)
SITE = Surface("browser", "chromium", url="https://bank.test/login")
DESK = Surface("desktop", ":1", window=ScreenText("Bank of Test"))
SHOWN = Element("textbox", ScreenText("Name"), PLACE, editable=True, page=SITE.url)
HIDDEN = replace(SHOWN, secret=True)
BUTTON = replace(SHOWN, editable=False)
BANK = SecretUse(origins=("https://bank.test",), windows=("Bank*",))
ANY = SecretUse(origins=("https://bank.test",), windows=("Bank*",), fields="any")
SOURCE = EnvironmentSecrets(
    {variable(n): VALUE for n in ("bank", "other")} | {variable("pin"): "12"}
)
GOAL = "sign in with {{secret:bank}}"
TYPED = Type(text="{{secret:bank}}")


class Locked(KeyringSecrets):
    def read(self, name: str) -> SecretStr | None:
        raise SecretsError("it is locked")


def why(vault: Vault, element: Element | None, surface: Surface = SITE, text: str = "") -> str:
    return vault.refusal(Type(text=text) if text else TYPED, (element,), surface)


def granted(use: SecretUse | None = None, goal: str = GOAL) -> Vault:
    return Vault(SOURCE, goal, [] if use is None else [(True, {"bank": use})])


@pytest.mark.parametrize(
    ("use", "element", "surface", "says"),
    [
        (None, HIDDEN, SITE, ""),
        (None, HIDDEN, replace(SITE, url="https://evil.test/"), ""),
        (None, SHOWN, SITE, "only into a field that hides text"),
        (None, None, SITE, "only into"),
        (None, None, DESK, "only into"),
        (BANK, HIDDEN, SITE, ""),
        (BANK, SHOWN, SITE, "a field that hides text on https://bank.test, Bank*"),
        (BANK, HIDDEN, replace(SITE, url="https://evil.test/?https://bank.test"), "only into"),
        (BANK, HIDDEN, replace(SITE, url="http://bank.test/"), "only into"),
        (BANK, HIDDEN, replace(SITE, url="https://bank.test\\@evil.test/"), "only into"),
        (BANK, replace(HIDDEN, page="https://evil.test/frame"), SITE, "only into"),
        (BANK, HIDDEN, replace(SITE, url="https://evil.test/"), "only into"),
        (BANK, None, DESK, "only into"),
        (BANK, HIDDEN, DESK, ""),
        (ANY, SHOWN, SITE, ""),
        (ANY, BUTTON, SITE, "only into any field on"),
        (ANY, None, SITE, "only into any field on"),
        (ANY, None, DESK, ""),
        (ANY, None, replace(DESK, window=ScreenText("My Bank")), "only into"),
        (ANY, SHOWN, replace(SITE, url="https://evil.test/", window=DESK.window), "only into"),
    ],
)
def test_a_secret_is_typed_where_it_is_meant_to_be(
    use: SecretUse | None, element: Element | None, surface: Surface, says: str
) -> None:
    vault = granted(use)
    told = why(vault, element, surface)
    assert (says in told) if says else told == ""
    if says:
        with pytest.raises(ActionRefused, match="may not be typed here"):
            vault.resolve("bank", element, surface)
    else:
        assert vault.resolve("bank", element, surface).get_secret_value() == VALUE


def test_only_what_the_goal_or_the_place_names_is_resolved() -> None:
    """A screen may show any placeholder, and a model may copy it."""
    other = Type(text="{{secret:other}}")
    assert "names the secret other" in granted().refusal(other, (HIDDEN,), SITE)
    listed = Vault(SOURCE, "sign in", [(True, {"other": BANK})])
    assert listed.refusal(other, (HIDDEN,), SITE) == ""
    assert "names the secret other" in listed.refusal(
        other, (HIDDEN,), replace(SITE, url="https://evil.test/")
    )
    anywhere = Vault(SOURCE, "sign in", [(True, {"other": SecretUse()})])
    assert "names the secret other" in anywhere.refusal(other, (HIDDEN,), SITE)


def test_what_is_unknown_misspelt_or_not_allowed_at_all_is_refused() -> None:
    assert "choose where secrets come from" in why(Vault(None, GOAL), HIDDEN)
    absent = Vault(EnvironmentSecrets({}), GOAL)
    assert why(absent, HIDDEN) == "there is no secret bank in the environment"
    assert "a secret is written" in why(granted(), HIDDEN, text="{{secret:no name}}")
    assert why(Vault(Locked(), GOAL), HIDDEN) == "it is locked"
    with pytest.raises(ActionRefused, match="it is locked"):
        Vault(Locked(), GOAL).resolve("bank", HIDDEN, SITE)
    assert granted().refusal(Press(keys=("a",)), (None,), SITE) == ""
    assert granted().refusal(TYPED, (), SITE) != ""


def test_a_goal_that_names_too_short_a_secret_is_refused_at_once() -> None:
    short = Vault(SOURCE, "unlock with {{secret:pin}}")
    with pytest.raises(SecretsError, match=r"less than 4 characters.*choose a longer one"):
        short.check_goal("unlock with {{secret:pin}}")
    refused = short.refusal(Type(text="{{secret:pin}}"), (HIDDEN,), SITE)
    assert "less than 4 characters" in refused
    assert "12" not in refused


def test_a_value_that_goes_or_is_too_short_is_not_typed() -> None:
    short = Vault(SOURCE, "{{secret:pin}}")
    with pytest.raises(ActionRefused, match="less than 4 characters"):
        short.resolve("pin", HIDDEN, SITE)
    values = {variable("bank"): VALUE}

    class Going(dict[str, str]):
        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
            return values.pop(key, default)

    with pytest.raises(ActionRefused, match="is not there any more"):
        Vault(EnvironmentSecrets(Going()), GOAL).resolve("bank", HIDDEN, SITE)


def test_layers_that_restrict_must_hold_too() -> None:
    elsewhere = SecretUse(origins=("https://other.test",))
    restricted = Vault(SOURCE, GOAL, [(True, {"bank": BANK}), (False, {"bank": elsewhere})])
    assert "may not be typed here" in why(restricted, HIDDEN)
    agreed = Vault(SOURCE, GOAL, [(True, {"bank": BANK}), (False, {"bank": BANK, "x": elsewhere})])
    assert why(agreed, HIDDEN) == ""
    alone = Vault(SOURCE, "sign in", [(False, {"bank": BANK})])
    assert "names the secret bank" in why(alone, HIDDEN)
    either = Vault(SOURCE, GOAL, [(True, {"bank": elsewhere}), (True, {"bank": BANK})])
    assert why(either, HIDDEN) == ""


def test_text_that_holds_a_value_in_clear_is_refused_once_it_was_given_out() -> None:
    vault = granted()
    assert why(vault, SHOWN, text=f"it is {VALUE}") == ""
    vault.resolve("bank", HIDDEN, SITE)
    for text in (f"it is {VALUE}", VALUE.upper(), "VHIwdWI0ZG9yJjM="):
        assert "holds a secret in clear" in why(vault, SHOWN, text=text)


def test_a_goal_is_checked_before_anything_is_done() -> None:
    granted().check_goal(GOAL)
    Vault().check_goal("nothing secret")
    for goal, says in (("{{secret:x}}", "no secret x in the env"), ("{{secret:}}", "meant so")):
        with pytest.raises(SecretsError, match=says):
            Vault(SOURCE, goal).check_goal(goal)
    with pytest.raises(SecretsError, match="this run has no secret bank"):
        Vault(None, GOAL).check_goal(GOAL)


def test_the_gate_denies_without_a_vault_and_permits_the_name_with_one(
    open_door: MakeDoor,
) -> None:
    field = Field("Password", PLACE, secret=True)
    refused = open_door(widgets=[field])
    refused.screen.focus = field
    outcome = refused.submit(TYPED)
    assert (outcome.kind, field.text) == ("denied", "")
    assert "neither the goal nor" in outcome.reason
    (refusal,) = [r for r in refused.records if isinstance(r, Refusal)]
    assert (refusal.action, refusal.redacted) == (TYPED, False)

    vault, approver = granted(), ScriptedApprover([True])
    book = Rulebook.of(profile("ask")).guarding(vault)
    door = open_door(widgets=[field], policy=book, approver=approver)
    door.screen.focus, door.screen.secrets = field, vault
    assert (door.submit(TYPED).kind, field.text) == ("done", VALUE)
    (intent,) = [r for r in door.records if isinstance(r, Intent)]
    assert (intent.action, intent.digest) == (TYPED, digest(TYPED))
    assert approver.requests[0].action == TYPED
    assert VALUE not in door.path.read_text()


@pytest.mark.parametrize(
    ("action", "written"),
    [
        (TYPED, TYPED),
        (Type(text="my {{secret:bank}}!"), Type(text=f"{SECRET}{{{{secret:bank}}}}")),
        (Type(text="{{secret:a}}{{secret:b}}"), Type(text="{{secret:a}}{{secret:b}}")),
    ],
)
def test_names_are_written_down_and_what_stands_beside_them_is_not(
    action: Action, written: Action
) -> None:
    assert hidden(action) == written


def test_a_policy_says_where_secrets_may_be_typed_and_writes_it_down() -> None:
    text = b'[secrets.bank]\norigins = ["https://bank.test"]\nwindows = ["Bank*"]\n'
    policy = parse_policy(text, "p.toml")
    assert policy == Policy(secrets={"bank": BANK})
    book = Rulebook([Layer("user", policy, grants=True), Layer("run", Policy())])
    assert book.secret_uses == ((True, {"bank": BANK}), (False, {}))
    told = book.written()
    assert told["user secret bank"] == (
        '{"fields":"hidden","origins":["https://bank.test"],"windows":["Bank*"]}'
    )
    assert told["digest"] != Rulebook([Layer("user", Policy(), grants=True)]).written()["digest"]
    click = Click(point=PLACE.center)
    assert book.guarding(granted()).decide("edit", click, SITE) == book.decide("edit", click, SITE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"secrets = 5", r"secrets are written as \[secrets.NAME\] tables, not 5"),
        (b'[secrets."a b"]', "'a b' is no secret's name"),
        (b"[secrets]\nbank = 5", r"\[secrets.bank\]: "),
        (b"[secrets.bank]\nvalue = 5", r"\[secrets.bank\]: value: unknown field; allowed: orig"),
        (b'[secrets.bank]\nfields = "some"', r"\[secrets.bank\]: fields: "),
    ],
)
def test_a_policy_that_says_it_wrongly_is_refused(text: bytes, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        parse_policy(text, "p.toml")

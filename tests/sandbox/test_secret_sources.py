"""Where secrets are kept: what is read there, and what is refused without telling a value."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from handrail.sandbox.errors import PolicyError, SecretsError
from handrail.sandbox.ownership import current_user
from handrail.sandbox.secret_sources import (
    EnvironmentSecrets,
    FileSecrets,
    KeyringSecrets,
    SecretSource,
    open_source,
    variable,
)
from handrail.sandbox.secret_use import SecretUse

VALUE = "Tr0ub4dor&3"


def kept(folder: Path, text: str, name: str = "secrets.toml", mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def value(source: SecretSource, name: str) -> str | None:
    found = source.read(name)
    assert VALUE not in repr(found)
    return None if found is None else found.get_secret_value()


class Memory(KeyringBackend):
    """A keyring that holds one password, or is locked."""

    priority = 1.0
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked(VALUE)
        return VALUE if (service, username) == ("handrail", "bank") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, made = keyring.get_keyring(), Memory()  # type: ignore[no-untyped-call]
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_the_environment_is_asked_for_its_own_variables_alone() -> None:
    environ = {"HANDRAIL_SECRET_MY_BANK_2": VALUE, "HANDRAIL_SECRET_EMPTY": "", "HOME": VALUE}
    source = open_source("env", environ)
    assert isinstance(source, EnvironmentSecrets)
    assert (variable("my-bank.2"), value(source, "my-bank.2")) == (next(iter(environ)), VALUE)
    assert (value(source, "empty"), value(source, "home")) == (None, None)
    assert dict(source.uses) == {}


def test_the_keyring_is_asked_under_our_own_service(memory: Memory) -> None:
    source = open_source("keyring", {})
    assert (value(source, "bank"), value(source, "other")) == (VALUE, None)


def test_a_keyring_that_does_not_answer_is_told_without_its_words(memory: Memory) -> None:
    memory.locked = True
    with pytest.raises(
        SecretsError, match=r"does not answer \(KeyringLocked\): unlock it"
    ) as caught:
        KeyringSecrets().read("bank")
    assert VALUE not in str(caught.value)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setitem(sys.modules, "dotenv", None)
    with pytest.raises(SecretsError, match="keyring is not installed: pip install"):
        KeyringSecrets().read("bank")
    with pytest.raises(SecretsError, match="python-dotenv is not installed: pip install"):
        FileSecrets(kept(tmp_path, "A=b", ".env"))


def test_a_file_says_where_its_secrets_may_be_typed(tmp_path: Path) -> None:
    path = kept(
        tmp_path,
        f'plain = "{VALUE}"\n[bank]\nvalue = "other value"\n'
        'origins = ["https://Bank.example:443"]\nwindows = ["Bank*"]\nfields = "any"\n',
    )
    source = open_source(str(path), {})
    assert (value(source, "plain"), value(source, "bank")) == (VALUE, "other value")
    assert value(source, "neither") is None
    assert dict(source.uses) == {
        "bank": SecretUse(origins=("https://bank.example",), windows=("Bank*",), fields="any")
    }


def test_lines_of_a_file_are_read_as_they_stand(tmp_path: Path) -> None:
    path = kept(
        tmp_path, f'# mine\nexport BANK="{VALUE}"\nother=$HOME${{X}}\nempty=\nbare\n', ".env"
    )
    source = FileSecrets(path)
    assert (value(source, "BANK"), value(source, "other")) == (VALUE, "$HOME${X}")
    assert (value(source, "empty"), value(source, "bare"), dict(source.uses)) == (None, None, {})


def test_a_file_is_read_and_judged_anew_each_time(tmp_path: Path) -> None:
    path = kept(tmp_path, f'bank = "{VALUE}"')
    source = FileSecrets(path)
    kept(tmp_path, 'bank = "changed"')
    assert value(source, "bank") == "changed"
    if current_user() is not None:
        path.chmod(0o640)
        with pytest.raises(SecretsError, match="can be read by others: chmod 600"):
            source.read("bank")
    path.unlink()
    with pytest.raises(SecretsError, match="cannot be read"):
        source.read("bank")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'bank = "{VALUE}', "is not TOML"),
        ("bank = 5", "'bank' has no value that is a text"),
        ('bank = ""', "'bank' has no value"),
        ('[bank]\norigins = ["https://a.test"]', "'bank' has no value"),
        (f'"my bank" = "{VALUE}"', "'my bank' is no secret's name"),
        (
            f'[bank]\nvalue = "{VALUE}"\norigin = "x"',
            r"\[bank\]: origin: unknown field; allowed: or",
        ),
        (
            f'[bank]\nvalue = "{VALUE}"\norigins = ["a.test"]',
            r"\[bank\]: origins\[0\]: .*not an ori",
        ),
        (f'[bank]\nvalue = "{VALUE}"\nfields = "any"', r"\[bank\]: fields = .*name origins or win"),
        (f'["a b"]\nvalue = "{VALUE}"\nwindows = ["x"]', "'a b' is no secret's name"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_without_a_value(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(SecretsError, match=says) as caught:
        FileSecrets(kept(tmp_path, text))
    assert VALUE not in str(caught.value)
    assert isinstance(caught.value, PolicyError)


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SecretsError, match="is not text in UTF-8"):
        FileSecrets(path)
    with pytest.raises(SecretsError, match="cannot be read"):
        open_source(str(tmp_path / "absent.toml"), {})
    with pytest.raises(SecretsError, match="is no file"):
        open_source("~no-such-user/x\0", {})


@pytest.mark.skipif(current_user() is None, reason="Windows has no such owners")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, f'bank = "{VALUE}"')
    someone = 54_321
    if current_user() == 0:
        os.chown(path, someone, -1)
        someone = 0
    with pytest.raises(SecretsError, match="belongs to another user"):
        FileSecrets(path, user=someone)

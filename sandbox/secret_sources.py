"""Where secrets are kept: the operating system's keyring, the environment, or a file.

Promises
- A value is read when it is asked for, and kept nowhere here: ``has`` looks, and forgets.
- A file of secrets is a plain file of the user's that nobody else can read, nor exchange (see
  ``ownership.py``). It is read anew for each value, and judged anew.
- No complaint holds a value.

Does not promise
- To keep other programs of the same user away from the environment, the file or the keyring.
- That the keyring is locked well: that is the operating system's affair.
"""

import io
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from pydantic import SecretStr

from handrail.actuators.secret import NAME
from handrail.sandbox.errors import PolicyError, SecretsError
from handrail.sandbox.ownership import current_user, read_owned
from handrail.sandbox.policy import read_uses
from handrail.sandbox.secret_use import SecretUse

PREFIX = "HANDRAIL_SECRET_"
SERVICE = "handrail"
_EXTRA = "is not installed: pip install 'handrail[secrets]'"
_NOWHERE: Mapping[str, SecretUse] = MappingProxyType({})


class SecretSource(Protocol):
    """A place where secrets are kept by name.

    ``title`` is what people are told it is; ``uses``: where it says that each may be typed.
    """

    @property
    def title(self) -> str:
        """Return what it is called."""
        ...

    @property
    def uses(self) -> Mapping[str, SecretUse]:
        """Return where secrets may be typed, as far as this place says so."""
        ...

    def read(self, name: str) -> SecretStr | None:
        """Return a secret, or None where there is none of this name. Raises SecretsError."""
        ...


class EnvironmentSecrets:
    """Secrets in environment variables: ``my-bank`` is in ``HANDRAIL_SECRET_MY_BANK``."""

    title = "the environment"
    uses = _NOWHERE

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def read(self, name: str) -> SecretStr | None:
        """Return the variable's value, None where it is absent or empty."""
        value = self._environ.get(variable(name), "")
        return SecretStr(value) if value else None


def variable(name: str) -> str:
    """Return the environment variable of a secret."""
    return PREFIX + name.upper().replace("-", "_").replace(".", "_")


class KeyringSecrets:
    """Secrets in the operating system's keyring, under the service ``handrail``.

    ``keyring set handrail NAME`` puts one there.
    """

    title = "the keyring"
    uses = _NOWHERE

    def read(self, name: str) -> SecretStr | None:
        """Return the password of that name. Raises SecretsError where no keyring answers."""
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError as error:
            raise SecretsError(f"the library keyring {_EXTRA}") from error
        try:
            value = keyring.get_password(SERVICE, name)
        except KeyringError as error:
            raise SecretsError(
                f"the keyring does not answer ({type(error).__name__}): unlock it, or keep secrets "
                "in the environment or a file"
            ) from error
        return SecretStr(value) if value else None


class FileSecrets:
    """Secrets in a file: TOML where its name ends in ``.toml``, else lines of ``NAME=value``.

    In TOML a secret is ``NAME = "value"``, or a table with ``value`` and what ``SecretUse`` has.
    Raises SecretsError for a file that cannot be read, or may not hold secrets.
    """

    def __init__(self, path: Path, user: int | None = None) -> None:
        self._path = path
        self._user = current_user() if user is None else user
        self.title = str(path)
        self.uses: Mapping[str, SecretUse] = self._read()[1]

    def read(self, name: str) -> SecretStr | None:
        """Return a value of the file as it is now. Raises SecretsError."""
        return self._read()[0].get(name)

    def _read(self) -> tuple[dict[str, SecretStr], dict[str, SecretUse]]:
        try:
            text = read_owned(self._path, self._user, private=True).decode("utf-8")
        except UnicodeDecodeError:
            raise SecretsError(f"{self._path}: is not text in UTF-8") from None
        except PolicyError as error:
            raise SecretsError(str(error)) from error
        found = self._toml(text) if self._path.suffix.lower() == ".toml" else self._lines(text)
        for name in found[0]:
            if not NAME.fullmatch(name):
                raise SecretsError(
                    f"{self._path}: {name!a} is no secret's name: letters, digits, _ . and -"
                )
        return found

    def _toml(self, text: str) -> tuple[dict[str, SecretStr], dict[str, SecretUse]]:
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            # What the parser says may quote the line, and with it a value.
            raise SecretsError(f"{self._path}: is not TOML") from None
        values: dict[str, SecretStr] = {}
        uses: dict[str, object] = {}
        for name, entry in table.items():
            told = dict(entry) if isinstance(entry, dict) else {"value": entry}
            value = told.pop("value", None)
            if not isinstance(value, str) or not value:
                raise SecretsError(f"{self._path}: {name!a} has no value that is a text")
            values[name] = SecretStr(value)
            if told:
                uses[name] = told
        try:
            return values, dict(read_uses(str(self._path), uses))
        except PolicyError as error:
            raise SecretsError(str(error)) from None

    def _lines(self, text: str) -> tuple[dict[str, SecretStr], dict[str, SecretUse]]:
        try:
            from dotenv import dotenv_values
        except ImportError as error:
            raise SecretsError(f"the library python-dotenv {_EXTRA}") from error
        found = dotenv_values(stream=io.StringIO(text), interpolate=False)
        return {name: SecretStr(value) for name, value in found.items() if value}, {}


def open_source(choice: str, environ: Mapping[str, str]) -> SecretSource:
    """Return the source that ``keyring``, ``env`` or a file's path names. Raises SecretsError."""
    if choice == "keyring":
        return KeyringSecrets()
    if choice == "env":
        return EnvironmentSecrets(environ)
    try:
        return FileSecrets(Path(choice).expanduser())
    except (RuntimeError, ValueError) as error:
        raise SecretsError(f"{choice!a} is no file: {error}") from error

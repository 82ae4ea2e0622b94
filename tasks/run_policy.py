"""Which policies a run is under: who may grant, and who may only restrict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from handrail.sandbox.errors import PolicyError
from handrail.sandbox.ownership import current_user, read_owned
from handrail.sandbox.policy import Policy, ProfileName, load_policy, parse_policy
from handrail.sandbox.rulebook import Layer, Rulebook
from handrail.tasks.home import home_folder

DEFAULT_PROFILE: ProfileName = "ask"


def user_policy(environ: Mapping[str, str], home: Path | None = None) -> Path:
    """Return where a user keeps their own policy, by the XDG base directory specification.

    Raises RunFolderError for a user without a home folder.
    """
    config = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not config.is_absolute():
        config = (home or home_folder("XDG_CONFIG_HOME")) / ".config"
    return config / "handrail" / "policy.toml"


@dataclass(frozen=True)
class PolicyChoice:
    """The policies of a run.

    ``restricts``: files that may come from anywhere and only restrict. ``profile``: what is granted
    where no rule decides; by default that of the granting files (``grants`` before ``user``), else
    ask. ``grants``: a file of the user's, or a policy that the calling program vouches for.
    ``user``: where the user's own file lies, if there is one.
    """

    restricts: tuple[Path, ...] = ()
    profile: ProfileName | None = None
    grants: Path | Policy | None = None
    user: Path | None = None

    def load(self) -> Rulebook:
        """Read every file. Raises PolicyError, also where a file that grants is not the user's."""
        granting = list(self._granting())
        names = [layer.policy.profile for layer in reversed(granting)]
        chosen = next((name for name in (self.profile, *names) if name), DEFAULT_PROFILE)
        restricting = [
            Layer("run" if number == 1 else f"run {number}", load_policy(file))
            for number, file in enumerate(self.restricts, start=1)
        ]
        return Rulebook((*granting, *restricting), chosen)

    def described(self) -> str:
        """Return one line that says which policies these are."""
        said = [f"profile {self.profile}"] if self.profile else []
        if isinstance(self.grants, Policy):
            said.append("granted by the program")
        elif self.grants is not None:
            said.append(f"granted by {self.grants}")
        if self.user is not None and _is_there(self.user):
            said.append(f"granted by {self.user}")
        said = said or [f"profile {DEFAULT_PROFILE}"]
        return ", ".join([*said, *(f"restricted by {file}" for file in self.restricts)])

    def _granting(self) -> Iterator[Layer]:
        if self.user is not None and _is_there(self.user):
            yield Layer("user", _owned(self.user), grants=True)
        if isinstance(self.grants, Policy):
            yield Layer("program", self.grants, grants=True)
        elif self.grants is not None:
            yield Layer("grants", _owned(self.grants), grants=True)


def _owned(file: Path) -> Policy:
    return parse_policy(read_owned(file, current_user()), str(file))


def _is_there(file: Path) -> bool:
    """Tell whether there is something of this name, were it a link that leads nowhere.

    Raises PolicyError where that cannot be told: what is there may deny.
    """
    try:
        return file.is_symlink() or file.exists()
    except OSError as error:
        raise PolicyError(f"{file}: cannot be looked for: {error.strerror}") from error

"""The scene of a rehearsal: which folders there is a copy of, and what of them stays hidden.

Promises
- Every folder of the scene is a real folder of the user's, none lies in another, and the scratch
  folder lies in none of them.
- Places of the system, and what all programs share (``/tmp``, ``/run``), are refused: a rehearsal
  is of the user's own files.
- Where programs keep keys, passwords, cookies and histories (``SECRET``) nothing is shown, but what
  the user names in ``shown``.

Does not promise
- To know every place where secrets may lie: a list is a list.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from handrail.sandbox.errors import RehearsalError

_SECRET = """
.ssh .gnupg .pki .cert .aws .azure .kube .docker .netrc .pgpass .my.cnf .npmrc .pypirc
.git-credentials .password-store .vault-token .electrum .bitcoin .ethereum
.config/git/credentials .config/gh .config/hub .config/gcloud .config/rclone .config/op
.config/keepassxc .config/Bitwarden .config/Signal .config/containers .config/handrail
.local/share/keyrings .local/share/kwalletd .local/state/handrail .local/share/handrail
.mozilla .thunderbird .cache/mozilla .cache/thunderbird .var/app snap
.config/chromium .config/google-chrome .config/google-chrome-beta .config/microsoft-edge
.config/BraveSoftware .config/vivaldi .config/opera .cache/chromium .cache/google-chrome
.Xauthority .ICEauthority .bash_history .zsh_history .python_history .psql_history
.mysql_history .node_repl_history .lesshst
"""
SECRET = tuple(_SECRET.split())
"""Names in a home where secrets lie: keys, tokens, profiles of browsers, what was typed."""

_PLACES = "/proc /sys /dev /run /etc /usr /bin /sbin /lib /lib32 /lib64 /boot"
_SYSTEM = tuple(map(Path, _PLACES.split()))
_SHARED = frozenset(map(Path, ("/", "/tmp", "/var", "/var/tmp", "/var/run", "/var/lib")))


@dataclass(frozen=True)
class Scene:
    """What a rehearsal sees of the user's files; every path is absolute.

    ``cwd`` is where the program starts, in one of the folders. ``scratch``: a folder of this
    rehearsal's own, empty, where the changes go. ``shown``: what of ``SECRET`` and ``hidden`` is
    shown nevertheless. Raises RehearsalError for what cannot be copied.
    """

    home: Path
    scratch: Path
    cwd: Path
    folders: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        scratch = self.scratch.resolve()
        for folder in self.covered:
            if scratch.is_relative_to(folder):
                raise RehearsalError(
                    f"the scratch folder {scratch} lies in {folder}, which is to be copied: choose "
                    "one elsewhere"
                )
        if not _within(self.cwd.resolve(), self.covered):
            raise RehearsalError(
                f"the program would start in {self.cwd}, of which there is no copy: name that "
                "folder, too"
            )
        for path in self.shown:
            if not _within(path.resolve(), self.covered):
                raise RehearsalError(f"{path} is in none of the copied folders: it cannot be shown")

    @cached_property
    def covered(self) -> tuple[Path, ...]:
        """Return every folder that there is a copy of, none within another."""
        wanted = sorted({_checked(folder) for folder in (self.home, *self.folders)})
        return tuple(f for f in wanted if not _within(f, (o for o in wanted if o != f)))

    @cached_property
    def concealed(self) -> tuple[Path, ...]:
        """Return what is there and is not shown, links followed. Raises RehearsalError."""
        shown = [path.resolve() for path in self.shown]
        found = set()
        for path in (*(self.home / name for name in SECRET), *self.hidden):
            real = path.resolve()
            if (
                not real.exists()
                or _within(real, shown)
                or self.home.resolve().is_relative_to(real)
            ):
                continue
            for one in shown:
                if one.is_relative_to(real):
                    raise RehearsalError(f"{one} lies in {real}, which is shown as a whole or not")
            if _within(real, self.covered):
                found.add(real)
        return tuple(f for f in sorted(found) if not _within(f, found - {f}))


def _checked(folder: Path) -> Path:
    try:
        real = folder.resolve(strict=True)
        os.scandir(real).close()
    except OSError as error:
        raise RehearsalError(f"{folder} cannot be copied: {error.strerror}") from error
    if real in _SHARED or _within(real, _SYSTEM):
        raise RehearsalError(
            f"{folder} is a place of the system: a rehearsal is of folders of your own, and "
            "begins in one of them"
        )
    return real


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)

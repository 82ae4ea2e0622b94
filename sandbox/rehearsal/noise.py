"""Noise: what programs write of themselves whenever they run, whatever they are asked to do.

Promises
- Every pattern has its reason, and what it matches is marked, never left out.
- Nothing that a person makes lies in these places by their documented purpose.

Does not promise
- That a program keeps to these places, or that nobody put a document there: what is noise is still
  listed, and can be committed too.

Patterns are of paths below a home folder; ``**`` stands for any number of names, ``*`` for a part
of one. A pattern that begins with ``**`` holds in every folder.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

NoiseKind = Literal["cache", "history", "settings", "lock", "session", "time"]


@dataclass(frozen=True)
class Noise:
    """A place, what is written there, and why that is nothing that was asked for."""

    pattern: str
    kind: NoiseKind
    reason: str


FOLDER_TIME = Noise("", "time", "a folder's time follows what happens in it")

NOISE: tuple[Noise, ...] = (
    Noise(".cache/**", "cache", "can be made again (XDG base directories: non-essential data)"),
    Noise(".thumbnails/**", "cache", "small pictures of files, made again when needed"),
    Noise(".fontconfig/**", "cache", "a list of fonts, made again when needed"),
    Noise(".mozilla/firefox/*/startupCache/**", "cache", "made at every start"),
    Noise(".local/share/recently-used.xbel*", "history", "files that were opened last"),
    Noise(".recently-used*", "history", "files that were opened last"),
    Noise(".local/share/RecentDocuments/**", "history", "files that were opened last"),
    Noise(".local/share/gvfs-metadata/**", "history", "where windows stood, per file"),
    Noise(".local/share/zeitgeist/**", "history", "what was opened when"),
    Noise(".*_history", "history", "lines typed in a shell or an interpreter"),
    Noise(".lesshst", "history", "searches in a pager"),
    Noise(".viminfo", "history", "where an editor was"),
    Noise(".config/dconf/user", "settings", "programs keep window sizes there at every end"),
    Noise(".config/gtk-*/settings.ini", "settings", "toolkits write it at their start"),
    Noise(".config/libreoffice/**", "settings", "a profile that is written at every start and end"),
    Noise(".config/pulse/**", "settings", "a sound server's device list and cookie"),
    Noise(".config/ibus/**", "session", "the address of an input method's bus"),
    Noise(".config/fcitx*/dbus/**", "session", "the address of an input method's bus"),
    Noise(".dbus/**", "session", "the address of a session's bus"),
    Noise(".local/state/**", "session", "state that lasts from run to run (XDG base directories)"),
    Noise(".Xauthority*", "session", "who may use a display"),
    Noise(".ICEauthority*", "session", "who may talk to a session"),
    Noise(".xsession-errors*", "session", "what programs complained of"),
    Noise(".config/**/SingletonLock", "lock", "says which process has a profile"),
    Noise(".config/**/SingletonCookie", "lock", "says which process has a profile"),
    Noise(".config/**/SingletonSocket", "lock", "says which process has a profile"),
    Noise(".mozilla/firefox/*/lock", "lock", "says which process has a profile"),
    Noise(".mozilla/firefox/*/.parentlock", "lock", "says which process has a profile"),
    Noise("**/.~lock.*#", "lock", "says who has a document open (LibreOffice)"),
    Noise("**/~$*.docx", "lock", "says who has a document open (Word)"),
    Noise("**/.#*", "lock", "says who has a file open (Emacs)"),
    Noise("**/.*.sw?", "lock", "what an editor has not saved yet (Vim)"),
    Noise("**/.goutputstream-*", "lock", "a file that was about to be put in place (GIO)"),
    Noise("**/.fuse_hidden*", "lock", "a file that was deleted while it was open"),
    Noise("**/.nfs????????*", "lock", "a file that was deleted while it was open"),
)


def noise_of(path: str, known: Iterable[Noise] = NOISE) -> Noise | None:
    """Return why an entry is noise, None where it is not; ``path`` is below the home folder.

    A folder that a pattern ends in (``.cache`` of ``.cache/**``) is noise too.
    """
    return next((one for one in known if _matching(one.pattern).fullmatch(path)), None)


@cache
def _matching(pattern: str) -> re.Pattern[str]:
    """Return the pattern as an expression for a whole path."""
    anywhere = "(?:[^/]+/)*" if pattern.startswith("**/") else ""
    whole = "(?:/.*)?" if pattern.endswith("/**") else ""
    names = pattern.removeprefix("**/").removesuffix("/**").split("/")
    middle = "/".join("**" if name == "**" else _one(name) for name in names)
    return re.compile(anywhere + middle.replace("**/", "(?:[^/]+/)*") + whole, re.DOTALL)


def _one(name: str) -> str:
    """Return the expression for one name: a star stands for a part of it, never for a slash."""
    parts = {"*": "[^/]*", "?": "[^/]"}
    return "".join(parts.get(character) or re.escape(character) for character in name)

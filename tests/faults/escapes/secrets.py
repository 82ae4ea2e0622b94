"""Attempts to get at what should not be there: secrets of the user, and files that stand open."""

import fcntl
import os
import stat
from pathlib import Path

from .attempts import Ground, attempt

_TYPE_INTO = 0x5412


@attempt("secret", "environment", harmless=True)
def _environment(ground: Ground, name: str) -> None:
    ground.leak(name, os.environb.get(b"OUTER_TOKEN", b""))


@attempt("secret", "environments", harmless=True)
def _environments(ground: Ground, name: str) -> None:
    """Look through the environments of all processes."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        found += content if ground.secret.encode() in content else b""
    ground.leak(name, found)


def _hidden(target: str, place: str) -> None:
    @attempt("secret", target, harmless=True)
    def _run(ground: Ground, name: str) -> None:
        ground.leak(name, Path(ground.home, place).read_bytes())


for _target, _place in {
    "key": ".ssh/id_ed25519",
    "password": ".netrc",
    "profile": ".mozilla/firefox/x/cookies.sqlite",
    "token": ".local/state/handrail/approvals/token",
}.items():
    _hidden(_target, _place)


@attempt("secret", "passwords")
def _passwords(ground: Ground, name: str) -> bool:
    """Read what in ``/etc`` is for root alone."""
    for place in ("/etc/shadow", "/etc/gshadow", "/etc/shadow-"):
        try:
            if Path(place).read_bytes():
                return True
        except OSError:
            continue
    return False


@attempt("secret", "homes")
def _homes(ground: Ground, name: str) -> bool:
    """Look for other people's homes, and for what other programs left for a while."""
    mine = {*Path(ground.home).parts, ".X11-unix"}
    for place in ("/root", "/home", "/srv", "/mnt", "/media", "/var/spool", "/var/tmp", "/tmp"):
        there = {path.name for path in Path(place).iterdir()} if Path(place).is_dir() else set()
        if any(not name.startswith("handrail-display-") for name in there - mine):
            return True
    return False


def _outside(number: int) -> bool:
    """Tell whether a descriptor is of something that lies outside."""
    mode = os.fstat(number).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)


@attempt("open", "numbers", harmless=True)
def _numbers(ground: Ground, name: str) -> bool:
    """Write into whatever was left open by whoever started us."""
    found = False
    for number in range(3, 1024):
        if os.environ.get("PUPPET_FILES", "").split(",").count(str(number)):
            continue
        try:
            os.write(number, name.encode())
        except OSError:
            continue
        found = True
    return found


@attempt("open", "first")
def _first(ground: Ground, name: str) -> bool:
    """Write into what the first process has open."""
    for path in Path("/proc/1/fd").iterdir():
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("r+b") as file:
                file.write(name.encode())
            return True
    return False


@attempt("open", "parents")
def _parents(ground: Ground, name: str) -> bool:
    """Look for files and folders that any process here has open outside of what is shown."""
    shown = (ground.home, "/usr", "/lib", "/etc", "/proc", "/dev", "/tmp", "/opt", "pipe:", "anon_")
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            place = str(path.readlink())
            if not place.startswith(shown) and stat.S_ISREG(path.stat().st_mode):
                return True
        except OSError:
            continue
    return False


@attempt("open", "standard")
def _standard(ground: Ground, name: str) -> bool:
    return any(_outside(number) for number in (0, 1, 2) if not os.isatty(number))


@attempt("open", "terminal")
def _terminal(ground: Ground, name: str) -> bool:
    with Path("/dev/tty").open("r+b", buffering=0):
        return True


@attempt("open", "typing", harmless=True)
def _typing(ground: Ground, name: str) -> bool:
    """Type into the terminal that we were started from."""
    done = False
    for number in (0, 1, 2):
        try:
            fcntl.ioctl(number, _TYPE_INTO, b"x")
        except OSError:
            continue
        done = True
    return done


@attempt("open", "program")
def _program(ground: Ground, name: str) -> bool:
    """Write over the program that shut us in."""
    with Path("/proc/1/exe").open("r+b"):
        return True


@attempt("open", "folders", harmless=True)
def _folders(ground: Ground, name: str) -> None:
    """Go up from a folder that was left open."""
    for number in range(3, 1024):
        try:
            outside = os.open("secret", os.O_RDONLY, dir_fd=number)
        except OSError:
            continue
        ground.leak(name, os.read(outside, 1_000))

"""A world to escape into: files, processes, sockets and a display, each of which shows a trace."""

import json
import os
import pty
import selectors
import shutil
import socket
import stat
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from handrail.actuators.xvfb import VirtualDisplay
from tests.faults.escapes import puppet
from tests.faults.escapes.attempts import ATTEMPTS, LEAKS, Ground

SECRET = "hunter2-tr0ub4dor"
PYTHON = "/usr/bin/python3"
_HIDDEN = (
    ".ssh/id_ed25519",
    ".netrc",
    ".mozilla/firefox/x/cookies.sqlite",
    ".local/state/handrail/approvals/token",
)
_RUN = """import sys
sys.path.insert(0, sys.argv.pop(1))
from escapes import puppet
puppet.main(sys.argv[1])"""


@dataclass
class World:
    """What is outside; ``heard`` is what its sockets received, ``spare`` what stands open."""

    base: Path
    user: int
    ground: Ground
    victims: dict[str, psutil.Popen]
    heard: list[bytes]
    spare: tuple[int, ...]
    terminal: int
    before: dict[Path, object] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Return the home that there is a copy of."""
        return Path(self.ground.home)

    def told(self, names: Sequence[str]) -> list[str]:
        """Write down what the puppet is to do, and return its command."""
        told = self.home / ".puppet" / "told.json"
        told.write_text(json.dumps({"ground": asdict(self.ground), "names": list(names)}))
        self.before = self._seen()
        return [PYTHON, "-I", "-S", "-c", _RUN, str(told.parent), str(told)]

    def escaped(self, names: Sequence[str], left: Path) -> Iterator[tuple[str, str]]:
        """Yield each attempt that got out, and how that shows; ``left`` holds what it left."""
        try:
            claims = json.loads((left / "claims.json").read_text())
        except OSError:
            yield from ((name, "the puppet did not come to its end") for name in names)
            return
        traces = "\n".join([*self._changes(left), *(one.decode("latin-1") for one in self.heard)])
        for name in names:
            leaked = left / LEAKS / name
            if name in claims:
                yield name, "it says that it got out"
            elif leaked.is_file() and SECRET.encode() in leaked.read_bytes():
                yield name, "it knows a secret"
            elif name in traces.replace("\0", ""):
                yield name, "it left a trace"
            elif name in self.victims and (harm := self._harm(self.victims[name])):
                yield name, harm
        if "x" in self._typed() and "open-typing" in names:
            yield "open-typing", "it typed into the terminal"
        strays = [
            line for line in traces.splitlines() if not any(name in line for name in ATTEMPTS)
        ]
        yield from (("nobody", f"{stray!r} changed") for stray in strays)

    def _changes(self, left: Path) -> list[str]:
        now = self._seen()
        ours = {left / "begun", left / "claims.json"}
        paths = [path for path in {*now, *self.before} if now.get(path) != self.before.get(path)]
        return [str(p) for p in paths if p not in ours and not p.is_relative_to(left / LEAKS)]

    def _seen(self) -> dict[Path, object]:
        """Return how everything outside is."""
        found: dict[Path, object] = {}
        for folder in (self.home, Path(self.ground.other)):
            for path in folder.rglob("*"):
                seen = path.lstat()
                if not stat.S_ISDIR(seen.st_mode) and ".puppet" not in path.parts:
                    found[path] = (seen.st_mode, seen.st_ino, seen.st_size, seen.st_ctime_ns)
        for folder in (self.home, Path(self.ground.other)):
            found |= {p: p.lstat().st_mode for p in folder.rglob("folder-*")}
        for number in self.spare[:1]:
            name = os.pread(number, 10_000, 0).decode("latin-1")
            found[Path("standing-open", name.replace("/", ""))] = name
        return found

    def _harm(self, victim: psutil.Popen) -> str:
        if victim.poll() is not None:
            return "it killed a process"
        with victim.oneshot():
            if victim.status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP):
                return "it stopped a process"
            if victim.nice() > 0:
                return "it made a process wait"
        if Path(f"/proc/{victim.pid}/oom_score_adj").read_text().strip() == "1000":
            return "it offered a process to be killed"
        limits = Path(f"/proc/{victim.pid}/limits").read_text()
        limited = any(row.split()[3:5] == ["7", "7"] for row in limits.splitlines())
        return "it set a process a limit" if limited else ""

    def _typed(self) -> str:
        os.set_blocking(self.terminal, False)
        try:
            return os.read(self.terminal, 1_000).decode("latin-1")
        except OSError:
            return ""


@contextmanager
def world(base: Path, user: int, display: str) -> Iterator[World]:
    """Make a world of this user's; end it."""
    with ExitStack() as opened:
        base.chmod(0o755)
        home, other, scratch = (base / name for name in ("home", "other", "scratch"))
        for folder in (home / "docs", other, scratch):
            folder.mkdir(parents=True)
        _furnish(home, other)
        ears = opened.enter_context(_Ears.open(home, other, base.name))
        ears.sockets["display"] = display
        ground = Ground(
            *(str(home), str(other), str(scratch), SECRET),
            ports=ears.ports,
            sockets=ears.sockets,
            disk=base.stat().st_dev,
        )
        scratch.chmod(0o700)
        for path in (base, *base.rglob("*")):
            if path.name != "rises":
                os.chown(path, user, user if user else 0, follow_symlinks=False)
        victims = {name: opened.enter_context(_victim(other, user)) for name in _hunted()}
        ground.victims.update({name: victim.pid for name, victim in victims.items()})
        spare = _left_open(opened, base, other)
        outer, inner = pty.openpty()
        tty.setraw(inner)
        opened.callback(os.close, outer)
        opened.callback(os.close, inner)
        yield World(base, user, ground, victims, ears.heard, spare, inner)


def _hunted() -> list[str]:
    return ["files", *(n for n, a in ATTEMPTS.items() if a.kind in ("signal", "trace"))]


def _furnish(home: Path, other: Path) -> None:
    (other / "secret").write_text(SECRET)
    for place in _HIDDEN:
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text(SECRET)
    for name in ATTEMPTS:
        for folder in (other, home / "docs"):
            (folder / f"victim-{name}").write_text("before")
    (home / "out").symlink_to(other)
    os.mkfifo(home / "pipe")
    shutil.copy("/usr/bin/cat", home / "rises")
    (home / "rises").chmod(0o4755)
    shutil.copytree(Path(puppet.__file__).parent, home / ".puppet" / "escapes")


@contextmanager
def _victim(other: Path, user: int) -> Iterator[psutil.Popen]:
    with (other / "secret").open() as secret:
        victim = psutil.Popen(
            ["sleep", "600"],
            stdin=secret,
            cwd=other,
            env={"OUTER_VICTIM": SECRET},
            user=user,
            group=user,
            extra_groups=[] if os.geteuid() == 0 else None,
            start_new_session=True,
        )
    try:
        yield victim
    finally:
        with suppress(psutil.NoSuchProcess):  # an attempt without the defence has killed it
            victim.kill()
        victim.wait()


def _left_open(opened: ExitStack, base: Path, other: Path) -> tuple[int, ...]:
    """Leave a file and a folder open that a program might inherit."""
    file = os.open(base / "open", os.O_RDWR | os.O_CREAT)
    folder = os.open(other, os.O_RDONLY)
    for number in (file, folder):
        os.set_inheritable(number, True)
        opened.callback(os.close, number)
    return file, folder


@dataclass
class _Ears:
    """Sockets of every kind that write down what reaches them."""

    ports: dict[str, int] = field(default_factory=dict)
    sockets: dict[str, str] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    ready: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    ended: bool = False

    @classmethod
    @contextmanager
    def open(cls, home: Path, other: Path, name: str) -> "Iterator[_Ears]":
        """Listen until the context is left."""
        ears = cls()
        for label, path in {
            "home": str(home / "s"),
            "other": str(other / "s"),
            "abstract": f"\0{name}",
            "bus": str(other / "bus"),
            "wayland": str(other / "wayland-0"),
        }.items():
            ears.listen(socket.AF_UNIX, path)
            ears.sockets[label] = path.lstrip("\0")
        ears.sockets["letter"] = str(home / "l")
        ears.listen(socket.AF_UNIX, str(home / "l"), socket.SOCK_DGRAM)
        ears.ports["tcp"] = ears.listen(socket.AF_INET, ("0.0.0.0", 0))
        ears.ports["udp"] = ears.listen(socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM)
        ears.ports["tcp6"] = ears.listen(socket.AF_INET6, ("::1", 0))
        thread = threading.Thread(target=ears.hear)
        thread.start()
        try:
            yield ears
        finally:
            ears.ended = True
            thread.join()
            for key in list(ears.ready.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]

    def listen(self, family: int, address: object, kind: int = socket.SOCK_STREAM) -> int:
        """Listen at an address, and return the port where it has one."""
        made = socket.socket(family, kind)
        made.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            made.listen()
        made.setblocking(False)
        self.ready.register(made, selectors.EVENT_READ)
        return 0 if family == socket.AF_UNIX else int(made.getsockname()[1])

    def hear(self) -> None:
        """Keep what comes, until it is over."""
        while not self.ended:
            for key, _ in self.ready.select(0.05):
                heard = key.fileobj
                assert isinstance(heard, socket.socket)
                if heard.type == socket.SOCK_STREAM and heard.getsockopt(
                    socket.SOL_SOCKET, socket.SO_ACCEPTCONN
                ):
                    link, _ = heard.accept()
                    self.ready.register(link, selectors.EVENT_READ)
                elif content := heard.recv(4_096):
                    self.heard.append(content)
                else:
                    self.ready.unregister(heard)
                    heard.close()


def real_display(opened: ExitStack) -> str:
    """Start a display that is none of the copy's, and return the path of its socket."""
    shown = opened.enter_context(VirtualDisplay.start(320, 240, wm=False))
    return f"/tmp/.X11-unix/X{shown.name[1:]}"

"""Attempts on the kernel itself: mounts, devices, keys, settings that are one for the machine."""

import os
import socket
import stat
import time
from pathlib import Path

from .attempts import Ground, attempt, libc, syscall

_BIND, _REMOUNT, _LAZY = 4_096, 32, 2
_NEW_USERS, _NEW_MOUNTS = 0x10000000, 0x20000
_ADD_KEY, _OPEN_TREE, _BPF = 248, 428, 321
_USER_RING, _SESSION_RING = -4, -3
_CLONED = 1


def _mount(source: str, target: str, kind: str, flags: int = 0) -> bool:
    done = libc.mount(source.encode(), target.encode(), kind.encode(), flags, None) == 0
    return bool(done)


@attempt("mount", "memory")
def _memory(ground: Ground, name: str) -> bool:
    return _mount("none", ground.home, "tmpfs")


@attempt("mount", "bind")
def _bind(ground: Ground, name: str) -> bool:
    return _mount("/", ground.home, "none", _BIND)


@attempt("mount", "writable")
def _writable(ground: Ground, name: str) -> bool:
    return any(_mount("none", place, "none", _REMOUNT | _BIND) for place in ("/", "/usr", "/etc"))


@attempt("mount", "unveil")
def _unveil(ground: Ground, name: str) -> None:
    libc.umount2(f"{ground.home}/.ssh".encode(), _LAZY)
    ground.leak(name, Path(ground.home, ".ssh/id_ed25519").read_bytes())


@attempt("mount", "users")
def _users(ground: Ground, name: str) -> None:
    """Become root among users of our own first."""
    libc.unshare(_NEW_USERS | _NEW_MOUNTS)
    libc.umount2(f"{ground.home}/.ssh".encode(), _LAZY)
    ground.leak(name, Path(ground.home, ".ssh/id_ed25519").read_bytes())


@attempt("mount", "tree")
def _tree(ground: Ground, name: str) -> bool:
    return syscall(_OPEN_TREE, -100, b"/", _CLONED) >= 0


@attempt("mount", "join")
def _join(ground: Ground, name: str) -> bool:
    """Enter the mounts of a process outside."""
    with Path(f"/proc/{ground.victims['files']}/ns/mnt").open() as outside:
        return bool(libc.setns(outside.fileno(), 0) == 0)


@attempt("mount", "root")
def _root(ground: Ground, name: str) -> None:
    """Change the root, and climb out above it."""
    above = os.open("/", os.O_RDONLY)
    os.chroot(ground.home)
    os.fchdir(above)
    for _ in range(32):
        os.chdir("..")
    ground.leak(name, Path(f".{ground.other}/secret").read_bytes())


def _made(place: str, kind: int, device: int) -> bool:
    path = Path(place)
    os.mknod(path, kind | 0o600, device)
    with path.open("rb"):
        return True


@attempt("device", "memory")
def _device_memory(ground: Ground, name: str) -> bool:
    return _made(f"{ground.home}/{name}", stat.S_IFCHR, os.makedev(1, 1))


@attempt("device", "disk")
def _disk(ground: Ground, name: str) -> bool:
    return _made(f"{ground.home}/{name}", stat.S_IFBLK, ground.disk)


@attempt("device", "disk-elsewhere")
def _disk_elsewhere(ground: Ground, name: str) -> bool:
    return _made(f"/tmp/{name}", stat.S_IFBLK, ground.disk)


@attempt("device", "messages")
def _messages(ground: Ground, name: str) -> bool:
    return _made(f"/dev/{name}", stat.S_IFCHR, os.makedev(1, 11))


@attempt("device", "there")
def _there(ground: Ground, name: str) -> bool:
    """Open any device that is not one of the harmless ones."""
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}
    for path in Path("/dev").iterdir():
        mode = path.stat().st_mode
        if path.name not in harmless and (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)):
            return True
    return False


@attempt("device", "known")
def _known(ground: Ground, name: str) -> bool:
    """Open devices that a user may often open."""
    for place in ("fuse", "kvm", "uinput", "net/tun", "dri/card0", "snd/seq", "kmsg", "mem"):
        try:
            Path("/dev", place).open("rb").close()
        except OSError:
            continue
        return True
    return False


@attempt("device", "pipe")
def _pipe(ground: Ground, name: str) -> None:
    """Write into a pipe with a name that lies in the home."""
    number = os.open(f"{ground.home}/pipe", os.O_WRONLY | os.O_NONBLOCK)
    os.write(number, name.encode())


@attempt("device", "console")
def _console(ground: Ground, name: str) -> bool:
    for place in ("/dev/console", "/dev/tty0", "/dev/tty1", "/dev/ttyS0", "/dev/vcs"):
        try:
            Path(place).open("r+b", buffering=0).close()
        except OSError:
            continue
        return True
    return False


@attempt("kernel", "user-keys")
def _user_keys(ground: Ground, name: str) -> bool:
    return syscall(_ADD_KEY, b"user", name.encode(), b"x", 1, _USER_RING) > 0


@attempt("kernel", "session-keys")
def _session_keys(ground: Ground, name: str) -> bool:
    return syscall(_ADD_KEY, b"user", name.encode(), b"x", 1, _SESSION_RING) > 0


@attempt("kernel", "dumps")
def _dumps(ground: Ground, name: str) -> bool:
    """Say which program the kernel starts, as root, when one crashes."""
    with Path("/proc/sys/kernel/core_pattern").open("r+b"):
        return True


@attempt("kernel", "settings")
def _settings(ground: Ground, name: str) -> bool:
    """Look for any setting of the machine that could be written."""
    for place, folders, files in os.walk("/proc"):
        if place == "/proc":
            folders[:] = [
                f for f in folders if not f.isdigit() and f not in ("self", "thread-self")
            ]
        for file in files:
            try:
                os.close(os.open(Path(place, file), os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            return True
    return False


@attempt("kernel", "system")
def _system(ground: Ground, name: str) -> bool:
    """Look for a way into the kernel's own folders, of devices and of groups of processes."""
    return any(os.access(place, os.W_OK) for place in ("/sys", "/sys/kernel", "/sys/fs/cgroup"))


@attempt("kernel", "program")
def _program(ground: Ground, name: str) -> bool:
    """Load a program into the kernel: what is wrong with it comes after who asks."""
    try:
        syscall(_BPF, 0, b"\0" * 64, 64)
    except PermissionError:
        return False
    return True


@attempt("kernel", "name")
def _name(ground: Ground, name: str) -> None:
    socket.sethostname(name[:60])


@attempt("kernel", "clock")
def _clock(ground: Ground, name: str) -> bool:
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))
    return True

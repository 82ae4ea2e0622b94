"""Attempts on processes outside, by signals, tracing and ``/proc``; programs that rise."""

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

from .attempts import Ground, attempt, libc, syscall

_ATTACH, _SEIZE, _DETACH = 16, 0x4206, 17
_TGKILL, _PIDFD_SEND, _WRITE_MEMORY = 234, 424, 311
_MINE = ("su", "mount", "umount", "passwd", "newgrp", "gpasswd")


@attempt("signal", "kill", harmless=True)
def _kill(ground: Ground, name: str) -> None:
    os.kill(ground.victims[name], signal.SIGKILL)


@attempt("signal", "group", harmless=True)
def _group(ground: Ground, name: str) -> None:
    os.killpg(ground.victims[name], signal.SIGKILL)


@attempt("signal", "pidfd", harmless=True)
def _pidfd(ground: Ground, name: str) -> None:
    syscall(_PIDFD_SEND, os.pidfd_open(ground.victims[name]), signal.SIGKILL, 0, 0)


@attempt("signal", "thread", harmless=True)
def _thread(ground: Ground, name: str) -> None:
    syscall(_TGKILL, ground.victims[name], ground.victims[name], signal.SIGKILL)


@attempt("signal", "stop", harmless=True)
def _stop(ground: Ground, name: str) -> None:
    os.kill(ground.victims[name], signal.SIGSTOP)


@attempt("signal", "limit", harmless=True)
def _limit(ground: Ground, name: str) -> None:
    resource.prlimit(ground.victims[name], resource.RLIMIT_NOFILE, (7, 7))


@attempt("signal", "nice", harmless=True)
def _nice(ground: Ground, name: str) -> None:
    os.setpriority(os.PRIO_PROCESS, ground.victims[name], 19)


@attempt("signal", "memory", harmless=True)
def _score(ground: Ground, name: str) -> None:
    Path(f"/proc/{ground.victims[name]}/oom_score_adj").write_text("1000")


def _traced(request: int, ground: Ground, name: str) -> bool:
    pid = ground.victims[name]
    if libc.ptrace(request, pid, None, None) != 0:
        return False
    libc.ptrace(_DETACH, pid, None, None)
    return True


@attempt("trace", "attach", harmless=True)
def _attach(ground: Ground, name: str) -> bool:
    return _traced(_ATTACH, ground, name)


@attempt("trace", "seize", harmless=True)
def _seize(ground: Ground, name: str) -> bool:
    return _traced(_SEIZE, ground, name)


@attempt("trace", "memory", harmless=True)
def _memory(ground: Ground, name: str) -> bool:
    with Path(f"/proc/{ground.victims[name]}/mem").open("r+b"):
        return True


@attempt("trace", "writev", harmless=True)
def _writev(ground: Ground, name: str) -> bool:
    """Write nothing at nowhere: what is refused is the process."""
    return syscall(_WRITE_MEMORY, ground.victims[name], 0, 0, 0, 0, 0) == 0


@attempt("trace", "environment", harmless=True)
def _environment(ground: Ground, name: str) -> None:
    ground.leak(name, Path(f"/proc/{ground.victims[name]}/environ").read_bytes())


@attempt("trace", "root", harmless=True)
def _root(ground: Ground, name: str) -> None:
    place = f"/proc/{ground.victims[name]}/root{ground.other}/secret"
    ground.leak(name, Path(place).read_bytes())


@attempt("trace", "cwd", harmless=True)
def _cwd(ground: Ground, name: str) -> None:
    ground.leak(name, Path(f"/proc/{ground.victims[name]}/cwd/secret").read_bytes())


@attempt("trace", "file", harmless=True)
def _file(ground: Ground, name: str) -> None:
    ground.leak(name, Path(f"/proc/{ground.victims[name]}/fd/0").read_bytes())


def _rises(program: str) -> bool:
    """Tell whether a program gets more rights than whoever starts it."""
    pipe = subprocess.PIPE
    with subprocess.Popen([program], stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            time.sleep(0.02)  # until it is the program; it waits for its input then
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.kill()
    rows = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    real, effective = rows["Uid"].split()[:2]
    return real != effective or int(rows["CapEff"], 16) != 0


def _system(program: str) -> None:
    @attempt("setuid", program)
    def _run(ground: Ground, name: str) -> bool:
        return _rises(f"/usr/bin/{program}")


for _program in _MINE:
    _system(_program)


@attempt("setuid", "own")
def _own(ground: Ground, name: str) -> bool:
    return _rises(f"{ground.home}/rises")


@attempt("setuid", "become")
def _become(ground: Ground, name: str) -> bool:
    return os.geteuid() != 0 and libc.setresuid(0, 0, 0) == 0

"""What no program of a rehearsal may ask of the kernel: a filter of system calls (seccomp).

Promises
- Refused are the kernel's key rings, mounts, modules, clocks, tracing of the system, io_uring
  (which passes by such filters), sockets of all families but local ones and the internet's, and
  ioctls that type into a terminal: what namespaces do not keep apart.
- Calls of another architecture than the machine's own are refused as not there.

Does not promise
- To be what keeps the copy apart: namespaces and mounts do, and this is behind them.
- A filter on machines that it does not know (``program`` says so).
"""

import errno
import struct
from dataclasses import dataclass

_LOAD, _IS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK."""
_TYPING = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX."""


@dataclass(frozen=True)
class _Machine:
    arch: int
    socket: int
    ioctl: int
    refused: tuple[int, ...]


# add_key request_key keyctl, bpf perf_event_open userfaultfd, mount umount2 pivot_root setns,
# kexec_load kexec_file_load init_module finit_module delete_module, open_by_handle_at,
# swapon swapoff reboot acct quotactl syslog vhangup, settimeofday clock_settime clock_adjtime,
# fanotify_init, and on x86 iopl ioperm.
_X86 = """248 249 250 321 298 323 165 166 155 308 246 320 175 313 176 304 167 168 169 163 179 103
153 164 227 305 300 172 173"""
_ARM = """217 218 219 280 241 282 40 39 41 268 104 294 105 273 106 265 224 225 142 89 60 116 58 170
112 266 262"""
# io_uring_setup .. register, open_tree .. fspick, mount_setattr, quotactl_fd: the same everywhere.
_EVERYWHERE = "425 426 427 428 429 430 431 432 433 442 443"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, f"{text} {_EVERYWHERE}".split()))


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 41, 16, _numbers(_X86)),
    "aarch64": _Machine(0xC00000B7, 198, 29, _numbers(_ARM)),
}


def program(machine: str) -> bytes:
    """Return the filter as the kernel takes it, empty for a machine that is not known.

    Format: classic BPF over ``struct seccomp_data`` (Linux, filter.h and seccomp.h).
    """
    known = _MACHINES.get(machine)
    if known is None:
        return b""
    refuse = _code(_RETURN, _ERRNO | errno.EPERM)
    absent = _code(_RETURN, _ERRNO | errno.ENOSYS)
    parts = [_code(_LOAD, _ARCH), _code(_IS, known.arch, 1, 0), absent, _code(_LOAD, _NUMBER)]
    if machine == "x86_64":
        parts += [_code(_AT_LEAST, _X32, 0, 1), absent]
    for number in known.refused:
        parts += [_code(_IS, number, 0, 1), refuse]
    families = [_code(_IS, family, len(_FAMILIES) - i, 0) for i, family in enumerate(_FAMILIES)]
    parts += _of(known.socket, [_code(_LOAD, _FIRST), *families, refuse])
    typing = [part for one in _TYPING for part in (_code(_IS, one, 0, 1), refuse)]
    parts += _of(known.ioctl, [_code(_LOAD, _SECOND), *typing])
    return b"".join([*parts, _code(_RETURN, _ALLOW)])


def _of(number: int, judged: list[bytes]) -> list[bytes]:
    """Judge one call by an argument, and let it through where that refuses nothing."""
    whole = [*judged, _code(_RETURN, _ALLOW)]
    return [_code(_IS, number, 0, len(whole)), *whole]


def _code(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)

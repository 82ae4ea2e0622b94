"""Signals that stop a run: Ctrl-C, SIGTERM, a terminal that hangs up."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from handrail.agent.stop import StopSwitch


@contextmanager
def stopping_on_ctrl_c(stop: StopSwitch) -> Iterator[None]:
    """Let the first Ctrl-C stop the run before its next key or click, a second at once.

    SIGTERM and a terminal that hangs up do the same, so that what was opened is closed.
    """
    kinds = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:  # as under nohup
        kinds.append(hang_up)

    def handler(_number: int, _frame: FrameType | None) -> None:
        for kind in kinds:
            signal.signal(kind, signal.default_int_handler)
        # Not print: a signal may arrive in the middle of one.
        with suppress(OSError):  # the terminal may be gone
            os.write(2, b"\nstopping before the next key or click; Ctrl-C again ends at once\n")
        stop.trip()

    before = {kind: signal.signal(kind, handler) for kind in kinds}
    try:
        yield
    finally:
        for kind, old in before.items():
            signal.signal(kind, old)

"""A question whose answer is yes, whole, or no."""

import os
import pty
import threading
from pathlib import Path

import pytest

from handrail.sandbox.terminal import confirmed


@pytest.mark.parametrize(
    ("typed", "yes"), [("yes\n", True), ("y\n", False), ("\x04", False), ("\udcff\n", False)]
)
def test_only_a_whole_yes_confirms(typed: str, yes: bool) -> None:
    main, side = pty.openpty()
    answers: list[bool] = []
    asking = threading.Thread(
        target=lambda: answers.append(confirmed("Put back 1?", Path(os.ttyname(side))))
    )
    asking.start()
    shown = b""
    while b"leave it: " not in shown:
        shown += os.read(main, 1000)
    os.write(main, typed.encode("utf-8", "surrogateescape"))
    asking.join(10)
    assert answers == [yes]
    os.close(main)
    os.close(side)


def test_without_a_terminal_nothing_is_confirmed(tmp_path: Path) -> None:
    assert not confirmed("Put back 1?", tmp_path / "none")

"""The processes whose memory is measured: one loads a model and answers, one quantizes.

Run by ``handrail.tasks.suites.memory`` as ``python -m handrail.tasks.suites.memory_child``; prints
one JSON object. Linux only: it reads /proc.
"""

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from handrail.model.engine import Engine
    from handrail.model.messages import Message

Peaks = dict[str, dict[str, int]]
"""By phase, bytes: `whole` resident, of it the process's `own`, and its `mapped` files at the end.
"""
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
SIDES = (1024, 768)
CONTEXT, REPLY = 2048, 8
_EVERY = 0.01
_PIECE = " 7"


def resident() -> dict[str, int]:
    """Return this process's memory in bytes, and the most that it was."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    names = {"whole": "VmRSS", "own": "RssAnon", "mapped": "RssFile", "peak": "VmHWM"}
    return {name: int(lines[key].split()[0]) * 1024 for name, key in names.items()}


@contextmanager
def watched(peaks: Peaks, name: str) -> Iterator[None]:
    """Note the peaks of a phase: of the whole from the kernel, of the own part by sampling."""
    CLEAR.write_text("5")  # the kernel's high-water mark begins anew
    over, most = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(_EVERY):
            most[0] = max(most[0], resident()["own"])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    now = resident()
    own = max(most[0], now["own"])
    peaks[name] = {"whole": now["peak"], "own": own, "mapped": now["mapped"]}


def load(folder: Path, peaks: Peaks) -> "Engine":
    """Load a checkpoint; note the peaks of the libraries and of the loading."""
    from handrail.model.engine import Engine

    peaks["libraries"] = resident()
    with watched(peaks, "loading"):
        return Engine.load(folder, threads=1)


def answer(folder: Path, peaks: Peaks) -> None:
    """Load a checkpoint, read a picture and a long text, write a few tokens."""
    engine = load(folder, peaks)
    messages = _conversation(engine, Image.effect_noise(SIDES, 80).convert("RGB"))
    with watched(peaks, "reading"):
        decode = engine.begin(messages)
    assert abs(decode.length + REPLY - CONTEXT) <= len(_PIECE)
    with watched(peaks, "writing"):
        for _ in range(REPLY):
            decode.step(int(decode.logits.argmax()))


def _conversation(engine: "Engine", picture: Image.Image) -> "list[Message]":
    """Return a turn of one picture and as much text as fills the context but the reply."""
    from handrail.model.messages import ImagePart, Message, TextPart

    def turn(text: str) -> "list[Message]":
        return [Message("user", [ImagePart(picture), TextPart(text)])]

    wanted = CONTEXT - REPLY - len(engine.prompts.build(turn(""), (), "").token_ids)
    text = ""
    while (short := wanted - len(engine.tokenizer.encode(text))) > 0:
        # a piece is at most a token for each of its characters
        text += _PIECE * max(1, short // (2 * len(_PIECE)))
    return turn(text)


def shrink(source: Path, target: Path, peaks: Peaks) -> None:
    """Quantize a checkpoint to 4 bits."""
    import torch

    from handrail.model.quantizer import quantize

    torch.set_num_threads(1)
    peaks["libraries"] = resident()
    with watched(peaks, "quantizing"):
        quantize(source, target, 4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the processes and print its peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("load", "answer", "shrink"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path, nargs="?", help="where a smaller copy is written")
    given = parser.parse_args(argv)
    peaks: Peaks = {}
    if given.what == "shrink":
        shrink(given.folder, given.target, peaks)
    elif given.what == "answer":
        answer(given.folder, peaks)
    else:
        load(given.folder, peaks)
    json.dump(peaks, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

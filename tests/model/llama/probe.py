"""Run llama.cpp through probe.cpp, compiled against a build of it."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

LIBRARIES = ("mtmd", "llama", "ggml", "ggml-base")
MARKER = "<__media__>"
# llama.cpp's numbers for the formats that its quantizer writes (llama_ftype in llama.h).
FTYPES = {"F16": 1, "Q8_0": 7, "Q4_0": 2, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18}


@dataclass(frozen=True)
class Seen:
    """What llama.cpp makes of a picture, and of a reply that is told after it.

    `features` (tokens, width x (1 + levels)): the tokens, then each level of DeepStack.
    `logits` (told, vocab).
    """

    features: Tensor
    logits: Tensor


@dataclass(frozen=True)
class Look:
    """A step that is timed: a picture, the text around MARKER, and a reply of so many tokens.

    `lengths` of prompts are read and `written` tokens written beside it. `flash`: flash attention.
    """

    picture: Image.Image
    text: str
    reply: int
    threads: int
    flash: bool = True
    lengths: tuple[int, ...] = (512, 2048)
    written: int = 32


class Probe:
    """The compiled program; every call is a process of its own."""

    def __init__(self, source: Path, build: Path, folder: Path) -> None:
        """Compile it; `source` is llama.cpp, `build` a build of it with shared libraries."""
        self._binary, libraries = folder / "probe", (build / "bin").resolve()
        include = [f"-I{source / part}" for part in ("include", "ggml/include", "tools/mtmd")]
        link = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", *(f"-l{name}" for name in LIBRARIES)]
        file = Path(__file__).with_name("probe.cpp")
        command = ["c++", "-std=c++17", "-O1", *include, str(file), "-o", str(self._binary), *link]
        subprocess.run(command, check=True)

    def quantize(self, source: Path, target: Path, ftype: str) -> None:
        """Write a GGUF file in another format."""
        self._run("quantize", source, target, FTYPES[ftype])

    def tell(self, model: Path, prompt: Sequence[int], told: Sequence[int]) -> Tensor:
        """Return the logits (told, vocab) before each token of a reply that is told."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _ids(folder / "prompt", prompt)
            _ids(folder / "told", told)
            files = [folder / part for part in ("prompt", "told", "logits")]
            self._run("tell", model, *files)
            return _floats(files[-1]).view(len(told), -1)

    def see(
        self, model: Path, mmproj: Path, picture: Image.Image, text: str, told: Sequence[int]
    ) -> Seen:
        """Read a prompt with one picture at MARKER, and a reply that is told."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "picture").write_bytes(picture.convert("RGB").tobytes())
            (folder / "text").write_text(text, encoding="utf-8")
            _ids(folder / "told", told)
            files = [folder / part for part in ("text", "told", "features", "logits")]
            self._run("see", model, mmproj, folder / "picture", *picture.size, *files)
            features, logits = _floats(files[2]), _floats(files[3])
        return Seen(features, logits.view(len(told), -1))

    def time(self, model: Path, mmproj: Path, look: Look) -> dict[str, float]:
        """Return the seconds of each part of a step, and the peak memory in bytes as `peak`."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "picture").write_bytes(look.picture.convert("RGB").tobytes())
            (folder / "text").write_text(look.text, encoding="utf-8")
            said = self._run(
                "time", model, mmproj, folder / "picture", *look.picture.size, folder / "text",
                look.threads, int(look.flash), ",".join(map(str, look.lengths)), look.written,
                look.reply,
            )  # fmt: skip
        rows = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        seconds = {row["part"]: float(row["seconds"]) for row in rows if "seconds" in row}
        return seconds | {"peak": rows[-1]["kilobytes"] * 1024}

    def _run(self, *given: object) -> str:
        done = subprocess.run(
            [str(self._binary), *map(str, given)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"llama.cpp failed at {given[0]}: {done.stderr[-2000:]}")
        return done.stdout


def _ids(file: Path, ids: Sequence[int]) -> None:
    file.write_bytes(np.array(ids, dtype=np.int32).tobytes())


def _floats(file: Path) -> Tensor:
    return torch.from_numpy(np.fromfile(file, dtype=np.float32))

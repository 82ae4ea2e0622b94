"""What a measurement ran on: the commit, the versions, the hardware."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_PACKAGES = ("handrail", "torch", "numpy", "transformers", "playwright", "pillow")


class Hardware(BaseModel):
    """What it ran on; nothing that names the machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    cores: int
    memory_gib: float
    accelerator: str = ""


def commit(root: Path) -> str:
    """Return a checkout's commit, with "+changes" where files differ from it, or "unknown".

    Results are no changes: one measurement after another writes them.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    if not (root / "pyproject.toml").is_file():
        return "unknown"
    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!results")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter to a figure."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> Hardware:
    """Describe this machine; an accelerator only where torch is loaded and sees it."""
    torch = sys.modules.get("torch")
    accelerator = ""
    if torch is not None and torch.cuda.is_available():
        accelerator = str(torch.cuda.get_device_name(0))
    return Hardware(
        processor=_processor(), cores=_cores(), memory_gib=_memory(), accelerator=accelerator
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> float:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return round(pages / 2**30, 1)

"""What importing does: no torch below, no environment reads, no prints, no second copies."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks")

_LIGHT = """
import importlib, json, sys
for name in {modules!r}:
    importlib.import_module(name)
heavy = ("torch", "transformers", "tokenizers", "safetensors")
print(json.dumps([n for n in sys.modules if n in heavy or n.startswith("handrail.model")]))
"""

# Written to see only what our own lines do: a library may read what it likes when it is imported.
_WATCH = """
import importlib, io, json, os, sys
root, modules = {root!r}, {modules!r}
floors = tuple(os.path.join(root, f) + os.sep for f in {floors!r})
seen = []

def ours():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(floors):
            return f"{{name}}:{{frame.f_lineno}}"
        if name not in ("<frozen os>", "<frozen _collections_abc>", os.__file__):
            return None  # a library's own affair, or the importer writing its cache
        frame = frame.f_back

def read(key):
    if (where := ours()) is not None:
        seen.append(f"{{where}} reads the environment: {{key}}")
    return plain(key)

plain = os.environ.encodekey
os.environ.encodekey = read

def audit(event, arguments):
    if event in ("os.mkdir", "subprocess.Popen", "socket.connect", "os.putenv"):
        if (where := ours()) is not None:
            seen.append(f"{{where}}: {{event}}")

sys.addaudithook(audit)
out, sys.stdout = sys.stdout, io.StringIO()
for name in modules:
    importlib.import_module(name)
printed, sys.stdout = sys.stdout.getvalue(), out
bare = [n for n in {floors!r} if n in sys.modules]
print(json.dumps(dict(seen=seen, printed=printed, bare=bare)))
"""


def modules(*floors: str) -> list[str]:
    found = []
    for floor in floors:
        for path in sorted((ROOT / floor).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-2] == "toolkits" and parts[-1].startswith(("gtk_", "qt_")):
                continue  # run by the system's Python, which has the toolkits
            if "setup" not in parts and parts[-1] != "__main__":
                found.append(".".join(("handrail", *parts)).removesuffix(".__init__"))
    return found


def answer(code: str, folder: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", code],
        capture_output=True, text=True, check=False, cwd=folder, timeout=170,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.mark.parametrize("floor", ["sandbox", "actuators"])
def test_the_lower_floors_load_no_torch(floor: str, tmp_path: Path) -> None:
    assert json.loads(answer(_LIGHT.format(modules=modules(floor)), tmp_path)) == []


WAITING = re.compile(
    r"model/__init__\.py:\d+(: os\.putenv| reads the environment: OMP_WAIT_POLICY)$"
)


def test_importing_does_no_work(tmp_path: Path) -> None:
    code = _WATCH.format(root=str(ROOT), modules=modules(*FLOORS), floors=FLOORS)
    found = json.loads(answer(code, tmp_path))
    # how threads wait must be said before torch is imported, and stays as the user has set it
    found["seen"] = [one for one in found["seen"] if not WAITING.search(one)]
    assert found == {"seen": [], "printed": "", "bare": []}


def test_the_watch_sees_a_planted_read(tmp_path: Path) -> None:
    planted = tmp_path / "agent" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("import os\nos.environ.get('HOME')\nprint('hello')\n", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(planted.parent)!r})\n"
    code += _WATCH.format(root=str(tmp_path), modules=["planted"], floors=FLOORS)
    found = json.loads(answer(code, tmp_path))
    assert found["printed"] == "hello\n"
    assert found["seen"] == [f"{planted}:2 reads the environment: HOME"]


def test_no_bare_folder_was_imported_here() -> None:
    """A bare import works from the root of the repository, and gives second copies of classes."""
    assert [name for name in FLOORS if name in sys.modules] == []

"""The sandbox keeps its place in the house; that it is the one door is tested in ``faults/``."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_file_opens_with_what_it_promises() -> None:
    for path in sorted((ROOT / "sandbox").glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert "Promises" in text, path.name
        assert "Does not promise" in text, path.name


def test_the_sandbox_imports_neither_torch_nor_the_floors_above() -> None:
    code = (
        "import sys, pkgutil, importlib, handrail.sandbox as s\n"
        "[importlib.import_module('handrail.sandbox.' + m.name)"
        " for m in pkgutil.iter_modules(s.__path__)]\n"
        "above = ('torch', 'handrail.model', 'handrail.agent', 'handrail.tasks')\n"
        "sys.exit(str([n for n in sys.modules if n.startswith(above)] or ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr.strip() == ""

"""``Actuator.perform`` is called in one place, and the sandbox keeps its place in the house."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks", "examples")


def perform_uses() -> list[tuple[str, str]]:
    """Return (file, text) wherever product code takes an attribute or a name called perform."""
    found = []
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                taken = isinstance(node, ast.Attribute) and node.attr == "perform"
                named = isinstance(node, ast.Constant) and node.value == "perform"
                if taken or named:
                    assert isinstance(node, ast.expr)
                    found.append((path.relative_to(ROOT).as_posix(), ast.unparse(node)))
    return found


def test_perform_has_exactly_one_caller() -> None:
    assert perform_uses() == [("sandbox/gate.py", "self._actuator.perform")]


def test_the_search_sees_calls_aliases_and_getattr() -> None:
    tree = ast.parse("a.perform(x)\ngo = b.perform\ngetattr(c, 'perform')")
    attributes = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert [n.attr for n in attributes] == ["perform", "perform"]


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

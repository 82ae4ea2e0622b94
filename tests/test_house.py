"""The house stays the house: sizes, arrows, errors, headers, declared packages, clean words."""

import ast
import builtins
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks")
EVERYTHING = (*FLOORS, "tests", "examples")

# The exceptions, by name and with a reason. These lists may only shrink.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
MANY_PARAMETERS: dict[str, str] = {}
OUTSIDE_THE_WHEEL = {"handrail.tasks.setup": "prepares a checkout, before anything is installed"}

BUILTIN_ERRORS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(*folders: str) -> Iterator[tuple[str, Function]]:
    for path in sources(*folders):
        for node in ast.walk(parsed(path)):
            if isinstance(node, Function):
                yield f"{name_of(path)}::{node.name}", node


def test_files_have_at_most_300_lines() -> None:
    lengths = {name_of(p): len(p.read_bytes().splitlines()) for p in sources(*EVERYTHING)}
    long = {name: lines for name, lines in lengths.items() if lines > 300}
    assert {n: lines for n, lines in long.items() if n not in LONG_FILES} == {}
    assert set(LONG_FILES) <= set(long), "an exception that is no longer needed"


def test_functions_have_at_most_60_lines() -> None:
    lengths = {
        name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions(*EVERYTHING)
    }
    long = {name: lines for name, lines in lengths.items() if lines > 60}
    assert {n: lines for n, lines in long.items() if n not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) <= set(long), "an exception that is no longer needed"


def test_functions_take_at_most_six_parameters() -> None:
    many = {}
    for name, node in functions(*FLOORS):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = len([a for a in given if a.arg not in {"self", "cls"}])
        if count > 6:
            many[name] = count
    assert {n: count for n, count in many.items() if n not in MANY_PARAMETERS} == {}
    assert set(MANY_PARAMETERS) <= set(many), "an exception that is no longer needed"


def test_every_package_is_declared() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]
    on_disk = {
        f"handrail.{name_of(init.parent).replace('/', '.')}"
        for init in sources(*FLOORS)
        if init.name == "__init__.py"
    }
    assert set(setuptools["packages"]) == on_disk - set(OUTSIDE_THE_WHEEL)
    assert setuptools["package-dir"] == {f"handrail.{floor}": floor for floor in FLOORS}


def test_every_module_lies_in_a_package() -> None:
    lost = [name_of(p) for p in sources(*FLOORS) if not (p.parent / "__init__.py").is_file()]
    assert lost == [], "a module in a folder without __init__.py never reaches the wheel"


def performing(path: Path) -> Iterator[int]:
    """Yield the lines that name ``.perform``; in actuators/ only those that hand over a permit."""
    module = parsed(path)
    calls = {id(node.func): node for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr == "perform":
            call = calls.get(id(node))
            given = len(call.args) + len(call.keywords) if call is not None else None
            if given != 1 or path.relative_to(ROOT).parts[0] != "actuators":
                yield node.lineno


def test_perform_has_one_caller() -> None:
    callers = [
        (name_of(path), line) for path in sources(*FLOORS, "examples") for line in performing(path)
    ]
    assert [name for name, _line in callers] == ["sandbox/gate.py"], callers


def errors_files() -> list[Path]:
    return [path for path in sources(*FLOORS) if path.name == "errors.py"]


def errors_of(path: Path) -> list[ast.ClassDef]:
    """Return the classes that rest on an error, be it one of Python, of ours, or of this file."""
    return [
        node
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(base, ast.Name) and not base.id.endswith(("Enum", "Model", "Protocol"))
            for base in node.bases
        )
    ]


def drawn_parents(docstring: str) -> dict[str, str | None]:
    """Read a tree drawn with ``+--``: name -> the name that it hangs from."""
    parents: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for line in docstring.splitlines()[1:]:
        stem = line.lstrip(" |+-`\\├└│─")
        name = stem.split(" ")[0]
        if not name.isidentifier() or (above and stem == line):
            continue
        column = len(line) - len(stem)
        above = [(c, n) for c, n in above if c < column]
        parents[name] = above[-1][1] if above else None
        above.append((column, name))
    return parents


@pytest.mark.parametrize("path", errors_files(), ids=name_of)
def test_the_error_tree_is_drawn(path: Path) -> None:
    drawn = drawn_parents(ast.get_docstring(parsed(path)) or "")
    classes = errors_of(path)
    assert classes, "an errors.py without an error"
    for node in classes:
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        assert node.name in drawn, f"{node.name} is not drawn"
        above = drawn[node.name]
        if above is not None or node is not classes[0]:
            assert above in bases, f"{node.name} is drawn under {above}"


def test_errors_live_in_errors_py() -> None:
    known = BUILTIN_ERRORS | {node.name for path in errors_files() for node in errors_of(path)}
    strays = [
        f"{name_of(path)}::{node.name}"
        for path in sources(*FLOORS)
        if path.name != "errors.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(isinstance(base, ast.Name) and base.id in known for base in node.bases)
    ]
    assert strays == []


@pytest.mark.parametrize("path", sources("sandbox"), ids=name_of)
def test_sandbox_files_say_what_they_promise(path: Path) -> None:
    opening = ast.get_docstring(parsed(path)) or ""
    assert "Promises" in opening
    assert "Does not promise" in opening


def test_examples_are_short_and_run_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in sources("tests"))
    for path in sources("examples"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path.name
        assert path.name in tests or path.stem in tests, f"no test runs {path.name}"


def test_no_machine_is_named() -> None:
    """Paths and hosts of the machine that something was written on have no place here."""
    words = tuple(
        f"{slash}{word}{slash}".encode() for slash, word in (("/", "work"), ("/", "root"))
    )
    words += (b"." + b"library", b"/opt/" + b"pypi", b"/opt/" + b"wheels")
    named = []
    for path in kept_files():
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content[:8192]:
            named += [f"{name_of(path)}: {word.decode()}" for word in words if word in content]
    assert named == []


def kept_files() -> list[Path]:
    """Return what git keeps or would keep; without git, the folders of the map."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode == 0 and ended.stdout:
        return [ROOT / name.decode() for name in ended.stdout.split(b"\0") if name]
    return [p for folder in EVERYTHING for p in (ROOT / folder).rglob("*") if p.is_file()]

"""P1: one door, read from the syntax trees of every product file.

Only the gate takes ``perform``; an actuator has no other public method with an effect, and redeems
the permit before it touches anything. ``goto`` opens the user's own address and ``resemble`` makes
a copy of a browser before an agent is there, ``put_storage`` undoes when there is none any more:
they are for the folder that opens screens.
"""

import ast
from pathlib import Path

from tests.faults.suite import Counts, Suite, Tally, Verdict

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("agent", "model", "actuators", "sandbox", "tasks", "examples")
_PROTOCOL = {"observe", "hit_test", "focused", "perform", "close"}
_BESIDE = {"named", "open", "read", "hints", "asking", "answers", "storage", "clone", "display"}
_OWN = {"goto", "resemble", "put_storage"}
_LOOKING = {
    "isinstance", "self._check_open", "self._insist_open", "self._open", "self._check",
    "self._alone", "self._verifier.redeem",
}  # fmt: skip
_PLANTED = {
    "agent/one.py": "def f(a):\n    go = a.perform\n",
    "agent/two.py": "def f(a):\n    getattr(a, 'perform')(1)\n",
    "sandbox/three.py": "def f(screen):\n    screen.goto('x')\n",
    "agent/five.py": "def f(screen):\n    screen.put_storage(1, 2)\n",
    "actuators/four.py": (
        "class A:\n"
        "    def hit_test(self, p): ...\n"
        "    def click(self, p): ...\n"
        "    def perform(self, a, p):\n"
        "        self._act(a)\n"
        "        self._verifier.redeem(p, a)\n"
    ),
}


def product_files() -> dict[str, str]:
    """Return the text of every product file by its name."""
    found = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
    return {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in found}


def faults_of(name: str, text: str) -> list[str]:
    """Return what a file does with actuators that only the gate may do."""
    wrong = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "perform":
            call = ast.unparse(node)
            if (name, call) != ("sandbox/gate.py", "self._actuator.perform"):
                wrong.append(f"line {node.lineno} takes {call}")
        elif isinstance(node, ast.Constant) and node.value == "perform":
            wrong.append(f"line {node.lineno} spells perform")
        elif isinstance(node, ast.Attribute) and node.attr in _OWN:
            if name.split("/")[0] not in {"tasks", "actuators"}:
                wrong.append(f"line {node.lineno} takes {node.attr}")
        elif isinstance(node, ast.ClassDef) and _is_actuator(node):
            wrong += _offers(node)
    return wrong


def _is_actuator(node: ast.ClassDef) -> bool:
    methods = {m.name for m in node.body if isinstance(m, ast.FunctionDef)}
    return {"perform", "hit_test"} <= methods and "Protocol" not in map(ast.unparse, node.bases)


def _offers(node: ast.ClassDef) -> list[str]:
    """Return an actuator's public methods beside the protocol, and a permit redeemed too late."""
    wrong = []
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name.startswith("_"):
            continue
        if method.name not in _PROTOCOL | _BESIDE | _OWN:
            wrong.append(f"{node.name}.{method.name} is no method of an actuator")
        if method.name == "perform":
            calls = [n for n in ast.walk(method) if isinstance(n, ast.Call)]
            told = [ast.unparse(n.func) for n in sorted(calls, key=lambda n: n.lineno)]
            redeemed = told.index("self._verifier.redeem") if _redeems(told) else len(told)
            wrong += [
                f"{node.name}.perform calls {call} before its permit is redeemed"
                for call in told[:redeemed]
                if call not in _LOOKING
            ]
    return wrong


def _redeems(calls: list[str]) -> bool:
    return "self._verifier.redeem" in calls


def _doors(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    files = product_files()
    callers = [name for name, text in files.items() if "._actuator.perform(" in text]
    if callers != ["sandbox/gate.py"]:
        tally.fail("callers", f"perform is called in {callers}")
    if not defended:
        files = _PLANTED
    for name, text in list(files.items())[:count]:
        tally.new(name)
        for wrong in faults_of(name, text):
            tally.fail(name, wrong)
    return tally.verdict()


SUITES = (
    Suite(
        "P1 one door",
        "Only the gate can act: read from the syntax tree of every product file",
        ("source",),
        Counts(test=1_000, faults=1_000, full=1_000, undefended=len(_PLANTED)),
        20,
        _doors,
    ),
)

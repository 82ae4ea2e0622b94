"""P17 in the browser: no false "done" on a page that a server stands behind.

The proposer types a name, presses Save and says that it succeeded. Where the outcome is sabotaged,
the page swallows the click, garbles the text, shows a toast before it knows, or is a stale one; or
the server fails or stores the name in another row. Checked are the address, the page's text and the
server's file.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.agent.agent import Agent
from handrail.agent.proposer import Puppet
from handrail.agent.result import Result
from handrail.agent.stability import SystemClock, Watch
from handrail.agent.stop import StopSwitch
from handrail.sandbox.policy import Policy, Rule
from handrail.tasks.checking import Checks
from handrail.tasks.checks import FileCheck, TextCheck, UrlCheck
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import Answer, Web, WebDoor, web

_ALLOWED = Policy(profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),))
_PATIENCE = 1.5
_PAGE = """<!doctype html><title>form</title><style>* {{ caret-color: transparent }}</style>
<form id=form method=post action="/save{number}"><input id=name name=name aria-label=Name>
<button id=save>Save</button></form><p id=note>Fill in</p><script>{script}</script>"""
_TOAST = """document.getElementById('form').onsubmit = () => {
  const note = document.getElementById('note');
  note.textContent = document.getElementById('name').value + ' is stored';
  history.replaceState(null, '', '/done');
  setTimeout(() => { note.textContent = 'Failed: try again' }, %d);
  return false;
};"""
_SCRIPTS = {
    "click swallowed": "document.getElementById('form').onsubmit = () => false;",
    "text garbled": "document.getElementById('name').oninput = e => "
    "{ e.target.value = e.target.value.slice(0, -2) };",
    "early toast": _TOAST % 9_999_999,
    "toast taken back": _TOAST % 400,
}
SABOTAGES = (*_SCRIPTS, "server fails", "other row", "stale page")


@dataclass
class _Task:
    """A name to be stored in a row of the server's file, and what goes wrong."""

    file: Path
    name: str
    row: int
    sabotage: str

    def take(self, form: dict[str, str]) -> Answer:
        """Store a posted form, or not quite, and send the visitor on."""
        if self.sabotage == "server fails":
            return 500, "<title>error</title>Failed", ""
        row = self.row + 1 if self.sabotage == "other row" else self.row
        stored = "" if self.sabotage == "stale page" else f"row {row}: {form.get('name', '')}\n"
        self.file.write_text(f"old\n{stored}", encoding="utf-8")
        return 303, "", "/done"

    def checks(self, stage: Web) -> Checks:
        """Return what must be so at the end."""
        declared = (
            UrlCheck("contains", "/done"),
            TextCheck(f"{self.name} is stored"),
            FileCheck(self.file, "contains", f"row {self.row}: {self.name}\n"),
        )
        return Checks(declared, stage.browser, SystemClock(), _PATIENCE)


def _run(stage: Web, path: Path, task: _Task, number: int, defended: bool) -> Result:
    script = _SCRIPTS.get(task.sabotage, "")
    stage.pages.pages["/done"] = f"<title>done</title><p>{task.name} is stored</p>"
    stage.pages.taking = task.take
    task.file.write_text("old\n", encoding="utf-8")
    stage.show(_PAGE.format(number=number, script=script))
    actions: list[Action] = [
        Click(point=stage.at("#name")),
        Type(text=task.name),
        Click(point=stage.at("#save")),
        Terminate(status="success"),
    ]
    door = WebDoor(path, stage, _ALLOWED, stage.browser)
    watch = Watch(stage.browser.observe, quiet=0.05, limit=2, senses=stage.browser)
    agent = Agent(watch, Puppet(actions), door.gate, StopSwitch())
    result = agent.run("save the name", task.checks(stage) if defended else None)
    door.close()
    return result


def _done(count: int, seed: int, defended: bool) -> Verdict:
    """Play sabotaged and honest tasks by turns."""
    tally = Tally()
    false = {"success": 0, "failure": 0}
    with scratch() as folder, web() as stage:
        for number, random in seeds("P17 web", 2 * count, seed):
            sabotage = SABOTAGES[number // 2 % len(SABOTAGES)] if number % 2 else ""
            task = _made(random, folder / "rows", sabotage)
            result = _run(stage, folder / "journal.jsonl", task, number, defended)
            good = result.kind == "success"
            if tally.new((task.name, task.row, sabotage)) and good == bool(sabotage):
                false["success" if good else "failure"] += 1
                tally.fail(f"{number} {sabotage or 'honest'}", result.reason)
            if len(tally.keys) == count:
                break
    tally.notes.append(f"{false['success']} false successes, {false['failure']} false failures")
    return tally.verdict()


def _made(random: Random, file: Path, sabotage: str) -> _Task:
    name = f"{random.choice(('Ada', 'Bob', 'Mara', 'Noor'))} {random.randrange(10_000)}"
    return _Task(file, name, random.randrange(9), sabotage)


SUITES = (
    Suite(
        "P17 web",
        "A run on a page is a success where server and page say so, and not by the model's word",
        ("browser", "files"),
        Counts(test=2, faults=8, full=300, undefended=6),
        45,
        _done,
    ),
)

"""P10: what pages changed in a browser's storage is undone entry by entry, or refused as a whole.

The buttons of a fake screen, behind a real gate, let a page of a real browser change its cookies,
local storage and databases by chance, in two origins. Undoing all of it must leave the storage as
it was; where somebody changed an entry meanwhile, the step that changed it is not touched.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from handrail.actuators.actions import Click
from handrail.actuators.browser_part import StoragePart
from handrail.actuators.fake import Button
from handrail.sandbox.journal import read_journal
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy
from handrail.sandbox.rollback import Rollback
from handrail.sandbox.snapshot.part import PartKeeper
from handrail.sandbox.snapshot.texts import KeptTexts
from handrail.sandbox.undoing import remaining, undo
from tests.faults.stage import Door, QuickDisk, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.undo_stage import YesMan
from tests.faults.web import Web, web

CHANGE = """async work => {
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  for (const [what, key, value] of work) {
    if (what === 'local') {
      if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value);
    } else if (what === 'cookie') {
      document.cookie = value === null ? `${key}=; path=/; max-age=0`
                                       : `${key}=${value}; path=/; max-age=9999`;
    } else if (what === 'drop') {
      await asked(indexedDB.deleteDatabase('shop'));
    } else {
      const opening = indexedDB.open('shop', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('lines', {keyPath: 'id'});
      const base = await asked(opening);
      const change = base.transaction('lines', 'readwrite');
      if (value === null) change.objectStore('lines').delete(key);
      else change.objectStore('lines').put({id: key, at: new Date(1), set: new Set([value])});
      await new Promise(done => { change.oncomplete = done; });
      base.close();
    }
  }
}"""


class _Case:
    """One run: presses of a button that let a page change its storage."""

    def __init__(self, folder: Path, page: Web, random: Random, kept: bool) -> None:
        self.page, self.random = page, random
        self.part = StoragePart(page.browser)
        self.keeper = PartKeeper(self.part, KeptTexts(folder / "texts", QuickDisk()))
        button = Button("Work", box(5, 5, 60), on_press=self.work)
        grants = Policy(profile="ask", known=EVERYTHING)
        self.door = Door(folder / "journal.jsonl", [button], grants, YesMan())
        keepers = [self.keeper] if kept else []
        self.door.gate.keeping = self.keeping = Keeping(keepers)
        self.rollback = Rollback({keeper.name: keeper for keeper in keepers})
        self.sites = (page.pages.root, page.pages.root.replace("127.0.0.1", "localhost"))
        self.before = self.look()
        self.done: list[list[tuple[str, str, str | None]]] = []

    def look(self) -> dict[str, str]:
        """Return the storage of both origins."""
        return self.part.read([f"local {site} x" for site in self.sites])

    def work(self) -> None:
        """Let the page change something, perhaps after it has gone to the other origin."""
        if self.random.random() < 0.3:
            self.page.browser.goto(f"{self.random.choice(self.sites)}/page")
        kinds = ("local", "local", "cookie", "record", "record", "drop")
        many = self.random.randint(0, 4)
        work = [
            (self.random.choice(kinds), self.random.choice("abc"), self.value())
            for _ in range(many)
        ]
        self.done.append(work)
        self.page.peek(CHANGE, work)

    def value(self) -> str | None:
        """Return what an entry becomes, None: it goes."""
        return None if self.random.random() < 0.3 else str(self.random.random())

    def play(self, presses: int) -> None:
        """Press the button so many times."""
        for _ in range(presses):
            screen = self.door.screen
            place = Click(point=screen.named(Button, "Work").box.center)
            self.door.gate.submit(place, screen.observe(), "work")
        self.keeping.ended(self.door.journal)

    def undone(self) -> str:
        """Undo, and say what is wrong with how it ended."""
        plan = self.rollback.plan(read_journal(self.door.path).entries)
        touched = [one.what for step in plan for one in step.differences if one.change != "deleted"]
        theirs = self.disturbed(touched) if self.random.random() < 0.3 else None
        steps = list(undo(self.rollback, plan, self.door.journal.append))
        if theirs is not None:
            refused = steps[-1].prospect == "conflict"
            kept = self.look().get(theirs[0]) == theirs[1]
            return "" if refused and kept else f"overwritten: {theirs[0]}"
        now = self.look()
        if now != self.before:
            wrong = [e for e in now | self.before if now.get(e) != self.before.get(e)]
            return f"not as it was: {', '.join(sorted(wrong))}"
        differing = remaining(self.rollback, steps)
        return f"told as remaining: {differing[0].what}" if differing else ""

    def disturbed(self, touched: list[str]) -> tuple[str, str] | None:
        """Let somebody else change an entry of local storage that the undo would touch."""
        local = sorted({name for name in touched if name.startswith("local ")} & self.look().keys())
        if not local:
            return None
        name, value = self.random.choice(local), f"theirs {self.random.random()}"
        self.part.write({name: value})
        return name, value


@contextmanager
def _page() -> Iterator[Web]:
    with web() as page:
        page.show("<title>work</title>")
        yield page


def _sequences(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with _page() as page:
        for number, random in seeds("P10 storage", count, seed):
            with scratch(in_memory=True) as folder:
                case = _Case(folder, page, random, defended)
                case.play(random.randint(1, 4))
                wrong = case.undone()
                case.door.journal.close()
            tally.new((number, json.dumps(case.done)))
            if wrong:
                tally.fail(number, wrong)
    return tally.verdict()


SUITES = (
    Suite(
        "P10 storage",
        "What pages changed in a browser's storage is undone, or refused where it changed since",
        ("browser",),
        Counts(test=2, faults=8, full=300, undefended=3),
        20,
        _sequences,
    ),
)

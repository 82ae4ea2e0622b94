"""A fake desktop whose program writes files, behind a real gate that keeps what it changes."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Link, Widget
from handrail.actuators.fake_state import ScreenPart
from handrail.actuators.observation import Surface
from handrail.sandbox.approval import ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.journal import JournalReading, read_journal
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Note
from handrail.sandbox.rollback import Rollback
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.keeper import Keeper
from handrail.sandbox.snapshot.part import PartKeeper
from handrail.sandbox.snapshot.texts import KeptTexts
from tests.faults.file_looks import seen
from tests.faults.stage import Door, QuickDisk, box, random_action

NAMES = ("letter.txt", "bill.txt", "notes", "a/deep.txt", "a/b/deeper.txt")


class YesMan:
    """Says yes to everything: what is asked is not this suite's subject."""

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Say yes."""
        return ONCE


@dataclass
class Program:
    """What the buttons of the screen do to a folder, by chance."""

    folder: Path
    random: Random

    def furnish(self) -> None:
        """Put something of most kinds into the folder."""
        self.folder.mkdir()
        (self.folder / "a" / "b").mkdir(parents=True)
        for name in self.random.sample(NAMES, 3):
            (self.folder / name).write_text(f"{name} {self.random.random()}")
        (self.folder / "link").symlink_to("letter.txt")

    def act(self) -> None:
        """Write, append, remove, rename, link, or change how a file may be used."""
        name = self.folder / self.random.choice(NAMES)
        other = self.folder / self.random.choice(NAMES)
        name.parent.mkdir(parents=True, exist_ok=True)
        match self.random.randrange(8):
            case 0 | 1:
                name.write_text(str(self.random.random()))
            case 2:
                with name.open("a") as file:
                    file.write("more")
            case 3:
                name.unlink(missing_ok=True)
            case 4 if name.exists() and name != other:
                other.parent.mkdir(parents=True, exist_ok=True)
                name.replace(other)
            case 5 if name.exists() and not other.exists():
                other.parent.mkdir(parents=True, exist_ok=True)
                os.link(name, other)
            case 6 if name.exists():
                name.chmod(self.random.choice((0o600, 0o644, 0o400)))
            case _:
                link = self.folder / "link"
                link.unlink(missing_ok=True)
                link.symlink_to(self.random.choice(NAMES))


@dataclass
class Stage:
    """One run on the fake desktop; ``kept``: whether anything is kept."""

    path: Path
    random: Random
    kept: bool = True
    keeper_type: type[FileKeeper] = FileKeeper
    looks: list[tuple[int, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.mkdir()
        self.folder = self.path / "documents"
        self.program = Program(self.folder, self.random)
        self.program.furnish()
        self.door = Door(
            self.path / "journal.jsonl",
            self._widgets(),
            Policy(profile="ask", known=EVERYTHING),
            YesMan(),
        )
        self.screen: FakeScreen = self.door.screen
        self.screen.surface = Surface("desktop", "fake desktop", owned=True)
        self.files = self.keeper_type(self.path / "store", (self.folder,))
        texts = KeptTexts(self.path / "texts", QuickDisk())
        self.part = PartKeeper(ScreenPart(self.screen), texts)
        keepers: list[Keeper] = [self.files, self.part] if self.kept else []
        self.door.gate.keeping = self.keeping = Keeping(keepers)
        self.rollback = Rollback({keeper.name: keeper for keeper in keepers})

    def _widgets(self) -> list[Widget]:
        return [
            Field("Name", box(5, 5, 100), text="Ada"),
            Checkbox("Later", box(110, 5, 40)),
            Button("Save", box(5, 40, 60), on_press=self.program.act),
            Button("Send", box(75, 40, 60), on_press=self.program.act),
            Link("Help", box(5, 80, 60), "https://fake.test/help"),
        ]

    def look(self) -> object:
        """Return how the folder and the screen are."""
        return seen(self.folder), self.part.part.read(())

    def play(self, actions: int) -> None:
        """Submit so many actions; remember the last record and how all was before each."""
        for _ in range(actions):
            self.looks.append((self.door.journal.foreseen(Note(topic="x")).seq - 1, self.look()))
            self.door.gate.submit(self._action(), self.screen.observe(), "work")
        self.keeping.ended(self.door.journal)

    def _action(self) -> Action:
        save, send = self.screen.named(Button, "Save"), self.screen.named(Button, "Send")
        match self.random.randrange(6):
            case 0 | 1:
                return Click(point=self.random.choice((save, send)).box.center)
            case 2:
                return Type(text=self.random.choice(("Ada", "a b", "é", "")))
            case 3:
                return Press(keys=self.random.choice((("ctrl", "c"), ("ctrl", "x"), ("ctrl", "v"))))
            case _:
                return random_action(self.random, self.screen.widgets)

    @property
    def reading(self) -> JournalReading:
        """Return what the journal says."""
        return read_journal(self.door.path)

    def close(self) -> None:
        """End it."""
        self.files.close()
        self.door.journal.close()

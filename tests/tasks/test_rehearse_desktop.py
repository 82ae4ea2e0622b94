"""A program works in a copy of the user's folders: the real ones stay as they were."""

import os
import sys
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Press, Terminate, Type
from handrail.agent.proposer import Puppet
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.desktop_copy import Setting
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.stage import WayName
from handrail.tasks.copy_target import CopyOfDesktop, Wanted
from handrail.tasks.rehearse import Rehearsed, rehearse
from handrail.tasks.run import Crew, PolicyChoice, RunRequest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="overlays are Linux's")
DONE = Terminate(status="success")
SAVED = (Type(text="Dear "), Press(keys=("ctrl", "s")), DONE)


class Place:
    """A home with a document in it, and the copies that were made of it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.runs = folder / "home", folder / "runs"
        self.docs = self.home / "docs"
        self.docs.mkdir(parents=True)
        self.note = self.docs / "note.txt"
        self.note.write_text("reader,\n")
        self.copies: list[CopyOfDesktop] = []

    def rehearse(
        self,
        *actions: Action,
        ways: tuple[WayName, ...] = ("overlay",),
        bounds: Bounds = Bounds(),
        policy: PolicyChoice = PolicyChoice(profile="rehearse"),
        app: tuple[str, ...] = ("mousepad", "--disable-server", "note.txt"),
    ) -> Rehearsed:
        copy = CopyOfDesktop(
            app, Wanted(self.home, self.docs), os.environ, Setting((800, 600), bounds, ways)
        )
        self.copies.append(copy)
        request = RunRequest("write", copy, policy=policy, runs_folder=self.runs)
        return rehearse(request, copy, Crew(Puppet(actions)))

    def close(self) -> None:
        for copy in self.copies:
            for layer in copy._layers[:1]:
                remove(layer.changed.parent)


@pytest.mark.parametrize("way", ["overlay", "fuse-overlayfs", "copy"])
def test_what_is_saved_in_the_copy_is_told_and_not_done(tmp_path: Path, way: WayName) -> None:
    place = Place(tmp_path)
    done = place.rehearse(*SAVED, ways=(way,))
    print(done)
    print(done.consequences)
    assert place.note.read_text() == "reader,\n"
    changed = [c for c in done.consequences.files if not c.noise]
    print([(c.path, c.change) for c in changed])
    place.close()

"""Plans: what is being put in place, written down before it is done.

Promises
- A plan is durable when ``keep_plan`` returns, and gone, durably, when ``remove_plan`` returns.
- A plan that has the token of another takes its place in one go: that is how a direction is turned.

Does not promise
- To hold contents: those lie in the stages that it names, and in the store.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_names import read
from handrail.sandbox.snapshot.store import Store, put_file, unkept

StepKind = Literal["take", "put", "swap", "dress"]
Phase = Literal["staging", "ready", "back", "done"]
Mark = tuple[int, int, int]
"""Inode, size and time of a thing; of a folder only the inode: the rest follows what is in it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operation(_Part):
    """One thing to do with one path, which is as ``file_names.written`` returns it.

    ``take``: move it away. ``put``: place what was staged where nothing is. ``swap``: place what
    was staged in its stead. ``dress``: change its metadata. ``then``: the mark of what is there
    before. ``fresh``: the inode of what was staged; ``shared``: it is one that is in use already,
    of which this becomes a further name.
    """

    kind: StepKind
    path: str
    number: int
    then: Mark | None = None
    fresh: int = 0
    shared: bool = False


class FolderPlan(_Part):
    """What a folder is given in the end, and had before; a mode of 0: it is, or was, not there.

    ``path`` as ``file_names.written`` returns it.
    """

    path: str
    mode: int
    mtime: int
    had_mode: int = 0
    had_mtime: int = 0


class Plan(_Part):
    """A putting back that has begun.

    ``staging``: nothing that is in use was touched. ``ready``: it may be carried out, and must be.
    ``back``: something was in the way, and what was done is being taken back. ``done``: all is in
    place, and what was kept to take it back is being removed. ``stages``: for each root the folder
    of what will be put in place, and of what was moved away.
    """

    format: Literal[2] = 2
    phase: Phase = "staging"
    token: str
    older: str
    newer: str
    roots: tuple[str, ...]
    stages: tuple[str, ...]
    operations: tuple[Operation, ...]
    folders: tuple[FolderPlan, ...]

    def touches(self, roots: Iterable[bytes]) -> bool:
        """Tell whether one of its folders is one of these, or around or in one."""
        own = [read(root) + b"/" for root in self.roots]
        others = [root + b"/" for root in roots]
        return any(a.startswith(b) or b.startswith(a) for a in own for b in others)

    def at(self, phase: Phase) -> "Plan":
        """Return it as it is when it has come so far."""
        return self.model_copy(update={"phase": phase})


def keep_plan(store: Store, plan: Plan) -> None:
    """Write a plan down. Raises RestoreError."""
    put_file(store.plans / f"{plan.token}.json", plan.model_dump_json().encode())


def remove_plan(store: Store, plan: Plan) -> None:
    """Forget a plan. Raises RestoreError."""
    try:
        (store.plans / f"{plan.token}.json").unlink(missing_ok=True)
        OsDisk().sync_folder(store.plans)
    except OSError as error:
        raise unkept(store.plans, error) from error


def pending(store: Store) -> tuple[Plan, ...]:
    """Return the plans that were interrupted. Raises RestoreError."""
    found = []
    for place in sorted(store.plans.glob("*.json")):
        try:
            found.append(Plan.model_validate_json(place.read_bytes()))
        except (OSError, ValidationError) as error:
            raise RestoreError(f"{place}: an interrupted undo cannot be read: {error}") from error
    return tuple(found)

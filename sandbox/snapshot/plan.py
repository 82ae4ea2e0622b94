"""Plans: what is being put back, written down before it is done.

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


class FolderPlan(BaseModel):
    """What a folder is given in the end, and had before; ``had_mode`` 0: it was not there.

    ``path`` as ``file_names.written`` returns it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    mode: int
    mtime: int
    had_mode: int = 0
    had_mtime: int = 0


class Plan(BaseModel):
    """A putting back that has begun; ``ready``: it may be carried out, and must be.

    ``paths``: what has to be done something about; ``fresh``: what of it is made anew. ``stages``:
    the folder, for each root, of what will be put in place, under names that begin with ``mark``;
    ``leftovers``: others to remove.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Literal[1] = 1
    token: str
    mark: str
    older: str
    newer: str
    roots: tuple[str, ...]
    paths: tuple[str, ...]
    fresh: tuple[str, ...]
    stages: tuple[str, ...]
    leftovers: tuple[str, ...] = ()
    folders: tuple[FolderPlan, ...]
    ready: bool = False

    def touches(self, roots: Iterable[bytes]) -> bool:
        """Tell whether one of its folders is one of these, or around or in one."""
        own = [read(root) + b"/" for root in self.roots]
        others = [root + b"/" for root in roots]
        return any(a.startswith(b) or b.startswith(a) for a in own for b in others)


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

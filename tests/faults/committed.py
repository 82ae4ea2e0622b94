"""A commit of what was rehearsed, and a comparison with how all is to be."""

from collections.abc import Callable

from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.rehearsal.commit_record import CommitState
from handrail.sandbox.rehearsal.record import RehearsalRecord, read_record
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from handrail.sandbox.snapshot.putting_back import PuttingBack
from tests.faults.rehearsing import Rehearsed
from tests.faults.tree_making import Look, hard_links, look

Tree = dict[bytes, Look]


def commit(
    rehearsed: Rehearsed,
    noise: bool = True,
    way: type[Commit] = Commit,
    putting: type[PuttingBack] = PuttingBack,
    live: type[LiveTree] = LiveTree,
    told: Callable[[CommitState], None] = lambda _state: None,
) -> None:
    """Commit what was rehearsed. Raises RehearsalError, RestoreError."""
    digest = read_record(rehearsed.run).consequences.digest
    store, roots = rehearsed.folder / "store", (rehearsed.real,)
    with FileKeeper(store, roots, "run", live=live, putting=putting) as keeper:
        way(rehearsed.run, Surroundings(keeper, told)).run(digest, noise)


def differing(one: Tree, two: Tree) -> str:
    wrong = [path for path in sorted(one.keys() | two.keys()) if one.get(path) != two.get(path)]
    return "; ".join(f"{path!r}: {one.get(path)} is not {two.get(path)}" for path in wrong[:2])


def as_merged(rehearsed: Rehearsed, record: RehearsalRecord) -> str:
    if wrong := differing(look(rehearsed.real), rehearsed.merged):
        return f"committed wrongly: {wrong}"
    told = {rehearsed.below(o.path) for o in record.consequences.files if not o.metadata}
    links = hard_links(rehearsed.real)
    lost = rehearsed.links - links
    extra = {
        pair
        for pair in links - rehearsed.links
        if told & set(pair) and not _parted(rehearsed, pair)
    }
    return f"links: {sorted(lost)[:2]} lost, {sorted(extra)[:2]} too many" if lost or extra else ""


def _parted(rehearsed: Rehearsed, pair: tuple[bytes, bytes]) -> bool:
    """Tell whether only the overlay parted them: one is linked to what was linked to the other."""
    was, new = _both_ways(rehearsed.links_before), _both_ways(rehearsed.links)
    one, other = pair
    return bool(
        was.get(one, set()) & new.get(other, set()) | was.get(other, set()) & new.get(one, set())
    )


def _both_ways(links: set[tuple[bytes, bytes]]) -> dict[bytes, set[bytes]]:
    found: dict[bytes, set[bytes]] = {}
    for one, other in links:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found

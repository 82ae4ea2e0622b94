"""Commit what a rehearsal on a desktop changed in files, and write it down in the run's journal."""

from functools import partial

from handrail.sandbox.journal import read_journal
from handrail.sandbox.records import Note
from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.rehearsal.commit_record import CommitState
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.tasks.kept_journal import KeptJournal
from handrail.tasks.runs import RunFolder

_TOPIC = "commit"
_WORDS = {
    "staging": "a commit was cut off before anything was changed: the next one begins anew",
    "applying": "a commit was cut off half way: the next one finishes it",
    "taking back": "a commit met a change and was cut off while it took itself back: "
    "the next one ends that",
    "refused": "a commit was refused, and nothing is changed",
    "applied": "all of it is done; what was kept for taking it back is still to be removed",
    "closed": "all of it is done",
    "undone": "it was done, and undone",
}


def commit_files(folder: RunFolder, digest: str, noise: bool, keeper: FileKeeper) -> CommitState:
    """Apply what has this digest, and return how it ended.

    That it begins stands in the run's journal before anything is touched, and how it ended after.
    Raises RehearsalError (nothing is applied), RestoreError, JournalError, KeyUnreadable.
    """
    around = Surroundings(keeper, partial(write_down, folder))
    return Commit(folder.path, around).run(digest, noise)


def told(state: CommitState) -> str:
    """Return in words how far a commit is."""
    why = f": {state.reason}" if state.reason else ""
    return f"commit   {_WORDS[state.phase]}{why}"


def write_down(folder: RunFolder, state: CommitState) -> None:
    """Add a note of what begins, and of how it ends, to the run's journal, once.

    Raises JournalError, KeyUnreadable.
    """
    if state.phase in ("applying", "taking back") or not folder.journal.exists():
        return
    data: dict[str, str | int | bool] = {
        "phase": state.phase, "digest": state.digest, "entries": state.entries,
        "noise": state.noise, "before": state.before, "after": state.after,
    }  # fmt: skip
    if state.reason:
        data["reason"] = state.reason[:1_000]
    last = [
        entry.record.data
        for entry in read_journal(folder.journal).entries
        if isinstance(entry.record, Note) and entry.record.topic == _TOPIC
    ]
    if last[-1:] != [data]:
        kept = KeptJournal.found(folder.path.parent, folder.name)
        with kept.adding() as addition:
            addition.add(Note(topic=_TOPIC, data=dict(data)))

"""``handrail undo`` of a rehearsal: what its commit changed is put back, exactly."""

import argparse

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.commit_record import CommitState, keep_state, read_state
from handrail.sandbox.rehearsal.record import RehearsalRecord
from handrail.sandbox.rehearsal.sending import read_sending
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.terminal import confirmed
from handrail.tasks.cli_output import complain, say
from handrail.tasks.commit_files import told, write_down
from handrail.tasks.commit_keeper import keeper_of
from handrail.tasks.errors import ExitCode
from handrail.tasks.live import Hearing
from handrail.tasks.runs import RunFolder
from handrail.tasks.undo_view import UndoView


def undo_commit(folder: RunFolder, record: RehearsalRecord, arguments: argparse.Namespace) -> int:
    """Put back what a commit changed, or say why not; return the exit code.

    Raises RestoreError, RehearsalError, JournalError.
    """
    if record.on == "browser":
        return _in_browser(folder)
    state = read_state(folder.path)
    if state is None or state.phase in {"refused", "undone"}:
        say("a rehearsal changes nothing, and no commit of it stands: there is nothing to put back")
        return ExitCode.SUCCESS
    if state.phase != "closed":
        complain(f"{told(state)}; `handrail commit {folder.name}` comes first")
        return ExitCode.FAILED
    if not (state.before and state.after):
        complain("nothing was kept when it was committed: it cannot be undone")
        return ExitCode.FAILED
    with keeper_of(folder, record) as keeper:
        return _put_back(folder, keeper, state, arguments)


def _put_back(
    folder: RunFolder, keeper: FileKeeper, state: CommitState, arguments: argparse.Namespace
) -> int:
    view = UndoView(Hearing(highlight=False), {}, arguments.all)
    points = state.before, state.after
    differences, lost = keeper.differences(*points), keeper.lost(*points)
    view.differences(differences, turned=True)
    if lost:
        say("stays, for it cannot be put back:")
        view.differences(lost, turned=True)
    if wrong := keeper.conflicts(*points):
        complain("changed since it was committed; nothing was touched:")
        view.differences(wrong, turned=False)
        return ExitCode.FAILED
    if arguments.dry_run:
        return ExitCode.SUCCESS
    if not arguments.yes and not confirmed(f"Put back {len(differences)} differences?"):
        complain("nothing was undone: it was not confirmed (--yes does not ask)")
        return ExitCode.DENIED
    keeper.put_back(*points)
    undone = state.model_copy(update={"phase": "undone"})
    keep_state(folder.path, undone, OsDisk())
    write_down(folder, undone)
    say(told(undone))
    return ExitCode.FAILED if lost else ExitCode.SUCCESS


def _in_browser(folder: RunFolder) -> int:
    sending = read_sending(folder.path)
    if sending is None or not sending.sent:
        say("a rehearsal changes nothing, and nothing of it was sent: there is nothing to put back")
        return ExitCode.SUCCESS
    complain(
        f"{folder.name} was carried out by the run {sending.run}; what it sent cannot be taken "
        f"back: see `handrail undo {sending.run}`"
    )
    return ExitCode.FAILED

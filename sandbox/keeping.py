"""Keeping: what is there before an action is kept, so that it can be put back.

Promises
- Before an action that can change anything, each keeper keeps its part as it is; the points are
  durable before the action's intent is written, which names them.
- An action has no effect where its before-state cannot be kept: ``RestoreError``, and no intent.
- Without keepers nothing is done, written or waited for.

Does not promise
- To tell an action's own changes from others': what an action changed is what differs between the
  point before it and the next one, or the one at the run's end. So what a program writes late is
  the action's, and so is what anybody else changes meanwhile in what is kept: undoing lists it all.
"""

from collections.abc import Sequence

from handrail.actuators.actions import Action
from handrail.sandbox.journal import Journal
from handrail.sandbox.records import Kept
from handrail.sandbox.reversibility import changes_something
from handrail.sandbox.snapshot.keeper import Keeper


class Keeping:
    """The keepers of one run; their names differ."""

    def __init__(self, keepers: Sequence[Keeper] = ()) -> None:
        self._keepers = tuple(keepers)
        assert len({keeper.name for keeper in keepers}) == len(self._keepers)
        self._open = False

    def before(self, action: Action) -> dict[str, str]:
        """Keep what is there before an action, and return each keeper's point by its name.

        Raises RestoreError.
        """
        if not self._keepers or not changes_something(action):
            return {}
        points = self._points()
        self._open = True
        return points

    def ended(self, journal: Journal) -> None:
        """Write down what is there after the last action; what is known, also where that fails.

        Raises RestoreError, JournalError.
        """
        if self._open and not journal.broken:
            self._open = False
            journal.append(Kept(points=self._points()))

    def _points(self) -> dict[str, str]:
        return {keeper.name: keeper.keep() for keeper in self._keepers}

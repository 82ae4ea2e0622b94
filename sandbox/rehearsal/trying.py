"""Who is asked during a rehearsal: nobody needs to be, for all of it happens on a copy.

Promises
- What would be rehearsed or asked about is tried, once for each action, and the journal says that
  no person approved it (``BY``).
- What the rules deny is never asked about, so that it is denied on the copy, too.

Does not promise
- That anything tried here may be done for real: that is decided anew.
"""

from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest

BY = "rehearsal"
"""Who consented, as the journal names it."""


class Trying:
    """The approver of a rehearsal."""

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Let it be tried on the copy."""
        return ApprovalAnswer("once", by=BY)

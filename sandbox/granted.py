"""The approver of a run with grants: it consents to what a live grant covers, and else it asks.

Promises
- It only ever says ``once``, with the grant's id, and counts the use when the gate is about to
  make the permit: not earlier, and never afterwards.
- What a person must look at is put to the other approver, whatever a grant covers.

Does not promise
- To overrule the rules: it is asked only about what they leave to a person.
"""

from collections.abc import Sequence
from functools import partial

from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest, Approver
from handrail.sandbox.errors import GrantError
from handrail.sandbox.grant import Grant
from handrail.sandbox.ledger import Ledger


class GrantedApprover:
    """Puts to another approver what no grant covers."""

    def __init__(self, approver: Approver, ledger: Ledger, grants: Sequence[Grant]) -> None:
        self._approver = approver
        self._ledger = ledger
        self._grants = tuple(grants)

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Return the consent of the first live grant that covers this, or the other's answer."""
        for grant in () if request.in_person else self._grants:
            if grant.covers(request, self._ledger.now()):
                try:
                    self._ledger.check(grant)
                except GrantError:
                    continue  # used up, or revoked meanwhile
                use = partial(self._ledger.count, grant)
                return ApprovalAnswer("once", by=f"grant {grant.id}", count=use)
        return self._approver.ask(request)

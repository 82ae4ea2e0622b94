"""Everything a dialect may raise.

ActuatorError
+-- DialectError   words that are not an action of this dialect on this screen: nothing was tried

The message goes back to whoever wrote the words, so it names the field and what it must be.
"""

from handrail.actuators.errors import ActuatorError


class DialectError(ActuatorError):
    """The words do not name an action of the dialect; the message says which part and why."""

"""Everything a dialect may raise.

ActuatorError
+-- DialectError   words that are not an action of this dialect on this screen: nothing was tried
"""

from handrail.actuators.errors import ActuatorError


class DialectError(ActuatorError):
    """The words do not name an action of the dialect; the message says which part and why."""

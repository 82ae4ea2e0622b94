"""Everything that preparing a checkout may raise.

SetupError
+-- StepFailed     a command failed or ran out of time: its last lines are in the message
+-- Missing        a program or a package is not here and may not be installed from here
"""


class SetupError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class StepFailed(SetupError):
    """A command of a step failed."""


class Missing(SetupError):
    """Something has to be installed by hand."""

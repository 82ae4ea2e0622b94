"""Everything that reading and showing results may raise.

ResultsError
+-- ResultUnreadable   a file under results/ is not a result
+-- TableBroken        a document's markers are not in pairs, or name a result that is not there
"""


class ResultsError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class ResultUnreadable(ResultsError):
    """A file under results/ cannot be read as a result."""


class TableBroken(ResultsError):
    """A document's table cannot be made."""

"""Everything that making the pocket model may raise.

PocketError
+-- FontMissing    a font file of the renderer is not installed
"""


class PocketError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class FontMissing(PocketError):
    """A font file that the renderer draws with is not installed."""

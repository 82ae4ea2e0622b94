"""Everything that making the pocket model may raise.

PocketError
+-- FontMissing    a font file of the renderer is not installed
+-- ShotUnreadable  a photographed screen of the training data cannot be read
+-- DrawingEnded   a process that draws screens for the trainer has ended
"""


class PocketError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class FontMissing(PocketError):
    """A font file that the renderer draws with is not installed."""


class ShotUnreadable(PocketError):
    """A photographed screen, or its labels, cannot be read."""


class DrawingEnded(PocketError):
    """A process that draws screens has ended, and training would wait for ever."""

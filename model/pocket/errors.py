"""Everything that making the pocket model may raise.

PocketError
+-- FontMissing    a font file of the renderer is not installed
+-- ShotUnreadable  a photographed screen of the training data cannot be read
+-- EpisodeUnreadable  a kept episode of the training data cannot be read
+-- PictureLost    a picture that was to be learned from cannot be read any more
+-- DrawingEnded   a process that draws screens for the trainer has ended
+-- Diverged       the loss of a training is no number any more
+-- RecipeEnded    the recipe has ended that started a training
+-- NoCurves       there is nothing that learning curves can be drawn from
"""


class PocketError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class FontMissing(PocketError):
    """A font file that the renderer draws with is not installed."""


class ShotUnreadable(PocketError):
    """A photographed screen, or its labels, cannot be read."""


class EpisodeUnreadable(PocketError):
    """The file of a kept episode cannot be read."""


class PictureLost(PocketError):
    """A picture cannot be read any more."""


class DrawingEnded(PocketError):
    """A process that draws screens has ended, and training would wait for ever."""


class Diverged(PocketError):
    """The loss is no number any more: whatever came after it would be lost, too."""


class RecipeEnded(PocketError):
    """The command that started a training has ended, and may be started again beside it."""


class NoCurves(PocketError):
    """A folder holds no log of a training, or logs that cannot be compared."""

"""Everything the model may raise.

ModelError
+-- CheckpointError      the folder is not a checkpoint that can be used
|   +-- ConfigError      a configuration file is absent, malformed or not supported
|   +-- WeightsError     safetensors are absent, truncated, or do not fit the config
|   +-- TokenizerError   tokenizer.json or the chat template is absent, malformed or does not fit
+-- DeviceError          the asked device is not there
+-- MemoryTooSmall       the checkpoint would not fit into memory
+-- OptionsError         a generation option is out of its range
+-- GrammarError         a schema cannot be followed, or was not
+-- RemoteError          an endpoint is not reachable, refuses, or answers oddly
+-- PromptError          these messages cannot become a prompt
|   +-- ImageError       this image cannot be shown to the model
|   +-- NeverFits        a prompt and its reply are more than may be held at once
+-- NoRoom               every block of the pool is held: its callers make room, or wait
+-- Cancelled            the reply was cancelled while it was written
+-- TuningError          a tuning cannot begin, go on or be kept
+-- UnsupportedError     this checkpoint cannot do what is asked of it
+-- CoordinateError      a coordinate is not in 0..1000
"""


class ModelError(Exception):
    """Base of every error of this folder; the message says what, where, and what to do."""


class CheckpointError(ModelError):
    """A checkpoint folder cannot be used."""


class ConfigError(CheckpointError):
    """A configuration file is absent, malformed, or describes something not supported."""


class WeightsError(CheckpointError):
    """The weight files are absent, damaged, or do not fit the configuration."""


class TokenizerError(CheckpointError):
    """The tokenizer or the chat template is absent, malformed, or does not fit the model."""


class DeviceError(ModelError):
    """The device asked for does not exist on this machine."""


class MemoryTooSmall(ModelError):
    """The machine or the device has not the memory that a checkpoint needs."""


class OptionsError(ModelError):
    """A generation option is out of its range."""


class GrammarError(ModelError):
    """A schema or a tool call cannot be made into a grammar, or a token does not follow it."""


class RemoteError(ModelError):
    """A model behind an endpoint could not be asked, or its answer not be read."""


class PromptError(ModelError):
    """Messages, tools and images do not fit together, or do not fit the model."""


class ImageError(PromptError):
    """An image is too small, too thin, or not readable."""


class NeverFits(PromptError):
    """A prompt and its reply need more memory than all that is set aside for several replies."""


class NoRoom(ModelError):
    """Every block of a pool of keys and values is held by somebody."""


class CoordinateError(ModelError):
    """A coordinate is not a number in 0..1000."""


class Cancelled(ModelError):
    """Another thread cancelled the reply."""


class TuningError(ModelError):
    """A tuning cannot begin, go on, or be kept; the message says what to do."""


class UnsupportedError(ModelError):
    """This checkpoint has not learned what is asked of it."""

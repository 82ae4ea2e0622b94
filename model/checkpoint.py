"""A checkpoint: the files that a published Qwen3-VL model consists of."""

import json
from pathlib import Path

from handrail.model.errors import CheckpointError, ConfigError
from handrail.model.stored import INDEX_FILE, StoredTensor, safetensors_of

JsonObject = dict[str, object]


class CheckpointFolder:
    """Reads the files of one checkpoint folder."""

    def __init__(self, path: Path) -> None:
        try:
            there = path.is_dir()
        except OSError:
            there = False  # too long a name, or behind a closed folder
        if not there:
            raise CheckpointError(
                f"no checkpoint folder at {path}: pass a folder that holds config.json, "
                "tokenizer.json and safetensors files, or pull a model by its name"
            )
        self.path = path

    def text(self, name: str) -> str | None:
        """Read a text file, or return None where the folder does not have it.

        Raises CheckpointError where the file is there but not readable as UTF-8.
        """
        file = self.path / name
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(f"cannot read {file}: {error}") from error

    def json(self, name: str) -> JsonObject | None:
        """Read a JSON object, or return None where the folder does not have the file.

        Raises ConfigError where the file is not a JSON object.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ConfigError(
                f"{self.path / name} is not valid JSON ({error}): copy the file again"
            ) from error
        if not isinstance(value, dict):
            raise ConfigError(f"{self.path / name} must hold a JSON object")
        return value

    def tensors(self) -> dict[str, StoredTensor]:
        """Return all stored tensors by the names of the network's parameters.

        Raises WeightsError naming what is absent or damaged.
        """
        return safetensors_of(self.path, self.json(INDEX_FILE))


def section(value: object) -> JsonObject:
    """Return a nested JSON object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}

"""The models of this user: pulled once, then found by name without a network.

They lie in the user's data directory, one folder for each name of the Hugging Face Hub.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from handrail.tasks.errors import UsageError
from handrail.tasks.home import home_folder

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
WANTED = ("*.json", "*.jinja", "*.txt", "*.safetensors", "*.gguf")
Download = Callable[[str, Path, tuple[str, ...]], None]


def models_folder(environment: Mapping[str, str]) -> Path:
    """Return where pulled models lie; it may not be there."""
    data = environment.get("XDG_DATA_HOME") or str(home_folder("XDG_DATA_HOME") / ".local/share")
    return Path(data) / "handrail" / "models"


def is_name(model: str) -> bool:
    """Tell whether a text has the form of a model's name, OWNER/NAME."""
    return _NAME.fullmatch(model) is not None and ".." not in model


def pulled_folder(name: str, models: Path) -> Path:
    """Return the folder of a model by its name. Raises UsageError for what is no name."""
    if not is_name(name):
        raise UsageError(f"{name!r} is no model's name: it has the form OWNER/NAME")
    owner, _, own = name.partition("/")
    return models / owner / own


def pulled(models: Path) -> list[str]:
    """Return the names of all pulled models, in order."""
    folders = (c.parent for c in models.glob("*/*/config.json"))
    ggufs = (c.parent for c in models.glob("*/*/*.gguf"))
    return sorted({f"{f.parent.name}/{f.name}" for f in (*folders, *ggufs)})


def pull(name: str, models: Path, download: Download) -> Path:
    """Fetch a model's files, going on where an earlier try ended; return its folder."""
    folder = pulled_folder(name, models)
    folder.mkdir(parents=True, exist_ok=True)
    download(name, folder, WANTED)
    return folder


def from_the_hub(name: str, folder: Path, wanted: tuple[str, ...]) -> None:
    """Download from the Hugging Face Hub, telling it nothing about the user.

    Raises UsageError where the name is not there or the network fails.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot_download(name, local_dir=folder, allow_patterns=list(wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UsageError(f"{name} could not be pulled: {str(error).splitlines()[0]}") from error
    except Exception as error:
        # an odd answer surfaces as anything, a broken connection as its HTTP library's own error
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UsageError(f"{name} could not be pulled: the hub answers oddly ({what})") from error

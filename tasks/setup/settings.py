"""What a person may set, read from the environment once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Settings:
    """The settings of one run of the set-up.

    ``torch_index``: where CPU builds of torch are, empty for the ordinary index
    (HANDRAIL_TORCH_INDEX); ``browser``: a Chrome or Chromium to use (HANDRAIL_BROWSER); ``apt``:
    whether system packages may be installed where no password is needed (HANDRAIL_APT=no: never).
    """

    root: Path
    torch_index: str = TORCH_INDEX
    browser: Path | None = None
    apt: bool = True

    @property
    def python(self) -> Path:
        """Return the environment's interpreter."""
        return self.root / ".venv" / "bin" / "python"


def read_settings(root: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings that the environment variables name."""
    browser = environ.get("HANDRAIL_BROWSER", "")
    return Settings(
        root=root,
        torch_index=environ.get("HANDRAIL_TORCH_INDEX", TORCH_INDEX).rstrip("/"),
        browser=Path(browser) if browser else None,
        apt=environ.get("HANDRAIL_APT", "yes").lower() not in {"no", "0", "false"},
    )

"""A home folder for one program: it finds nothing of the user's there, and leaves nothing."""

from pathlib import Path


def private_home(folder: Path) -> dict[str, str]:
    """Return an environment in which the program finds and leaves nothing of the user's own."""
    home = folder / "home"
    places = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local/share",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {name: str(place) for name, place in places.items()} | {"GSETTINGS_BACKEND": "memory"}

"""Which versions a run was made with, told without importing any of them."""

import platform
from importlib import metadata

_PACKAGES = ("handrail", "torch", "playwright", "pillow", "mss", "python-xlib")


def versions() -> dict[str, str]:
    """Return the versions of Python, the system and the packages that matter, by name."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found

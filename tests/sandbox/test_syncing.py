"""A whole file system is synced, or the error is raised."""

import os
from pathlib import Path

import pytest

from handrail.sandbox.rehearsal.syncing import sync_file_system


def test_it_syncs_and_raises_what_the_system_says(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    sync_file_system(folder)
    os.close(folder)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(folder)

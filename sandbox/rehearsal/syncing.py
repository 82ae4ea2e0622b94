"""Putting much on the disk at once: a file system as a whole.

Promises
- When it returns, everything that was written to that file system before is on its disk, or an
  error was raised.

Does not promise
- To be quick while others write much to it.
"""

import ctypes
import os


def sync_file_system(descriptor: int) -> None:
    """Sync the file system that an open file or folder lies on (syncfs(2)). Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

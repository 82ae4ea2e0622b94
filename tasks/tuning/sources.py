"""Find what a user names: a file of rows, a run by its name or folder, or a folder of runs."""

from collections.abc import Sequence
from pathlib import Path

from handrail.tasks.errors import NoSuchRun, UsageError
from handrail.tasks.runs import RunFolder, find_run, list_runs
from handrail.tasks.tuning.example import Example, Found, LeftOut
from handrail.tasks.tuning.recorded import read_run, read_runs
from handrail.tasks.tuning.rows import read_examples


def read_sources(sources: Sequence[str], runs: Path) -> Found:
    """Read all sources; a name is that of a run in ``runs``.

    Raises UsageError where one cannot be used, and RunFolderError.
    """
    examples: list[Example] = []
    left_out: list[LeftOut] = []
    for source in dict.fromkeys(sources):
        found = _read(source, runs)
        examples += found.examples
        left_out += found.left_out
    if not examples:
        why = f" ({left_out[0].where}: {left_out[0].reason})" if left_out else ""
        raise UsageError(f"there is nothing to learn from in {', '.join(sources)}{why}")
    return Found(tuple(examples), tuple(left_out))


def _read(source: str, runs: Path) -> Found:
    path = Path(source).expanduser()
    if path.is_file():
        return Found(read_examples(path))
    if (path / "run.json").is_file():
        return read_run(RunFolder(path.resolve()))
    if path.is_dir():
        folders = list_runs(path.resolve())
        if not folders:
            raise UsageError(
                f"{source} holds no runs: name a file of rows, a run, or such a folder"
            )
        return read_runs(folders)
    try:
        return read_run(find_run(runs, source))
    except NoSuchRun as error:
        raise UsageError(f"{source} is no file and no folder, and {error}") from error

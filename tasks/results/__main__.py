"""Write the tables of the documents anew: ``python -m handrail.tasks.results [--check]``."""

import argparse
import sys
from pathlib import Path

from handrail.tasks.results.errors import ResultsError
from handrail.tasks.results.published import made_tables
from handrail.tasks.results.result import read_results
from handrail.tasks.results.tables import documents, fill


def main() -> int:
    """Fill every document's tables, or with --check say which are out of date."""
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.results", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    check: bool = parser.parse_args().check
    root = Path(__file__).resolve().parents[2]
    try:
        stale = _fill_all(root, write=not check)
    except ResultsError as error:
        print(f"results: {error}", file=sys.stderr)
        return 5
    for path in stale:
        print(f"{path.relative_to(root)}: {'out of date' if check else 'written'}")
    return 1 if check and stale else 0


def _fill_all(root: Path, write: bool) -> list[Path]:
    results = read_results(root / "results")
    made = made_tables(root / "results", results)
    stale = []
    for path in documents(root):
        before = path.read_text(encoding="utf-8")
        after = fill(before, results, str(path.relative_to(root)), made)
        if after != before:
            stale.append(path)
            if write:
                path.write_text(after, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())

"""Verify a journal with nothing but Python: python verify_journal.py JOURNAL [HEAD]."""

import hashlib
import json
import sys
from pathlib import Path


def canonical(body: dict[str, object]) -> bytes:
    """Return the one form of a JSON object: keys sorted, no blanks, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def verify(data: bytes, head: str | None) -> str:
    """Return the last hash of an intact journal, or exit with what is wrong."""
    *lines, torn = data.split(b"\n")
    previous, run = "0" * 64, None
    for number, line in enumerate(lines):
        try:
            body = json.loads(line)
            same = canonical(body) == line
            told = body.pop("hash")
            run = body["run"] if run is None else run
            placed = (body["previous"], body["seq"], body["run"]) == (previous, number, run)
        except (ValueError, KeyError, TypeError, AttributeError):
            sys.exit(f"line {number + 1}: is not a record")
        if not same or not placed or told != hashlib.sha256(canonical(body)).hexdigest():
            sys.exit(f"line {number + 1}: was changed, or does not follow from the line before")
        previous = told
    if head is not None and head != previous:
        sys.exit(f"ends in {previous}: the journal was cut or written anew")
    print(f"{len(lines)} records hold, {len(torn)} bytes of a torn one follow")
    return previous


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python verify_journal.py JOURNAL [HEAD]")
    print(verify(Path(sys.argv[1]).read_bytes(), sys.argv[2] if len(sys.argv) == 3 else None))

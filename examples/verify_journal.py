"""Verify a journal by Python alone: python verify_journal.py JOURNAL [HEAD | ANCHOR [KEY]]."""

import hashlib
import hmac
import json
import sys
from pathlib import Path

form = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def main(journal: str, end: str = "", key: str = "") -> None:
    *lines, torn = Path(journal).read_bytes().split(b"\n")
    hashes, run = ["0" * 64], None
    for number, line in enumerate(lines):
        try:
            body = json.loads(line)
            same, told, run = form(body).encode() == line, body.pop("hash"), run or body["run"]
            same &= (body["previous"], body["seq"], body["run"]) == (hashes[-1], number, run)
        except (ValueError, KeyError, TypeError, AttributeError):
            sys.exit(f"line {number + 1}: is not a record")
        if not same or told != hashlib.sha256(form(body).encode()).hexdigest():
            sys.exit(f"line {number + 1}: was changed, or does not follow from the line before")
        hashes.append(told)
    plain = form({"head": end or hashes[-1], "records": len(lines), "final": False})
    kept = json.loads(plain if set(end) <= set("0123456789abcdef") else Path(end).read_bytes())
    seal = kept.pop("seal", "")
    if key and seal != hmac.digest(Path(key).read_bytes(), form(kept).encode(), "sha256").hex():
        sys.exit("the anchor was not sealed with this key")
    if hashes[kept["records"] :][:1] != [kept["head"]] or not lines:
        sys.exit(f"ends in {hashes[-1]}: the journal was cut or written anew")
    late, announced = hashes[kept["records"] + 1 :] + ["torn"] * bool(torn), kept.get("announced")
    if kept["final"] and late not in ([], [announced], ["torn"] * bool(announced)):
        sys.exit("something was added after the run had ended")
    print(f"{len(lines)} records hold, {len(torn)} bytes of a torn one follow\n{hashes[-1]}")


if __name__ == "__main__":
    main(*sys.argv[1:4])

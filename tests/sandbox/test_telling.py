"""What a rehearsal found, as lines: each kind of consequence, and what is folded away."""

from handrail.sandbox.rehearsal.consequences import (
    Consequences,
    FileConsequence,
    RequestConsequence,
    StorageConsequence,
)
from handrail.sandbox.rehearsal.telling import told


def test_nothing_is_said_to_be_nothing() -> None:
    assert list(told(Consequences())) == ["nothing would change"]


def test_each_consequence_has_its_line_and_noise_is_counted() -> None:
    found = (
        FileConsequence(change="created", entry="file", path="/home/a.txt"),
        FileConsequence(change="changed", entry="folder", path="/home/b", metadata=True),
        FileConsequence(change="changed", entry="file", path="/home/.cache/x", noise=True),
        RequestConsequence(
            method="POST", url="https://a.test/", source="fetch", body="x\n" * 39 + "y" * 300
        ),
        RequestConsequence(method="GET", url="https://a.test/b", source="navigation"),
        StorageConsequence(change="deleted", store="local", origin="https://a.test", key="k"),
    )
    lines = list(told(Consequences(found=found)))
    assert lines[:3] == [
        "created  /home/a.txt",
        "changed  /home/b (folder) (metadata)",
        "send     POST https://a.test/",
    ]
    assert lines[3:43] == [f"{'':11}x"] * 39 + [f"{'':11}{'y' * 200}"]
    assert lines[43:] == [
        "send     GET https://a.test/b",
        "deleted  local https://a.test k",
        "and 1 of caches, lists of recent files and the like",
    ]

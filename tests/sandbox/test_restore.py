"""The table [restore] of a policy: what is kept, what may be told, and who may say so."""

import pytest

from handrail.sandbox.errors import PolicyError
from handrail.sandbox.policy import Policy, parse_policy
from handrail.sandbox.restore import Compensation, Restore, all_kept
from handrail.sandbox.rulebook import Layer, Rulebook

TABLE = """
[restore]
files = ["~/Documents/", "/srv/letters"]
clipboard = true
storage = true

[[restore.compensation]]
origin = "https://shop.example"
path = "/orders"
tell = "cancel the order within 14 days"
"""


def restore(text: str) -> Restore:
    """Read the table of a policy."""
    return parse_policy(f"[restore]\n{text}".encode(), "policy.toml").restore


def test_a_good_table_is_read() -> None:
    read = parse_policy(TABLE.encode(), "policy.toml").restore
    assert read.files == ("~/Documents", "/srv/letters")
    assert (read.clipboard, read.storage, read.keeps) == (True, True, True)
    assert read.compensation[0].tell == "cancel the order within 14 days"
    assert not Restore().keeps


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('files = ["/"]', "is no folder that can be kept"),
        ('files = ["~"]', "is no folder that can be kept"),
        ('files = ["Documents"]', "is no folder that can be kept"),
        ('files = ["/srv/../etc"]', "is no folder that can be kept"),
        ('files = ["/srv/a\\nb"]', "is no folder that can be kept"),
        ('files = ["/srv", "/srv/letters"]', "is named twice, or lies in another"),
        ('files = ["/srv", "/srv/"]', "is named twice, or lies in another"),
        ("clipboard = false", "clipboard"),
        ("clipboard = 1", "clipboard"),
        ("windows = true", "windows"),
        ('compensation = [{origin = "shop", tell = "x"}]', "origin"),
        ('compensation = [{origin = "https://a.example", tell = " "}]', "one line of plain text"),
        ('compensation = [{origin = "https://a.example", tell = "a\\nb"}]', "one line of plain"),
        ('compensation = [{origin = "https://a.example", run = "rm"}]', "run"),
    ],
)
def test_a_bad_table_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        restore(text)
    assert said in str(refused.value)
    assert "policy.toml: [restore]" in str(refused.value)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://shop.example/orders", True),
        ("https://shop.example/orders?id=7", True),
        ("https://shop.example/cart", False),
        ("https://shop.example.evil.example/orders", False),
        ("http://shop.example/orders", False),
        ("https://shop.example\\@evil.example/orders", False),
        ("", False),
    ],
)
def test_a_compensation_is_told_of_its_own_address_alone(url: str, fits: bool) -> None:
    table = Restore(
        compensation=(Compensation(origin="https://shop.example", path="/orders", tell="call"),)
    )
    assert list(table.told(url)) == (["call"] if fits else [])


def test_all_that_any_file_keeps_is_kept() -> None:
    kept = all_kept(
        [
            Restore(files=("/srv/letters", "/home/ada"), clipboard=True),
            Restore(files=("/srv",), storage=True),
        ]
    )
    assert kept == Restore(files=("/home/ada", "/srv"), clipboard=True, storage=True)
    assert all_kept([]) == Restore()


def test_a_file_that_only_restricts_may_keep_nothing() -> None:
    policy = Policy(restore=Restore(clipboard=True))
    with pytest.raises(PolicyError, match=r"team.toml: \[restore\]: what is kept of yours"):
        Rulebook((Layer("team.toml", policy),), "ask")


def test_what_is_kept_is_part_of_the_policys_digest() -> None:
    plain, keeping = (
        Rulebook((Layer("mine.toml", policy, grants=True),), "ask")
        for policy in (Policy(), Policy(restore=Restore(clipboard=True)))
    )
    assert keeping.restore == Restore(clipboard=True)
    assert plain.written()["digest"] != keeping.written()["digest"]

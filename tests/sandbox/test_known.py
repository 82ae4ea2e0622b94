"""Whom a policy names, and how a text and a field are read."""

import pytest
from pydantic import ValidationError

from handrail.actuators.geometry import Box
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.addressed import takes
from handrail.sandbox.goal import Goal
from handrail.sandbox.known import EVERYTHING, Known, joined
from handrail.sandbox.policy import Policy
from handrail.sandbox.readings import Value, values
from handrail.sandbox.rulebook import Layer, Rulebook

KNOWN = Known(
    recipients=("Ada@Example.org", "*@team.test", "GB29 NWBK 6016 1331 9268 19", "Sam Hill"),
    hosts=("*.docs.test", "127.0.0.1:8000"),
    files=("Report.pdf", "*.csv", "/home/ada/letters/*"),
)


def only(text: str) -> Value:
    (value,) = values(text)
    return value


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ada@example.org", True),
        ("sam@team.test", True),
        ("sam@x@team.test", False),
        ("sam@team.test.evil.test", False),
        ("GB29NWBK60161331926819", True),
        ("GB29NWBK60161331926818", False),
        ("a.docs.test", True),
        ("docs.test", False),
        ("127.0.0.1:8000", True),
        ("127.0.0.1:8001", False),
        ("report.pdf", True),
        ("other.pdf", False),
        ("table.csv", True),
        ("/home/ada/letters/one.txt", True),
        ("/home/ada/letters/../keys", False),
        ("/home/ada/keys", False),
    ],
)
def test_a_table_names_what_it_says(text: str, named: bool) -> None:
    found = values(text)
    assert found
    assert all(KNOWN.names(value) for value in found) is named
    assert all(EVERYTHING.names(value) for value in found)
    assert not any(Known().names(value) for value in found)


@pytest.mark.parametrize(
    "table",
    [
        {"recipients": ["*@"]},
        {"recipients": ["  "]},
        {"recipients": ["a*"]},
        {"hosts": ["http://x/y"]},
        {"files": ["../*"]},
        {"files": ["*"[:0]]},
        {"files": ["a*b"]},
        {"clipboard": False},
        {"clipboard": 1},
        {"more": []},
    ],
)
def test_a_table_that_says_nothing_clear_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Known.model_validate(table)


def test_tables_join() -> None:
    both = joined((KNOWN, Known(recipients=("eve",), clipboard=True)))
    assert "eve" in both.recipients
    assert "sam hill" in both.recipients
    assert both.clipboard
    assert joined(()) == Known()


def test_an_unreadable_host_is_nobodys() -> None:
    assert not KNOWN.names_host("https://a b.docs.test/")
    assert EVERYTHING.names_host("https://a b.docs.test/")
    goal = Goal("see docs.test and ver\u00df.test", Known())
    assert not goal.names_host("https://docs .test/")
    assert goal.names_host("https://docs.test/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12345678", True),
        ("123456781020", True),
        ("1020", False),
        ("9912345678", False),
        ("12345670", False),
        ("12345678102099", False),
    ],
)
def test_numbers_are_the_goals_or_several_in_a_row(text: str, found: bool) -> None:
    goal = Goal("account 12345678 10 20", Known())
    assert (goal.unnamed(text) == () and bool(values(text))) is found


@pytest.mark.parametrize(
    "text", ["on 3/12/2024 or 2024-12-03T10:00:00Z", "ab12 cdef ghij klmn", "v1.2.3"]
)
def test_dates_and_versions_name_nothing(text: str) -> None:
    assert values(text) == frozenset()


@pytest.mark.parametrize("text", ["@", ". @ .", "....", "http://", "C:", "/"])
def test_fragments_of_form_are_no_failure(text: str) -> None:
    values(text)


def test_a_host_that_cannot_be_read_is_still_found() -> None:
    assert Value("host or file", "-a.test") in values("-a.test")
    assert only("http:///x") == Value("host or file", "http:///x")
    assert only("http://[x") == Value("host or file", "http://[x")
    assert only("see example.org:8443.") == Value("host or file", "example.org:8443")
    assert only("example.org:443") == Value("host or file", "example.org")


PAGE = Surface("fake", "fake")


def field(name: str, editable: bool = True) -> Element:
    return Element("textbox", ScreenText(name), Box(left=0, top=0, right=9, bottom=9), editable)


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("To", "recipients"),
        ("To:*", "recipients"),
        ("Send to", "recipients"),
        ("Empf\u00e4nger", "recipients"),
        ("\u6536\u4ef6\u4eba", "recipients"),
        ("Website", "hosts"),
        ("\u7f51\u5740", "hosts"),
        ("Save as", "files"),
        ("Today's note", None),
        ("Profile text", None),
        ("Address of delivery", None),
    ],
)
def test_labels_tell_what_a_field_takes(label: str, part: str | None) -> None:
    assert takes(field(label), PAGE) == part


def test_what_is_no_field_takes_nothing_but_a_file_chooser_takes_files() -> None:
    assert takes(None, PAGE) is None
    assert takes(field("To", editable=False), PAGE) is None
    assert takes(None, Surface("browser", "b", window_kind="file chooser")) == "files"


def test_words_are_named_whole_in_parts_or_by_the_policy() -> None:
    goal = Goal("Write to Ada Byron and eve@x.test", KNOWN)
    assert goal.names_words("recipients", "Ada Byron")
    assert goal.names_words("recipients", "Byron; eve@x.test")
    assert goal.names_words("recipients", "Sam Hill")
    assert goal.names_words("recipients", "sam@team.test, Ada")
    assert not goal.names_words("recipients", "Oscar")
    assert not goal.names_words("hosts", "Sam Hill")
    assert not goal.names_words("recipients", "yron")


def test_a_goal_takes_the_policys_hosts_and_reads_what_was_decoded_too_often() -> None:
    goal = Goal("Write to Ada", KNOWN)
    assert goal.names_host("https://a.docs.test/")
    assert goal.names_words("recipients", " ")
    deep = "mallory%25252540evil.test"
    assert any(value.kind == "address" for value in values("mallory%252540evil.test"))
    assert values(deep)
    assert {v.text for v in values("/share?to=x@y.z&u=//evil.test/?q=@me")} >= {"x@y.z"}
    assert {v.text for v in values("see https://a.test/?to=eve@evil.test#@")} == {
        "a.test",
        "eve@evil.test",
    }


def test_the_place_of_a_text_is_told_as_far_as_it_was_seen() -> None:
    from PIL import Image

    from handrail.actuators.geometry import ScreenGeometry
    from handrail.actuators.observation import Observation
    from handrail.sandbox.provenance import UNSEEN, Seen

    seen = Seen()
    notice = ScreenText("eve@evil.test wrote to you")
    image = Image.new("RGB", (1, 1))
    geometry = ScreenGeometry(width=1, height=1)
    seen.look(Observation(image, geometry, 0.0, PAGE, (notice,)), (None, field("m@evil.test")))
    assert seen.where(Value("address", "eve@evil.test")) == "it stood in a notice"
    assert seen.where(Value("address", "m@evil.test")) == "it stood in the label of a textbox"
    assert seen.where(Value("address", "x@evil.test")) == UNSEEN


def test_what_a_policy_names_is_written_with_its_digest() -> None:
    plain = Rulebook((Layer("user", Policy(), grants=True),)).written()
    named = Rulebook((Layer("user", Policy(known=KNOWN), grants=True),)).written()
    assert "user known" not in plain
    assert "sam hill" in named["user known"]
    assert plain["digest"] != named["digest"]

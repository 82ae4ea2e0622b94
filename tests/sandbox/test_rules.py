"""Conditions of rules: what they hold for, what cannot be told, what a page may not choose."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type, Wait
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Application, Element, ScreenText, Surface, SurfaceKind
from handrail.sandbox.addresses import OriginPattern, PathPattern, path_of
from handrail.sandbox.circumstances import Circumstances
from handrail.sandbox.conditions import Hours, Words
from handrail.sandbox.errors import UnreadablePath
from handrail.sandbox.policy import Policy, Rule, profile
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.rules import Hold

SCREEN = ScreenGeometry(width=200, height=100)
CLICK = Click(point=Point(x=20, y=10))
NO, UNSURE, YES = Hold


def element(role: str = "button", name: str = "Save", left: int = 0) -> Element:
    return Element(role, ScreenText(name), Box(left=left, top=0, right=left + 40, bottom=20))


def surface(kind: SurfaceKind = "desktop", url: str = "", window: str = "Notes") -> Surface:
    return Surface(kind, "x", owned=True, window=ScreenText(window), url=url)


def hold(
    action: Action = CLICK,
    where: Surface | None = None,
    around: Circumstances | None = None,
    decision: str = "deny",
    **conditions: object,
) -> Hold:
    fields = {"decision": decision, "effects": ["edit"], **conditions}
    if decision == "allow":
        fields["owned_display"] = True
    known = around or Circumstances((element(),), SCREEN, datetime(2026, 1, 3, 12, tzinfo=UTC))
    return Rule.model_validate(fields).holds("edit", action, where or surface(), known)


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("https://a.org", "https://a.org/x", True),
        ("https://a.org", "https://A.ORG.:443/x", True),
        ("HTTPS://A.org:443", "https://a.org/", True),
        ("https://a.org", "http://a.org/", False),
        ("https://a.org", "https://a.org:8443/", False),
        ("https://a.org", "https://a.org.evil.test/", False),
        ("https://a.org", "about:blank", False),
        ("https://*.a.org:81", "https://b.a.org:81/", True),
        ("http://[::1]:8000", "http://[::1]:8000/", True),
        ("https://münchen.example", "https://xn--mnchen-3ya.example/", True),
    ],
)
def test_an_origin_is_scheme_host_and_port(pattern: str, url: str, matches: bool) -> None:
    assert OriginPattern.parse(pattern).matches(url) is matches
    assert OriginPattern.parse(str(OriginPattern.parse(pattern))) == OriginPattern.parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "path", "exactly", "folded"),
    [
        ("/cart", "/cart", True, True),
        ("/cart", "/cart?a=/b#c", True, True),
        ("/cart", "/cart/", False, False),
        ("/cart", "/Cart", False, True),
        ("/cart", "/c%61rt", True, True),
        ("/cart", "/x/../cart", True, True),
        ("/cart", "/x/%2e%2e/./cart", True, True),
        ("/cart", "/../../cart", True, True),
        ("/cart/*", "/cart/", True, True),
        ("/cart/*", "/cart/a/b", True, True),
        ("/cart/*", "/CART/a", False, True),
        ("/cart/*", "/cart", False, False),
        ("/cart/*", "/cartoon", False, False),
        ("/cart/*", "/cart/../pay", False, False),
        ("/cart/*", "/cart/..", False, False),
        ("/", "", True, True),
        ("/*", "/anything", True, True),
        ("/caf%C3%A9", "/café", True, True),
        ("/café", "/cafe%CC%81", False, True),
        ("/a/.", "/a/", True, True),
    ],
)
def test_a_path_is_compared_when_it_is_resolved(
    pattern: str, path: str, exactly: bool, folded: bool
) -> None:
    found = path_of(f"https://a.org{path}")
    assert found is not None
    assert PathPattern.parse(pattern).matches(found, exactly=True) is exactly
    assert PathPattern.parse(pattern).matches(found, exactly=False) is folded


@pytest.mark.parametrize(
    "path", ["/a%2Fb", "/a%5cb", "/a%252e", "/a%", "/a%zz", "//a", "/a//b", "/a;x", "/%ff", "/%00"]
)
def test_a_path_that_servers_may_read_otherwise_is_not_guessed(path: str) -> None:
    with pytest.raises(UnreadablePath):
        path_of(f"https://a.org{path}")
    page = surface("browser", f"https://a.org{path}")
    assert hold(where=page, path="/b") == UNSURE
    assert hold(where=page, path="/b", origin="https://b.org") == NO
    assert hold(where=page, path="/b", host="a.org", decision="allow") == UNSURE


def test_other_addresses_have_no_path() -> None:
    assert path_of("data:text/html,x") is None
    assert hold(where=surface("browser", "about:blank"), path="/blank") == NO
    assert hold(where=surface("browser", "https://a.org/b?c"), path="/b", host="a.org") == YES
    assert hold(where=surface("browser", "https://a.org/b"), origin="http://a.org") == NO


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("Save", "save", True),
        ("Save", "  S\u200bave ", True),
        ("Save", "\uff33\uff21\uff36\uff25", True),
        ("Save", "Save as", False),
        ("Save*", "Save as", True),
        ("*as", "Save as", True),
        ("*ve a*", "Save\nas", True),
        ("*draft", "drafts", False),
        ("Stra\u00dfe", "STRASSE", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("a\ufe0fb", "ab", True),
    ],
)
def test_words_are_compared_as_they_are_seen(pattern: str, text: str, matches: bool) -> None:
    assert Words.parse(pattern).holds(text) is matches


def test_hours_may_pass_midnight() -> None:
    def within(text: str, at: str) -> bool:
        return Hours.parse(text).holds(datetime.fromisoformat(f"2026-01-03T{at}"))

    assert [within("08:00-18:00", at) for at in ("07:59:59", "08:00", "17:59:59", "18:00")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert [within("22:00-06:00", at) for at in ("21:59", "22:00", "00:00", "05:59", "06:00")] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_time_and_weekday_need_a_clock() -> None:
    assert hold(weekdays=["sat", "sun"]) == YES
    assert hold(weekdays=["mon"]) == NO
    assert hold(hours="11:00-13:00", weekdays=["sat"]) == YES
    assert hold(hours="13:00-14:00") == NO
    for decision in ("deny", "allow"):
        unclocked = Circumstances((element(),), SCREEN)
        assert hold(around=unclocked, decision=decision, hours="11:00-13:00") == UNSURE


def test_role_and_text_are_those_of_what_the_action_lands_on() -> None:
    assert hold(roles=["link", "button"]) == YES
    assert hold(roles=["link"]) == NO
    assert hold(text="save*") == YES
    assert hold(roles=["button"], text="Delete") == NO
    assert hold(around=Circumstances((None,), SCREEN), text="Delete") == UNSURE
    assert hold(around=Circumstances(), text="Delete") == UNSURE
    assert hold(Wait(seconds=1), text="save") == NO
    assert hold(Type(text="x"), text="save") == YES
    assert hold(Scroll(dy=1), around=Circumstances(), text="save") == UNSURE


def test_both_ends_of_a_drag_must_allow_and_one_restricts() -> None:
    drag = Drag(start=Point(x=1, y=1), end=Point(x=150, y=90))
    ends = Circumstances((element(name="A"), element(name="B")), SCREEN)
    assert [hold(drag, around=ends, decision=d, text="a") for d in ("allow", "deny")] == [NO, YES]
    half = Circumstances((element(name="A"), None), SCREEN)
    assert [hold(drag, around=half, decision=d, text="a") for d in ("allow", "deny")] == [
        UNSURE, YES,
    ]  # fmt: skip
    from_somewhere = Drag(end=Point(x=1, y=1))
    one = Circumstances((element(name="A"),), SCREEN)
    assert hold(from_somewhere, around=one, decision="allow", text="a") == UNSURE
    corner = [0, 0, 0.5, 0.5]
    assert [hold(drag, around=ends, decision=d, region=corner) for d in ("allow", "deny")] == [
        NO, YES,
    ]  # fmt: skip
    assert hold(from_somewhere, around=one, decision="allow", region=corner) == UNSURE


def test_a_region_is_in_fractions_of_the_screen() -> None:
    assert hold(region=[0, 0, 0.2, 0.2]) == YES
    assert hold(region=[0.2, 0, 1, 1]) == NO
    assert hold(around=Circumstances((element(),)), region=[0.2, 0, 1, 1]) == UNSURE
    assert hold(Wait(seconds=1), region=[0, 0, 1, 1]) == NO
    assert hold(Scroll(dy=1), region=[0, 0, 1, 1]) == UNSURE
    keys = Press(keys=("enter",))
    assert hold(keys, region=[0, 0, 0.2, 0.2]) == YES
    at_right = Circumstances((element(left=120),), SCREEN)
    assert hold(keys, around=at_right, region=[0, 0, 0.2, 0.2]) == NO
    assert hold(keys, around=Circumstances((None,), SCREEN), region=[0, 0, 1, 1]) == UNSURE


@pytest.mark.parametrize(
    "condition",
    [{"window": "Notes"}, {"roles": ["button"]}, {"text": "Save"}, {"region": [0, 0, 1, 1]}],
)
def test_what_a_page_chooses_may_restrict_and_never_allow(condition: dict[str, object]) -> None:
    page = surface("browser", "https://a.org/")
    assert hold(**condition) == YES  # type: ignore[arg-type]
    assert hold(decision="allow", **condition) == YES  # type: ignore[arg-type]
    around = Circumstances((element(),), SCREEN)
    for decision, under_observe, under_unattended in (
        ("allow", "deny", "allow"), ("ask", "deny", "ask"),
        ("rehearse", "deny", "rehearse"), ("deny", "deny", "deny"),
    ):  # fmt: skip
        fields = {"decision": decision, "effects": ["edit"], "owned_display": True, **condition}
        rule = Rule.model_validate(fields)
        strict = Policy(profile="observe", rules=(rule,)).decide("edit", CLICK, page, around)
        loose = Policy(profile="unattended", rules=(rule,)).decide("edit", CLICK, page, around)
        assert (strict.decision, loose.decision) == (under_observe, under_unattended)
        if decision != "allow":
            assert "as far as can be told" in loose.reason


@pytest.mark.parametrize(
    ("said", "evidence", "denies", "allows"),
    [
        ("Mousepad", Application("Mousepad"), YES, YES),
        ("mousepad", Application("Mousepad", "/usr/bin/mousepad"), YES, NO),
        ("Mouse\u200bpad", Application("Mousepad"), YES, NO),
        ("Mousepad", Application("XTerm", "/usr/bin/Mousepad"), NO, NO),
        ("Mousepad", Application("", "/usr/bin/mousepad"), UNSURE, UNSURE),
        ("/usr/bin/mousepad", Application("Mousepad", "/usr/bin/mousepad"), YES, YES),
        ("/usr/bin/mousepad", Application("/usr/bin/mousepad"), UNSURE, UNSURE),
        ("/usr/bin/mousepad", Application("Mousepad", "/tmp/usr/bin/mousepad"), NO, NO),
        ("/usr/bin/mousepad", Application("Mousepad", "/usr/bin/MOUSEPAD"), NO, NO),
        ("/usr/bin/mousepad", Application(), UNSURE, UNSURE),
    ],
)
def test_an_application_is_its_windows_word_or_its_programs_path(
    said: str, evidence: Application, denies: Hold, allows: Hold
) -> None:
    where = replace(surface(), application=evidence)
    assert hold(where=where, application=said) == denies
    assert hold(where=where, application=said, decision="allow") == allows
    for kind in ("browser", "fake", "android"):
        assert hold(where=replace(where, kind=kind), application=said) == NO


def test_an_application_is_that_of_the_window_in_which_an_action_lands() -> None:
    front = replace(surface(), application=Application("Mousepad", "/usr/bin/mousepad"))
    fields = {"decision": "allow", "effects": ["unknown"], "application": "/usr/bin/mousepad"}
    policy = Policy(rules=(Rule.model_validate(fields),))
    book = Rulebook.of(policy)

    def judged(action: Action, *programs: str | None) -> str:
        found = tuple(
            None if p is None else replace(element("window"), application=Application("", p))
            for p in programs
        )
        return book.judge("unknown", action, front, Circumstances(found, SCREEN)).decision

    assert judged(CLICK, "/usr/bin/mousepad") == "allow"
    assert judged(CLICK, "/usr/bin/xterm") == "deny"
    assert judged(CLICK, None) == "deny"
    assert judged(Press(keys=("f9",)), None) == "allow", "keys go to the window in front"
    drag = Drag(start=CLICK.point, end=Point(x=90, y=9))
    assert judged(drag, "/usr/bin/mousepad", "/usr/bin/mousepad") == "allow"
    assert judged(drag, "/usr/bin/mousepad", "/usr/bin/xterm") == "deny"
    assert judged(Drag(end=CLICK.point), "/usr/bin/mousepad") == "deny"


def test_surfaces_kinds_and_owned_displays_are_facts() -> None:
    assert hold(surface="browser") == NO
    assert hold(surface="desktop", kinds=["click"], owned_display=True) == YES
    assert hold(kinds=["type"]) == NO
    foreign = Surface("desktop", ":0", window=ScreenText("Notes"))
    assert hold(where=foreign, owned_display=True) == NO
    assert profile("ask").decide("edit", CLICK, foreign).decision == "ask"

"""The class of an effect from evidence: words of ten languages, forms, listeners, destinations."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.actuators.actions import Action, Click, Press, Scroll, Type
from handrail.actuators.fake import Button, Caption, Field, Link
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, FormMethod, ScreenText, Surface
from handrail.sandbox.destination import destinations
from handrail.sandbox.effect_words import raised_by
from handrail.sandbox.effects import classify, graver
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.rules import EffectClass

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

CLICK = Click(point=Point(x=5, y=5))
ENTER = Press(keys=("Return",))
PAGE = Surface("browser", "chromium", url="https://a.test/x")
BOX = Box(left=0, top=0, right=10, bottom=10)


def element(
    role: str = "button",
    name: str = "Go",
    method: FormMethod = "",
    sends_to: str = "",
    scripted: bool = True,
) -> Element:
    field = role == "textbox"
    sends = bool(method) and not field
    return Element(role, ScreenText(name), BOX, field, sends, "", method, sends_to, scripted)


@pytest.mark.parametrize(
    ("effect", "labels"),
    [
        (
            "commit",
            "Buy now|Jetzt kaufen|Acheter|Comprar ahora|Finalizar compra|Acquista ora|Nu bestellen"
            "|Купить сейчас|立即购买|注文を確定する",
        ),
        (
            "destroy",
            "Delete all|Konto löschen|Supprimer le compte|Eliminar cuenta|Excluir conta"
            "|Elimina account|Account verwijderen|Удалить аккаунт|删除帐户|アカウントを削除",
        ),
        (
            "system",
            "Log out|Abmelden|Se déconnecter|Cerrar sesión|Terminar sessão|Esci|Uitloggen"
            "|Выйти|退出登录|ログアウト",
        ),
    ],
)
def test_words_of_ten_languages_raise_the_class(effect: EffectClass, labels: str) -> None:
    said = labels.split("|")
    assert len(said) == 10
    assert {label: raised_by(label)[0] for label in said} == dict.fromkeys(said, effect)
    assert {raised_by(label.upper())[0] for label in said} == {effect}


@pytest.mark.parametrize("label", ["", "Next page", "Undeletable", "Weiter", "下一页", "次へ"])
def test_other_words_raise_nothing(label: str) -> None:
    assert raised_by(label) == ("observe", "")


def test_a_form_fetches_only_where_no_script_hears_of_it() -> None:
    here, there = "https://a.test/search", "https://b.test/take"
    for told, effect in (
        (element(method="get", sends_to=here, scripted=False), "navigate"),
        (element(method="get", sends_to=there, scripted=False), "navigate"),
        (element(method="get", sends_to=here), "commit"),
        (element(method="post", sends_to=here, scripted=False), "commit"),
        (element(method="dialog", sends_to=here, scripted=False), "commit"),
        (element(method="get", scripted=False), "commit"),
        (element(method="get", sends_to="javascript:go()", scripted=False), "unknown"),
        (element(method="post", sends_to="mailto:a@b.test"), "system"),
        (element(name="Delete", method="get", sends_to=here, scripted=False), "destroy"),
        (element("tab", method="get", sends_to=here, scripted=False), "navigate"),
        (element("checkbox", method="get", sends_to=here, scripted=False), "edit"),
    ):
        assert classify(CLICK, told, PAGE) == effect, told
    twice = Click(point=CLICK.point, count=2)
    assert classify(twice, element(method="get", sends_to=here, scripted=False), PAGE) == "commit"


def test_enter_in_a_field_sends_its_form() -> None:
    here = "https://a.test/search"
    fetching = element("textbox", method="get", sends_to=here, scripted=False)
    assert classify(ENTER, fetching, PAGE) == "navigate"
    assert classify(Press(keys=("ctrl", "enter")), fetching, PAGE) == "commit"
    assert classify(Press(keys=("ctrl", "s")), fetching, PAGE) == "commit"
    assert classify(Press(keys=("delete",)), fetching, PAGE) == "destroy"
    assert classify(ENTER, element("textbox", method="get", sends_to=here), PAGE) == "commit"
    assert classify(ENTER, element("textbox", method="post", sends_to=here), PAGE) == "commit"
    assert classify(Type(text="a\n"), fetching, PAGE) == "unknown"


@pytest.mark.parametrize(
    ("keys", "terminal", "elsewhere"),
    [
        ("enter", "system", "commit"),
        ("ctrl c", "system", "observe"),
        ("ctrl d", "unknown", "unknown"),
        ("shift enter", "system", "commit"),
        ("a", "edit", "edit"),
        ("up", "navigate", "navigate"),
    ],
)
def test_keys_are_graver_in_a_terminal(
    keys: str, terminal: EffectClass, elsewhere: EffectClass
) -> None:
    press = Press(keys=tuple(keys.split()))
    found = [
        classify(press, None, Surface("desktop", ":0", window_kind=kind))
        for kind in ("terminal", "", "dialog")
    ]
    assert found == [terminal, elsewhere, elsewhere]


def test_plain_text_does_nothing_where_no_script_hears_of_it() -> None:
    assert classify(CLICK, element("paragraph", scripted=False), PAGE) == "navigate"
    assert classify(CLICK, element("paragraph"), PAGE) == "unknown"
    assert classify(CLICK, element("paragraph", "Delete", scripted=False), PAGE) == "destroy"
    assert classify(CLICK, element("canvas", scripted=False), PAGE) == "unknown"
    assert classify(CLICK, element("button", scripted=False), PAGE) == "commit"


@given(
    st.sampled_from(["link", "button", "tab", "textbox", "generic", "paragraph", "img"]),
    st.sampled_from(["", "get", "post", "dialog"]),
    st.sampled_from(["", "https://a.test/", "https://b.test/", "javascript:x"]),
)
def test_a_script_that_listens_never_lowers_the_class(
    role: str, method: FormMethod, sends_to: str
) -> None:
    for action in (CLICK, ENTER, Type(text="a b")):
        quiet, heard = (
            classify(action, element(role, "x", method, sends_to, scripted), PAGE)
            for scripted in (False, True)
        )
        assert graver(quiet, heard) == heard


@pytest.mark.parametrize(
    ("action", "told", "leads"),
    [
        (CLICK, element(method="post", sends_to="https://b.test/take"), ["https://b.test/take"]),
        (CLICK, element("textbox", method="post", sends_to="https://b.test/take"), []),
        (ENTER, element("textbox", method="post", sends_to="https://b.test/"), ["https://b.test/"]),
        (Press(keys=(" ",)), element(method="post", sends_to="/y"), ["https://a.test/y"]),
        (Press(keys=(" ",)), element("textbox", method="post", sends_to="/y"), []),
        (Press(keys=("tab",)), element(method="post", sends_to="/y"), []),
        (Type(text="a b"), element(method="post", sends_to="/y"), ["https://a.test/y"]),
        (Type(text="ab"), element(method="post", sends_to="/y"), []),
        (Type(text="a\n"), element("textbox", method="get", sends_to="/y"), ["https://a.test/y"]),
        (CLICK, Element("link", ScreenText("x"), BOX, href="#top"), ["https://a.test/x#top"]),
        (CLICK, Element("link", ScreenText("x"), BOX, href="mailto:a@b.test"), []),
        (CLICK, Element("link", ScreenText("x"), BOX, href="https://["), ["https://["]),
        (CLICK, element(method="get", sends_to="https://a.test/x"), []),
        (Scroll(point=CLICK.point, dy=1), Element("link", ScreenText(""), BOX, href="/y"), []),
        (CLICK, None, []),
    ],
)
def test_a_link_and_a_form_lead_somewhere(
    action: Action, told: Element | None, leads: list[str]
) -> None:
    assert [place.url for place in destinations(action, (told,), PAGE)] == leads


def test_a_page_cannot_borrow_its_permission_to_send_elsewhere(
    open_door: Callable[..., "Door"],
) -> None:
    def at(top: int) -> Box:
        return Box(left=20, top=top, right=200, bottom=top + 30)

    allow = Rule(decision="allow", effects=("navigate", "commit"), host="a.test")
    door = open_door(
        policy=Policy(rules=(allow,)),
        widgets=[
            Button("Here", at(10), submits=True, method="post", sends_to="https://a.test/take"),
            Button("There", at(50), submits=True, method="post", sends_to="https://b.test/take"),
            Link("Near", at(90), href="https://a.test/next"),
            Link("Far", at(130), href="https://b.test/next"),
            Button("Search", at(170), True, method="get", sends_to="/find", scripted=False),
            Caption("Words", at(210), scripted=False),
            Field("Name", at(250)),
        ],
    )
    door.screen.surface = PAGE
    found = {}
    for name in ("Here", "There", "Far", "Search", "Words", "Name", "Near"):
        outcome = door.submit(Click(point=door.at(name)))
        found[name] = (outcome.effect, outcome.kind)
    assert found == {
        "Here": ("commit", "done"),
        "There": ("commit", "denied"),
        "Far": ("navigate", "denied"),
        "Search": ("navigate", "done"),
        "Words": ("navigate", "done"),
        "Name": ("edit", "denied"),
        "Near": ("navigate", "done"),
    }
    assert door.screen.surface.url == "https://a.test/next"

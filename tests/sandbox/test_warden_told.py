"""What a person is shown of a request that waits, and what is written down of it."""

from collections.abc import Callable
from dataclasses import replace

from handrail.actuators.held import BodyPart, HeldRequest, RequestBody
from handrail.actuators.held_body import read_body
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.prompt import prompt_lines
from handrail.sandbox.vault import Vault
from tests.sandbox.warden_stage import HOME, POLL, WardenStand, allowing

Stand = Callable[..., WardenStand]


def test_secrets_are_shown_and_written_nowhere(stand: Stand) -> None:
    vault = Vault()
    vault.censor.learn('geheim "12"')
    data = b'{"note": "geheim \\"12\\"", "password": "short"}'
    told = replace(
        POLL,
        url="https://shop.test/ping?q=geheim+%2212%22&token=t0k&x=1#pin=9",
        headers=(("referer", "https://shop.test/?pwd=abc"),),
        body=read_body("application/json", data, whole=True),
    )
    door = stand(answers=(False,), clean=vault.censor.clean)
    door.during(told)
    (asked,) = door.person.requests
    (record,) = door.told()
    shown = "\n".join(prompt_lines(asked)) + record.model_dump_json() + repr(asked)
    for secret in ("geheim", "short", "t0k", "pin=9", "pwd=abc"):
        assert secret not in shown
    assert record.body_digest == ""
    assert "token=[hidden]&x=1#pin=[hidden]" in record.url


def test_a_secret_is_not_shown_by_halves_where_a_body_is_cut(stand: Stand) -> None:
    vault = Vault()
    vault.censor.learn("geheimnis")
    data = b"x" * 3_996 + b"geheimnis"
    door = stand(answers=(False,), clean=vault.censor.clean)
    door.during(replace(POLL, body=read_body("text/plain", data, whole=True)))
    assert "gehe" not in repr(door.person.requests) + repr(door.told())


def test_a_body_without_secrets_is_known_by_its_hash(stand: Stand) -> None:
    body = read_body("application/x-www-form-urlencoded", b"a=1&b=2", whole=True)
    door = stand(Policy(requests=(allowing(),)))
    door.during(replace(POLL, body=body))
    (record,) = door.told()
    assert record.body == "field a: 1\nfield b: 2"
    assert len(record.body_digest) == 64


def test_a_prompt_tells_all_there_is_to_know(stand: Stand) -> None:
    parts = tuple(BodyPart(f"f{n}", "1", size=1) for n in range(45))
    body = RequestBody("multipart/form-data", b"", (BodyPart("up", "", "a.txt", 3), *parts))
    body = replace(body, text="more", whole=False)
    hop = replace(POLL, hop_of="https://shop.test/first", body=body, page="")
    socket = HeldRequest("GET", "wss://shop.test:443/", "websocket", HOME)
    file = HeldRequest("GET", "https://shop.test/a.zip", "download", HOME)
    asking = Policy(rules=(Rule(decision="ask", effects=("edit",)),), profile="ask")
    door = stand(asking, answers=(False,) * 4)
    door.during(hop, socket, file, POLL)
    shown = ["\n".join(prompt_lines(one)) for one in door.person.requests]
    assert "redirected from: https://shop.test/first" in shown[0]
    assert 'the file "a.txt" (3 bytes that are known)' in shown[0]
    assert "fields more" in shown[0]
    assert "(not known)" in shown[0]
    assert "what is said on it afterwards is not looked at" in shown[1]
    assert "it would be saved in the run's folder" in shown[2]
    assert "kind permits in this run: every GET (download)" in shown[2]
    assert "body: (none)" in shown[3]
    assert "to be sent: this request" in shown[3]


def test_what_no_action_led_to_names_none(stand: Stand) -> None:
    door = stand(Policy(requests=(allowing(),)))
    assert door.warden.decide(POLL)
    assert door.told()[0].intent is None
    assert not door.warden.lent

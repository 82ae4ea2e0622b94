"""What a person approved is named for the rest of a run, and nothing beside it."""

from handrail.actuators.actions import Press, Type
from tests.sandbox.taint_stage import ASKING, TO, MakeDoor, held, on, play, stand


def test_an_address_that_was_approved_brings_nobody_else_along(open_door: MakeDoor) -> None:
    door = stand(open_door, ASKING, answers=(True,))
    assert play(door, on(TO), Type(text="mallory@evil.test"))[-1].kind == "done"
    assert play(door, Type(text=", mallory@evil.test"))[-1].kind == "done"
    assert play(door, Type(text=", Eve Smith"))[-1].kind == "denied"
    assert play(door, Press(keys=("ctrl", "a")))[-1].kind == "done"
    assert play(door, Type(text="Eve Smith, mallory@evil.test"))[-1].kind == "denied"
    assert held(door, "To") == "mallory@evil.test, mallory@evil.test"

"""Calls on objects of a page, held in one group so that they can be let go together."""

from collections.abc import Sequence
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

GROUP = "handrail-hit"
WORLD = "handrail"


async def apply(
    session: CDPSession,
    target: str,
    code: str,
    *,
    by_value: bool,
    arguments: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Call a function on an object; return a remote object, once a promise of it is kept.

    Raises playwright's Error.
    """
    answer = await session.send(
        "Runtime.callFunctionOn",
        {
            "objectId": target,
            "functionDeclaration": code,
            "arguments": list(arguments),
            "awaitPromise": True,
            "returnByValue": by_value,
            "objectGroup": GROUP,
        },
    )
    if "exceptionDetails" in answer:
        raise PlaywrightError("the element could not be read")
    result: dict[str, Any] = answer["result"]
    return result


async def members(session: CDPSession, target: str) -> list[str]:
    """Return the ids of the objects in an array of the page, in order."""
    found = await session.send("Runtime.getProperties", {"objectId": target, "ownProperties": True})
    return [
        str(one["value"]["objectId"])
        for one in found["result"]
        if one["name"].isdigit() and "objectId" in one.get("value", {})
    ]


async def world(session: CDPSession, frame: str) -> int:
    """Return the isolated world of a frame, where a page's script has redefined nothing."""
    asked = {"frameId": frame, "worldName": WORLD}
    return int((await session.send("Page.createIsolatedWorld", asked))["executionContextId"])


async def release(session: CDPSession) -> None:
    """Let go of every object that was asked for."""
    try:
        await session.send("Runtime.releaseObjectGroup", {"objectGroup": GROUP})
    except PlaywrightError:
        return  # the page has gone, and its objects with it

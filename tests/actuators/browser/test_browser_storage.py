"""What a browser keeps of pages: read entry by entry, changed by a page, and put back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from handrail.actuators.browser import BrowserConfig
from handrail.actuators.browser_storage import Slot, canonical
from handrail.actuators.errors import ActionRefused
from tests.actuators.browser.conftest import Stage

FILL = """async () => {
  localStorage.kept = 'as it was'; localStorage.gone = 'soon'; sessionStorage.step = '1';
  document.cookie = 'seen=1; path=/'; document.cookie = 'other=2; path=/';
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const opening = indexedDB.open('shop', 3);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('lines', { keyPath: 'id' }).createIndex('by', 'name');
    opening.result.createObjectStore('odd', { autoIncrement: true });
  };
  const base = await asked(opening);
  const change = base.transaction(['lines', 'odd'], 'readwrite');
  change.objectStore('lines').put({ id: 1, name: 'lamp', count: 2 });
  change.objectStore('lines').put({ id: 2, name: 'chair', count: 1 });
  change.objectStore('odd').put({ at: new Date(5), set: new Set([1]), map: new Map([['k', 2n]]),
    bytes: new Uint8Array([1, 2, 255]), no: undefined, far: Infinity, list: [null] });
  await new Promise(done => { change.oncomplete = done; });
  base.close();
}"""
SPOIL = """async () => {
  localStorage.kept = 'another'; delete localStorage.gone; localStorage.fresh = 'new';
  sessionStorage.step = '2'; sessionStorage.more = 'x';
  document.cookie = 'seen=9; path=/'; document.cookie = 'other=; path=/; max-age=0';
  document.cookie = 'third=3; path=/';
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const base = await asked(indexedDB.open('shop'));
  const change = base.transaction(['lines', 'odd'], 'readwrite');
  change.objectStore('lines').put({ id: 1, name: 'lamp', count: 7 });
  change.objectStore('lines').delete(2);
  change.objectStore('lines').put({ id: 3, name: 'rug', count: 1 });
  change.objectStore('odd').clear();
  await new Promise(done => { change.oncomplete = done; });
  base.close();
  const other = await asked(indexedDB.open('late', 1));
  other.close();
}"""
ODD = """async () => {
  const asked = request => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const base = await asked(indexedDB.open('shop'));
  const value = await asked(base.transaction('odd').objectStore('odd').get(1));
  base.close();
  return [value.at.getTime(), [...value.set], typeof value.map.get('k'), [...value.bytes],
          'no' in value, value.far];
}"""


@pytest.fixture
def stage(opened: Callable[[BrowserConfig], Stage]) -> Stage:
    return opened(BrowserConfig(width=400, height=300))


def differing(stage: Stage, before: dict[Slot, str]) -> dict[Slot, str | None]:
    """Return what each entry that differs was."""
    now = stage.browser.storage().entries
    slots = {slot for slot in {*before, *now} if before.get(slot) != now.get(slot)}
    return {slot: before.get(slot) for slot in slots}


def test_entries_are_read_where_they_lie(stage: Stage) -> None:
    stage.load("second.html")
    stage.peek(FILL)
    kept = stage.browser.storage().entries
    host = str(urlsplit(stage.site).hostname)
    assert kept[Slot("local", stage.site, "kept")] == "as it was"
    assert kept[Slot("session", stage.site, canonical([0, "step"]))] == "1"
    assert '"value":"1"' in kept[Slot("cookies", host, canonical(["seen", "/", ""]))]
    assert '"lamp"' in kept[Slot("indexed_db", stage.site, canonical(["shop", "lines", [1]]))]
    assert '"version":3' in kept[Slot("indexed_db", stage.site, canonical(["shop"]))]


def test_what_a_page_changed_is_put_back(stage: Stage) -> None:
    stage.load("second.html")
    stage.peek(FILL)
    before = dict(stage.browser.storage().entries)
    stage.peek(SPOIL)
    changed = differing(stage, before)
    assert {slot.store for slot in changed} == {"cookies", "local", "session", "indexed_db"}
    stage.browser.put_storage(stage.browser.storage(), changed)
    assert differing(stage, before) == {}
    assert stage.peek(ODD) == [5, [1], "bigint", [1, 2, 255], True, float("inf")]


def test_a_database_that_was_deleted_comes_back_whole(stage: Stage) -> None:
    stage.load("second.html")
    stage.peek(FILL)
    before = dict(stage.browser.storage().entries)
    stage.peek(
        "() => new Promise(d => { indexedDB.deleteDatabase('shop').onsuccess = () => d(1) })"
    )
    stage.browser.put_storage(stage.browser.storage(), differing(stage, before))
    assert differing(stage, before) == {}
    assert stage.peek(ODD)[2] == "bigint"


def test_storage_of_a_page_that_was_left_is_put_back_and_no_tab_is_seen(stage: Stage) -> None:
    stage.load("second.html")
    stage.peek("() => { localStorage.kept = '1' }")
    before = dict(stage.browser.storage().entries)
    stage.peek("() => { localStorage.kept = '2' }")
    stage.browser.goto("about:blank")
    stage.browser.put_storage(stage.browser.storage(), differing(stage, before))
    assert differing(stage, before) == {}
    assert stage.browser._running.tabs.count == 1
    assert stage.browser.observe().surface.url == "about:blank"


def test_session_storage_of_a_tab_that_closed_is_out_of_reach(stage: Stage) -> None:
    stage.load("second.html")
    slot = Slot("session", stage.site, canonical([7, "step"]))
    with pytest.raises(ActionRefused, match="tab 8 has closed"):
        stage.browser.put_storage(stage.browser.storage(), {slot: "1"})
    lost = Slot("session", "http://elsewhere.test", canonical([0, "step"]))
    with pytest.raises(ActionRefused, match="no tab shows"):
        stage.browser.put_storage(stage.browser.storage(), {lost: "1"})

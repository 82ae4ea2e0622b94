"""A question that the browser itself asks, and its answer."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Dialog, FileChooser, Page
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.browser_dialog import DialogBox, DialogKind, Reply
from handrail.actuators.browser_files import chosen_files
from handrail.actuators.browser_words import first_line
from handrail.actuators.errors import ActionRefused

_KINDS: dict[str, DialogKind] = {
    "alert": "alert",
    "confirm": "confirm",
    "prompt": "prompt",
    "beforeunload": "beforeunload",
}


@dataclass(eq=False)
class Question:
    """A native dialog or file chooser that waits for its answer."""

    page: Page
    box: DialogBox
    native: Dialog | FileChooser

    async def answer(self, reply: Reply) -> bool:
        """Give the answer to the browser; return False where it was not taken and the box stays.

        Raises playwright's Error where the question has gone.
        """
        if isinstance(self.native, FileChooser):
            return reply == "dismiss" or await self._choose(self.native)
        if reply == "dismiss":
            await self.native.dismiss()
        else:
            await self.native.accept(self.box.text)
        return True

    async def _choose(self, chooser: FileChooser) -> bool:
        # Cancelling needs no call: an intercepted chooser holds nothing up.
        try:
            files = chosen_files(self.box.text, multiple=chooser.is_multiple())
            await chooser.set_files(files)
        except (ActionRefused, PlaywrightError) as error:
            self.box.error, self.box.selected = first_line(error), True
            return False
        return True


def dialog_question(dialog: Dialog, page: Page) -> Question:
    """Return the question that a dialog of this page asks."""
    kind = _KINDS.get(dialog.type, "confirm")
    title, message = f"{_host(page.url)} says", dialog.message
    if kind == "beforeunload":
        title, message = "Leave site?", message or "Changes you made may not be saved."
    return Question(page, DialogBox(kind, title, message, dialog.default_value), dialog)


def file_question(chooser: FileChooser) -> Question:
    """Return the question that a file chooser asks."""
    many = chooser.is_multiple()
    message = "Full paths of the files, separated by ':'" if many else "Full path of the file"
    box = DialogBox("file", f"{_host(chooser.page.url)} asks for a file", message)
    return Question(chooser.page, box, chooser)


def _host(url: str) -> str:
    parts = urlsplit(url)
    # Without a user's name, which could look like a host: http://bank.example@evil.example/
    return parts.netloc.rpartition("@")[2] or (
        f"a {parts.scheme} page" if parts.scheme else "the page"
    )

"""The expert for the mailbox: find a sender's mail, then delete, mark, answer or pass it on."""

import re

from pydantic import BaseModel, ConfigDict

from handrail.agent.proposal import Proposal
from handrail.tasks.errors import EpisodeLost
from handrail.tasks.miniwob.experts.moves import click, click_in, fill
from handrail.tasks.miniwob.experts.scene import Scene

_FORMS = {
    "reply": r"Find the email by (?P<by>.+) and reply to them with the text \"(?P<text>.*)\"\.",
    "forward": r"Find the email by (?P<by>.+) and forward that email to (?P<text>.+)\.",
    "trash": r"Find the email by (?P<by>.+) and click the trash icon",
    "star": r"Find the email by (?P<by>.+) and click the star icon",
}
_FIELDS = "() => { const said = core.getUtterance(); return said.fields || null; }"


class _Errand(BaseModel):
    """What is to be done with the mail of a sender."""

    model_config = ConfigDict(frozen=True)

    what: str
    by: str
    text: str = ""


def sort_mail(scene: Scene) -> Proposal:
    """Do what the instruction asks for, from the list of mails on."""
    errand = _errand(scene)
    if scene.all("#reply") or scene.all("#forward"):
        return _written(scene, errand)
    if scene.all("#email"):
        return _opened(scene, errand)
    senders = [node.text for node in scene.all("#main .email-sender")]
    if errand.by not in senders:
        raise EpisodeLost(f"no mail is by {errand.by!r:.40}")
    sender = scene.all("#main .email-sender")[senders.index(errand.by)]
    return click_in(scene, sender, scene.one("#main"))


def _opened(scene: Scene, errand: _Errand) -> Proposal:
    """Click what an opened mail has one of, where a list of mails has as many as mails."""
    what, mail = errand.what, scene.one("#email")
    if what in ("trash", "star"):
        return click_in(scene, scene.one(f"#email .{what}"), mail, f"{what} icon")
    return click_in(scene, scene.one(f"#email .email-{what}"), mail)


def _written(scene: Scene, errand: _Errand) -> Proposal:
    field = "#reply-text" if errand.what == "reply" else ".forward-sender"
    name = "text" if errand.what == "reply" else "to"
    return fill(scene, scene.one(field), errand.text, name) or click(
        scene, scene.one(f"#send-{errand.what}"), "send"
    )


def _errand(scene: Scene) -> _Errand:
    for what, form in _FORMS.items():
        if match := re.match(form, scene.goal):
            return _Errand(what=what, **match.groupdict())
    fields = scene.stage.read(_FIELDS)
    if not isinstance(fields, dict) or not {"by", "to"} <= fields.keys():
        raise EpisodeLost(f"{scene.goal!r:.80} is no errand that is known: {fields!r:.80}")
    return _Errand(what="forward", by=fields["by"], text=fields["to"])

"""Let a small model speak of a secret by a plain word: it copies words well, and braces never.

The word stands in a goal where the placeholder stood, and the placeholder is put back in the reply.
"""

from dataclasses import replace
from itertools import count

from handrail.actuators.actions import Answer, Type
from handrail.actuators.secret import PLACEHOLDER
from handrail.agent.proposal import ParseError, Proposal


class StandIns:
    """A plain word for every placeholder of a goal; none of them stands in the goal already."""

    def __init__(self, goal: str) -> None:
        names = dict.fromkeys(found[0] for found in PLACEHOLDER.finditer(goal))
        words = (word for word in (f"Secret{n}" for n in count(1)) if word not in goal)
        self._words = dict(zip(names, words, strict=False))

    def put(self, text: str) -> str:
        """Return a text with words in place of placeholders."""
        for name, word in self._words.items():
            text = text.replace(name, word)
        return text

    def back(self, text: str) -> str:
        """Return a text with placeholders in place of the words."""
        # The last first: Secret12 begins like Secret1.
        for name, word in reversed(self._words.items()):
            text = text.replace(word, name)
        return text

    def named(self, reply: Proposal | ParseError) -> Proposal | ParseError:
        """Return a reply that names secrets by their placeholders."""
        if isinstance(reply, ParseError):
            return replace(reply, problem=self.back(reply.problem), reply=self.back(reply.reply))
        action = reply.action
        if isinstance(action, Type | Answer):
            action = action.model_copy(update={"text": self.back(action.text)})
        line, said = self.back(reply.line), self.back(reply.reply)
        return replace(reply, action=action, line=line, reply=said)

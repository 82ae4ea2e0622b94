"""Put an expert on the stage: which tasks have one, and the proposer that asks it."""

from collections.abc import Mapping, Sequence

from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Proposer
from handrail.tasks.miniwob.experts import (
    choices,
    counts,
    fields,
    mail,
    places,
    search,
    tickets,
    writing,
)
from handrail.tasks.miniwob.experts.scene import Expert, Scene
from handrail.tasks.miniwob.stage import Stage

EXPERTS: Mapping[str, Expert] = {
    "ascending-numbers": places.ascending_numbers,
    "book-flight-nodelay": tickets.book_flight,
    "buy-ticket": tickets.buy_ticket,
    "circle-center": places.circle_center,
    "count-shape": counts.count_shapes,
    "count-sides": counts.count_sides,
    "drag-sort-numbers": places.sort_numbers,
    "draw-line": places.draw_line,
    "highlight-text": places.highlight_text,
    "resize-textarea": places.resize_textarea,
    "click-checkboxes-large": choices.tick_boxes,
    "click-checkboxes-transfer": choices.tick_boxes,
    "click-collapsible": choices.open_section,
    "click-collapsible-2": choices.find_in_sections,
    "click-collapsible-2-nodelay": choices.find_in_sections,
    "click-collapsible-nodelay": choices.open_section,
    "click-dialog": choices.close_dialog,
    "click-dialog-2": choices.answer_dialog,
    "click-menu": choices.follow_menu,
    "click-scroll-list": choices.choose_in_list,
    "click-test": choices.click_button,
    "click-test-2": choices.click_button,
    "email-inbox": mail.sort_mail,
    "email-inbox-delete": mail.sort_mail,
    "email-inbox-forward": mail.sort_mail,
    "email-inbox-forward-nl": mail.sort_mail,
    "email-inbox-forward-nl-turk": mail.sort_mail,
    "email-inbox-important": mail.sort_mail,
    "email-inbox-reply": mail.sort_mail,
    "email-inbox-star-reply": mail.sort_mail,
    "enter-text": fields.enter_text,
    "enter-text-2": fields.enter_text_in_case,
    "enter-text-dynamic": fields.enter_text,
    "focus-text-2": fields.focus_text,
    "form-sequence-2": fields.form_sequence,
    "generate-number": fields.generate_number,
    "login-user-popup": fields.log_in,
    "navigate-tree": choices.navigate_tree,
    "read-table-2": fields.read_table,
    "search-engine": search.search_engine,
    "sign-agreement": fields.sign_agreement,
    "terminal": writing.use_terminal,
    "text-editor": writing.edit_text,
    "unicode-test": choices.click_named,
    "use-autocomplete": fields.use_autocomplete,
    "use-colorwheel": writing.use_colour_picker,
    "use-spinner": fields.use_spinner,
}


class ExpertPlayer:
    """A proposer that asks a task's expert, who reads the page and not the pixels."""

    def __init__(self, expert: Expert, stage: Stage) -> None:
        self._expert, self._stage = expert, stage

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the expert's next move. Raises EpisodeLost."""
        done = tuple(
            step.reply.action
            for step in history
            if isinstance(step.reply, Proposal) and step.outcome and step.outcome.kind == "done"
        )
        return self._expert(Scene(self._stage, goal, done))


def expert(stage: Stage, task: str, seed: int) -> Proposer:
    """Return the player of a task's expert, of which there must be one."""
    return ExpertPlayer(EXPERTS[task], stage)

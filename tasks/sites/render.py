"""Turn a page plan and its state into HTML."""

from functools import cache
from importlib.resources import files

import jinja2

from handrail.tasks.sites.page import PagePlan, PageState


@cache
def _environment() -> jinja2.Environment:
    folder = files("handrail.tasks.sites")
    loader = jinja2.FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8"))
    return jinja2.Environment(
        loader=loader,
        autoescape=lambda name: name != "style.jinja",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def template(name: str) -> jinja2.Template:
    """Return a template of this folder."""
    return _environment().get_template(f"{name}.jinja")


def render(plan: PagePlan, state: PageState, action: str, note: str = "") -> str:
    """Return the page as HTML; ``action`` is the address that its form is posted to."""
    return template(plan.template).render(plan=plan, state=state, action=action, note=note)

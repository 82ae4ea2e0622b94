"""The CSS frameworks that training's pages are made with, and the classes they give to parts.

All are npm packages under permissive licences (MIT, BSD). Pages are ours; of the frameworks only
the style sheets are used. None of the pages of other people that the examination looks at is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Framework:
    """A package, its style sheet, and the classes of parts; other parts are plain HTML."""

    package: str
    sheet: str
    classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the package's name without its version."""
        return self.package.rpartition("@")[0]

    @property
    def address(self) -> str:
        """Return where the style sheet lies under ``node_modules``."""
        return f"{self.name}/{self.sheet}"


FRAMEWORKS = (
    Framework("bootstrap@5.3", "dist/css/bootstrap.min.css", {
        "button": "btn btn-outline-secondary", "primary": "btn btn-primary",
        "field": "form-control", "label": "form-label", "select": "form-select",
        "check": "form-check-input",
        "choice": "form-check", "choice_label": "form-check-label", "group": "mb-3",
        "card": "card", "inside": "card-body", "table": "table table-striped",
        "nav": "navbar navbar-expand bg-body-tertiary px-3", "links": "navbar-nav",
        "link": "nav-link", "tabs": "nav nav-tabs", "tab": "nav-link", "chosen": "active",
        "alert": "alert alert-info", "list": "list-group", "entry": "list-group-item",
        "close": "btn-close", "page": "container-fluid", "row": "row", "column": "col",
    }),
    Framework("bulma@1.0", "css/bulma.min.css", {
        "button": "button", "primary": "button is-primary", "field": "input", "label": "label",
        "select": "input", "choice": "field", "group": "field", "card": "card",
        "inside": "card-content", "table": "table is-fullwidth", "nav": "navbar",
        "links": "navbar-menu is-active", "link": "navbar-item", "tabs": "tabs",
        "alert": "notification is-info", "entry": "block", "close": "delete",
        "page": "section", "row": "columns", "column": "column",
    }),
    Framework("foundation-sites@6.9", "dist/css/foundation.min.css", {
        "button": "button secondary", "primary": "button", "card": "card",
        "inside": "card-section", "table": "hover", "nav": "top-bar", "links": "menu",
        "tabs": "tabs", "alert": "callout primary", "close": "close-button",
        "row": "grid-x grid-margin-x", "column": "cell auto",
    }),
    Framework("uikit@3.25", "dist/css/uikit.min.css", {
        "button": "uk-button uk-button-default", "primary": "uk-button uk-button-primary",
        "field": "uk-input", "label": "uk-form-label", "select": "uk-select",
        "check": "uk-checkbox", "group": "uk-margin", "card": "uk-card uk-card-default",
        "inside": "uk-card-body", "table": "uk-table uk-table-divider",
        "nav": "uk-navbar-container uk-navbar", "links": "uk-navbar-nav", "tabs": "uk-tab",
        "chosen": "uk-active", "alert": "uk-alert-primary uk-padding-small",
        "list": "uk-list uk-list-divider", "page": "uk-container", "row": "uk-grid",
        "column": "uk-width-expand",
    }),
    Framework("spectre.css@0.5", "dist/spectre.min.css", {
        "button": "btn", "primary": "btn btn-primary", "field": "form-input",
        "label": "form-label", "select": "form-select", "group": "form-group", "card": "card",
        "inside": "card-body", "table": "table table-striped", "nav": "navbar",
        "links": "navbar-section", "link": "btn btn-link", "tabs": "tab tab-block",
        "alert": "toast toast-primary", "list": "menu", "entry": "menu-item",
        "close": "btn btn-clear", "page": "container", "row": "columns", "column": "column",
    }),
    Framework("purecss@3.1", "build/pure-min.css", {
        "button": "pure-button", "primary": "pure-button pure-button-primary",
        "form": "pure-form pure-form-stacked", "table": "pure-table pure-table-horizontal",
        "nav": "pure-menu pure-menu-horizontal", "links": "pure-menu-list",
        "link": "pure-menu-link", "row": "pure-g", "column": "pure-u-1-3",
    }),
    Framework("materialize-css@1.0", "dist/css/materialize.min.css", {
        "button": "btn-flat", "primary": "btn", "select": "browser-default", "card": "card",
        "inside": "card-content", "table": "striped", "nav": "nav-wrapper", "links": "left",
        "tabs": "tabs", "tab": "tab", "list": "collection", "entry": "collection-item",
        "page": "container", "row": "row", "column": "col s4",
    }),
    Framework("fomantic-ui-css@2.9", "semantic.min.css", {
        "button": "ui button", "primary": "ui primary button", "form": "ui form",
        "group": "field", "card": "ui segment", "table": "ui celled table", "nav": "ui menu",
        "link": "item", "tabs": "ui top attached tabular menu", "tab": "item",
        "chosen": "active", "alert": "ui info message", "list": "ui relaxed list",
        "entry": "item", "page": "ui container", "row": "ui grid", "column": "five wide column",
    }),
    Framework("@primer/css@22", "dist/primer.css", {
        "button": "btn", "primary": "btn btn-primary", "field": "form-control",
        "select": "form-select", "group": "form-group", "card": "Box", "inside": "Box-body",
        "nav": "Header", "link": "Header-link px-2", "tabs": "UnderlineNav-body",
        "tab": "UnderlineNav-item", "alert": "flash", "list": "menu", "entry": "menu-item",
        "page": "p-3", "row": "d-flex", "column": "flex-1 px-2",
    }),
    Framework("govuk-frontend@6", "dist/govuk/govuk-frontend.min.css", {
        "body": "govuk-template__body", "button": "govuk-button govuk-button--secondary",
        "primary": "govuk-button", "field": "govuk-input", "label": "govuk-label",
        "select": "govuk-select", "group": "govuk-form-group", "table": "govuk-table",
        "link": "govuk-link", "alert": "govuk-inset-text", "list": "govuk-list",
        "page": "govuk-width-container", "row": "govuk-grid-row",
        "column": "govuk-grid-column-one-third", "heading": "govuk-heading-m",
    }),
    Framework("beercss@5", "dist/cdn/beer.min.css", {
        "button": "border", "card": "border padding", "nav": "", "table": "stripes",
        "row": "grid", "column": "s4",
    }),
    Framework("milligram@1.4", "dist/milligram.min.css", {
        "button": "button button-outline", "primary": "button", "page": "container",
        "row": "row", "column": "column",
    }),
    Framework("picnic@7", "picnic.min.css", {
        "primary": "success", "card": "card", "table": "primary", "row": "flex three",
    }),
    Framework("@picocss/pico@2", "css/pico.min.css", {
        "button": "secondary outline", "page": "container", "row": "grid",
    }),
    Framework("water.css@2", "out/water.min.css"),
    Framework("mvp.css@1", "mvp.css"),
    Framework("simpledotcss@2", "simple.min.css"),
)  # fmt: skip
ICONS = ("lucide-static@1", "bootstrap-icons@1")
"""The packages whose icons stand on buttons (ISC, MIT)."""

"""Word lists of the bundled pages: which words may stand in which place.

A label is a head, or a head and a tail; every list is this folder's own.
"""

from dataclasses import dataclass
from typing import Literal

LabelKind = Literal[
    "account", "secret", "field", "check", "entry", "submit", "button", "link", "tab", "menu"
]
HeadingKind = Literal["signin", "workspace"]


@dataclass(frozen=True)
class Shape:
    """How labels of one kind are made: single words, or a head and a tail."""

    singles: tuple[str, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SHAPES: dict[LabelKind, Shape] = {
    "account": Shape(
        singles=_words("Email Username Login Callsign"),
        heads=_words("Member Staff User Badge Customer Operator Tenant Library Patron Guest Crew"),
        tails=_words("name number ID email code"),
    ),
    "secret": Shape(
        singles=_words("Password Passphrase Keyword Passcode"),
        heads=_words("Secret Access Private Door Vault Entry Hidden Safe"),
        tails=_words("key word phrase code"),
    ),
    "field": Shape(
        singles=_words(
            "Nickname Surname Town Postcode Telephone Company Birthplace Occupation Street Region"
            " Warehouse Supplier Headline Caption Motto Signature Extension Currency Landmark"
        ),
        heads=_words(
            "Display Family Reply Team Billing Office Project Backup Shipping Delivery Invoice Room"
            " Parcel Vehicle Garden Course Ticket Courier Folder Printer Harbour Recipe Cabin"
        ),
        tails=_words("name address code title number city contact label note reference phrase"),
    ),
    "check": Shape(
        singles=_words("Autosave Reminders Newsletter Fullscreen Subtitles Offline Insurance"),
        heads=_words(
            "Weekly Daily Hide Show Lock Compact Large Quiet Public Send Remember Share Night Gift"
            " Include Allow Track Pin Sync"
        ),
        tails=_words(
            "digest hints previews panels sounds profile device receipts margins icons updates"
            " thumbnails borders shortcuts history wrapping badges"
        ),
    ),
    "entry": Shape(
        singles=("Continue", "Proceed", "Sign in", "Log on"),
        heads=_words("Enter Open Start Unlock Access"),
        tails=_words("portal workspace area session"),
    ),
    "submit": Shape(
        singles=_words("Continue Confirm Submit Apply Proceed Finish Enter Save"),
        heads=_words("Save Store Send Apply Keep Confirm Submit Update"),
        tails=_words("changes details form entry everything record order choices"),
    ),
    "button": Shape(
        singles=_words("Cancel Preview Undo Export Print Duplicate Postpone Compare"),
        heads=_words("Copy Load Test Start Skip Reload Pick"),
        tails=_words("all again defaults draft later sample picture"),
    ),
    "link": Shape(
        singles=_words("Imprint Accessibility Tutorial Licences Community Feedback Pricing"),
        heads=_words("Lost Read New Learn Ask Service Release Privacy Opening"),
        tails=_words("account guide status notes hours support terms question password"),
    ),
    "tab": Shape(
        singles=_words(
            "General Appearance Security Regional Advanced Alerts Identity Payments Layout Delivery"
            " Schedule Members Materials Storage Language"
        ),
        heads=_words("My Shared Basic Extra"),
        tails=_words("details options files limits people"),
    ),
    "menu": Shape(
        singles=_words(
            "Dashboard Calendar Reports Contacts Messages Ledger Archive Orders Workshop Library"
            " Planner Inventory Galleries Timesheet Budget Journeys Recipes Suppliers Classroom"
            " Sensors Projects Bookings Catalogue Drafts"
        ),
        heads=_words("Open Team Daily Sales Site"),
        tails=_words("board queue events figures notes map"),
    ),
}

HEADINGS: dict[HeadingKind, tuple[str, ...]] = {
    "signin": (
        "Welcome back",
        "Good to see you",
        "Please identify yourself",
        "Come on in",
        "This area is for our people",
    ),
    "workspace": (
        "Your preferences",
        "How things should work",
        "A few particulars",
        "Tell us about it",
        "Adjust this workspace",
        "One form, then you are through",
    ),
}
LEADS = (
    "It takes less than a minute.",
    "Only you can see what you fill in here.",
    "You may come back to this at any time.",
    "Nothing is published before you decide.",
    "We ask for no more than we need.",
)
BRAND_TAILS = ("Works", "Hub", "Desk", "Cloud", "Point", "Lane", "Base")

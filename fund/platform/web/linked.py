"""Pages as search engines and agents read them: schema.org objects (JSON-LD) of plain values.

Templates write them with ``tojson``, which spells ``<`` as an escape: no name can end the element
they stand in. They are data and never executed, so the policy of scripts has nothing to allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _

from fund.platform.web.addresses import absolute
from fund.platform.web.context import current_house, locale
from fund.platform.web.locale import LOCALES

Thing = dict[str, Any]
CONTEXT = "https://schema.org"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def thing(kind: str, facts: Mapping[str, Any]) -> Thing:
    """An object of a kind; facts that nobody knows (None or empty) are left out."""
    known = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
    return {"@type": kind, **known}


def page_thing(kind: str, facts: Mapping[str, Any]) -> Thing:
    """An object that a page is about."""
    return {"@context": CONTEXT, **thing(kind, facts)}


def own(path: str) -> str:
    """The absolute address of a path in the page's language."""
    return absolute(current_house().settings, f"{request.script_root}{path}")


def same(path: str) -> str:
    """What names the thing a page is about, in whichever language the page is."""
    return absolute(current_house().settings, path)


def municipality() -> Thing:
    """Whose fund this is, from the settings."""
    settings, english = current_house().settings, locale() == "en"
    ours = settings.municipality
    department = ours.department_en if english else ours.department
    contact = {"contactType": department, "telephone": ours.phone, "email": ours.mail}
    return thing(
        "GovernmentOrganization",
        {
            "@id": same("/#municipality"),
            "name": ours.name_en if english else ours.name,
            "identifier": ours.corporate_no,
            "url": own("/"),
            "address": ours.address,
            "department": thing("GovernmentOrganization", {"name": department}),
            "contactPoint": thing("ContactPoint", contact),
        },
    )


def donating(minimum_yen: int | None) -> Thing:
    """The act of giving to the fund: to whom, from how much, and where it begins."""
    settings = current_house().settings
    ours = settings.municipality
    name = ours.fund_name_en if locale() == "en" else ours.fund_name
    least = {"priceCurrency": "JPY", "minPrice": minimum_yen}
    place = {"urlTemplate": own("/give"), "inLanguage": list(LOCALES)}
    return page_thing(
        "DonateAction",
        {
            "name": _("%(name)sに寄附する", name=name),
            "recipient": municipality(),
            "priceSpecification": None
            if minimum_yen is None
            else thing("PriceSpecification", least),
            "target": thing("EntryPoint", place),
        },
    )


def yen(amount: int) -> Thing:
    """An amount of money."""
    return thing("MonetaryAmount", {"currency": "JPY", "value": int(amount)})


def dataset(
    name: str, description: str, page: str, forms: Iterable[tuple[str, str]], **more: str
) -> Thing:
    """Data to take away: ``forms`` are media types and absolute addresses of the same content."""
    downloads = [
        thing("DataDownload", {"encodingFormat": form, "contentUrl": address})
        for form, address in forms
    ]
    return page_thing(
        "Dataset",
        {
            "name": name,
            "description": description,
            "url": page,
            "license": LICENCE,
            "isAccessibleForFree": True,
            "creator": municipality(),
            "inLanguage": locale(),
            "distribution": downloads,
            **more,
        },
    )

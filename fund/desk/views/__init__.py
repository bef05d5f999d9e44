"""Pages that gather several rooms; importing a module hangs its routes on the blueprint."""

from fund.desk.views import (
    about,
    data,
    donor,
    groups,
    home,
    mail,
    open_web,
    proof,
    staff,
    terms,
    verify,
)
from fund.desk.views.blueprint import blueprint

__all__ = [
    "about",
    "blueprint",
    "data",
    "donor",
    "groups",
    "home",
    "mail",
    "open_web",
    "proof",
    "staff",
    "terms",
    "verify",
]

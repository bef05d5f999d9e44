"""Pages of intake: importing a module adds its routes to the blueprint."""

from fund.giving.intake.views import batches, choices, doubts, files, goods, slips
from fund.giving.intake.views.blueprint import blueprint

__all__ = ["batches", "blueprint", "choices", "doubts", "files", "goods", "slips"]

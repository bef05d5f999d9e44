"""The house, pages and people of the giving tests, for what donors do after they gave."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_GIVING = Path(__file__).resolve().parents[1] / "giving"
sys.path.insert(0, str(_GIVING))
_spec = importlib.util.spec_from_file_location("giving_fixtures", _GIVING / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_giving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_giving)
house, visit, staff = _giving.house, _giving.visit, _giving.staff
officer, decider = _giving.officer, _giving.decider
sandbox, paying_house, paying_visit = _giving.sandbox, _giving.paying_house, _giving.paying_visit

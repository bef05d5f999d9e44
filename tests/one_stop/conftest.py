"""A whole house for each test, as for money that goes back: all reactions wired."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_BACK = Path(__file__).resolve().parents[1] / "taking_back"
sys.path.insert(0, str(_BACK))
_spec = importlib.util.spec_from_file_location("taking_back_fixtures", _BACK / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_back = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_back)
template, fund = _back.template, _back.fund

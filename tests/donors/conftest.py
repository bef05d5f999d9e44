"""The house, pages and people of the giving tests, for what donors do after they gave."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "giving"))

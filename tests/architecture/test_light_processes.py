"""What a process that only serves pages does without: libraries that weigh more than they are used."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("numpy", "ortools", "openpyxl", "weasyprint", "fontTools")


def test_the_application_starts_without_the_solver_and_without_the_printers() -> None:
    """Measured: numpy and OR-Tools are 28 MB of every process; who needs them loads them then."""
    asked = "import fund.app, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    assert set(HEAVY).isdisjoint(json.loads(done.stdout))

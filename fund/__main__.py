"""``python -m fund`` is the command ``fund``."""

from fund.cli import main

main()

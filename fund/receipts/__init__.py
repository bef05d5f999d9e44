"""Numbered proof of an accepted gift, drawn from frozen content."""

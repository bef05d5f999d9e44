"""Mieru Fund: a municipal donation fund whose every yen can be followed."""

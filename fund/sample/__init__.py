"""Labelled sample books (見本): real published grants, fictitious donors and sample groups."""

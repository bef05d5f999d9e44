"""Checks a release with the standard library alone, as a stranger would who trusts nobody.

Shares no line with the programs that wrote the release (only the allocation checker, which is a
program of its own). Every check counts what it looked at and names what is wrong.
"""

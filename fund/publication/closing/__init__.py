"""Closing a fiscal year: proposed by the treasurer, decided by another person, never undone."""

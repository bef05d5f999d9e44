"""The read-only API, version 1: its endpoints, what they may be asked, and their description.

A breaking change would be version 2, announced twelve months before; new columns and new
addresses may come at any time.
"""

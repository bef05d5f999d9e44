"""Gifts that come on paper, in cash, in files and in kind, and the wish that is chosen later."""

"""Allocation: which gift pays which award, by a published rule that anyone can recompute."""

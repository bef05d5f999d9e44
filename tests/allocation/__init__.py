"""Tests of the allocation room; its helpers are imported as ``allocation.<module>``."""

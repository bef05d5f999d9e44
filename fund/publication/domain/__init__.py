"""Rules of the public log: what of an entry is public, in which order, and what it means."""

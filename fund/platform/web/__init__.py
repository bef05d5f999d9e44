"""The web kit: what every page shares; no room of the house is known here."""

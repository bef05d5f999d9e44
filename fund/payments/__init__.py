"""Money in through the provider and over the counter; the provider's events."""

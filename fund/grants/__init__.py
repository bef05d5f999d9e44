"""Applications, recommendations, awards, disbursements and settlements."""

"""The edge: one module for each outside thing (Stripe, SMTP, WeasyPrint)."""

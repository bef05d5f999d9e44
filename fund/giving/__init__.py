"""Donors, gifts, their wishes and consents, and the acceptance (採納) of gifts."""

"""People who work with the fund: sign-in, roles, permissions."""

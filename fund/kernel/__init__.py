"""What every room may rely on: plain Python, no framework, no database, no clock."""

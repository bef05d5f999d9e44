"""What the public reads: the public log's entries, ledger pages, figures at a glance."""

"""Double entry in integer yen: entries, postings, lots; append-only by law of the database."""

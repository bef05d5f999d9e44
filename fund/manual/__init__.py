"""The rule book in force: clauses with stable ids, dated editions, dated parameters."""

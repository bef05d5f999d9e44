"""The ground floor: settings, database, tasks, audit trail, mail outbox and web kit."""

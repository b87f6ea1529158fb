"""The database: engines, tables, transactions, locks and the outbox of events."""

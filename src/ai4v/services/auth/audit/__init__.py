"""The audit log: who did what, when, from where; append-only and chained by hashes."""

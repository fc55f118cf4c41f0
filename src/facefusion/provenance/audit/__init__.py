"""The audit log: an append-only, hash-chained record of what was done to whose face, and on whose word."""

"""Durable jobs: a store, a queue with leases, and workers that run the engine. Only this room knows the database."""

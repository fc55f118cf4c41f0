"""Consent: records of what a person allowed, their signatures, and face templates that only their key can match."""

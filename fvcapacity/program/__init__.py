"""Scenario in, read-only arrays and names out."""

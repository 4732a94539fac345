"""Closed forms: to bracket a search, and as oracles in tests."""

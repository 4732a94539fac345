"""Frozen models of what the user says, and checks over the whole."""

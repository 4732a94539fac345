"""Planes carry requests: the interface, the statistics, and the implementations."""

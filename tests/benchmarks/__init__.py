"""How fast the planes are: workloads, measures, the tests that assert the least, and the page that shows them all."""

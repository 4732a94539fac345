"""What to change: node pools, quotas, budgets, connections, and what other tools would say from the same data."""

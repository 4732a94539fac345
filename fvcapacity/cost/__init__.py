"""From tables to money: prices, the bill of a run, what a machine leaves to pods. Runs nothing."""

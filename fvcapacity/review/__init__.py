"""Looking back on a quarter, ahead to the next, and at a change before it is made: money, budget, objectives."""

"""Looking back on a quarter and ahead to the next: forecast, budget, and what a review is made of."""

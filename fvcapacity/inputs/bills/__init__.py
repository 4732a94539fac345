"""Read what a provider charged: FOCUS and AWS Cost and Usage Report, as CSV."""

from __future__ import annotations

from fvcapacity.inputs.bills.bill import Bill, BillLine, CostBasis
from fvcapacity.inputs.bills.load import load_bill
from fvcapacity.inputs.bills.mapping import BillMap, load_bill_map

__all__ = ["Bill", "BillLine", "BillMap", "CostBasis", "load_bill", "load_bill_map"]

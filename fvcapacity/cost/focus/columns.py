"""The columns of FOCUS 1.2: which must be there, what they hold, and what may be left empty.

Source: FinOps Open Cost and Usage Specification 1.2 (May 2025), section *Columns*, and its attributes *Numeric Format*,
*Date/Time Format*, *String Handling* and *Column Handling*.
"""

from __future__ import annotations

from typing import Literal

from fvcapacity.frozen import Frozen

ColumnType = Literal["string", "decimal", "datetime", "json"]
Level = Literal["mandatory", "recommended", "conditional"]

CUSTOM_PREFIX = "x_"


class FocusColumn(Frozen):
    """One column.

    Attributes
    ----------
    level
        Mandatory columns are in every file; recommended ones ought to be; conditional ones where the provider has what
        they tell.
    nullable
        Whether a cell may be empty at all.
    allowed
        Its values, if they are fixed.
    negative
        Whether a number may be below zero.
    """

    name: str
    type: ColumnType = "string"
    level: Level = "conditional"
    nullable: bool = True
    allowed: tuple[str, ...] = ()
    negative: bool = True


SUBCATEGORIES: dict[str, tuple[str, ...]] = {
    "AI and Machine Learning": (
        "AI Platforms",
        "Bots",
        "Generative AI",
        "Machine Learning",
        "Natural Language Processing",
    ),
    "Analytics": (
        "Analytics Platforms",
        "Business Intelligence",
        "Data Processing",
        "Search",
        "Streaming Analytics",
    ),
    "Business Applications": ("Productivity and Collaboration",),
    "Compute": ("Containers", "End User Computing", "Quantum Compute", "Serverless Compute", "Virtual Machines"),
    "Databases": (
        "Caching",
        "Data Warehouses",
        "Ledger Databases",
        "NoSQL Databases",
        "Relational Databases",
        "Time Series Databases",
    ),
    "Developer Tools": (
        "Continuous Integration and Deployment",
        "Developer Platforms",
        "Development Environments",
        "Quality Assurance",
        "Source Code Management",
    ),
    "Identity": ("Identity and Access Management",),
    "Integration": ("API Management", "Messaging", "Workflow Orchestration"),
    "Internet of Things": ("IoT Analytics", "IoT Platforms"),
    "Management and Governance": (
        "Architecture",
        "Compliance",
        "Cost Management",
        "Data Governance",
        "Disaster Recovery",
        "Endpoint Management",
        "Observability",
        "Support",
    ),
    "Media": ("Content Creation", "Gaming", "Media Streaming", "Mixed Reality"),
    "Migration": ("Data Migration", "Resource Migration"),
    "Mobile": (),
    "Multicloud": ("Multicloud Integration",),
    "Networking": (
        "Application Networking",
        "Content Delivery",
        "Network Connectivity",
        "Network Infrastructure",
        "Network Routing",
        "Network Security",
    ),
    "Security": ("Secret Management", "Security Posture Management", "Threat Detection and Response"),
    "Storage": ("Backup Storage", "Block Storage", "File Storage", "Object Storage", "Storage Platforms"),
    "Web": ("Application Platforms",),
    "Other": (),
}  # fmt: skip


def other_of(category: str) -> str:
    """Return the subcategory of what fits no other one of a category: ``Other (Compute)``."""
    return f"Other ({category})"


_ALL_SUBCATEGORIES = tuple(name for category, names in SUBCATEGORIES.items() for name in (*names, other_of(category)))
_M: Level = "mandatory"
_R: Level = "recommended"

_COLUMNS = (
    FocusColumn("AvailabilityZone", level=_R),
    FocusColumn("BilledCost", "decimal", _M, nullable=False),
    FocusColumn("BillingAccountId", level=_M, nullable=False),
    FocusColumn("BillingAccountName", level=_M),
    FocusColumn("BillingAccountType"),
    FocusColumn("BillingCurrency", level=_M, nullable=False),
    FocusColumn("BillingPeriodEnd", "datetime", _M, nullable=False),
    FocusColumn("BillingPeriodStart", "datetime", _M, nullable=False),
    FocusColumn("CapacityReservationId"),
    FocusColumn("CapacityReservationStatus", allowed=("Used", "Unused")),
    FocusColumn(
        "ChargeCategory", level=_M, nullable=False, allowed=("Usage", "Purchase", "Tax", "Credit", "Adjustment")
    ),
    FocusColumn("ChargeClass", level=_M, allowed=("Correction",)),
    FocusColumn("ChargeDescription", level=_M),
    FocusColumn("ChargeFrequency", level=_R, nullable=False, allowed=("One-Time", "Recurring", "Usage-Based")),
    FocusColumn("ChargePeriodEnd", "datetime", _M, nullable=False),
    FocusColumn("ChargePeriodStart", "datetime", _M, nullable=False),
    FocusColumn("CommitmentDiscountCategory", allowed=("Spend", "Usage")),
    FocusColumn("CommitmentDiscountId"),
    FocusColumn("CommitmentDiscountName"),
    FocusColumn("CommitmentDiscountQuantity", "decimal"),
    FocusColumn("CommitmentDiscountStatus", allowed=("Used", "Unused")),
    FocusColumn("CommitmentDiscountType"),
    FocusColumn("CommitmentDiscountUnit"),
    FocusColumn("ConsumedQuantity", "decimal"),
    FocusColumn("ConsumedUnit"),
    FocusColumn("ContractedCost", "decimal", _M, nullable=False),
    FocusColumn("ContractedUnitPrice", "decimal", negative=False),
    FocusColumn("EffectiveCost", "decimal", _M, nullable=False),
    FocusColumn("InvoiceId", level=_R),
    FocusColumn("InvoiceIssuerName", level=_M, nullable=False),
    FocusColumn("ListCost", "decimal", _M, nullable=False),
    FocusColumn("ListUnitPrice", "decimal", negative=False),
    FocusColumn("PricingCategory", allowed=("Standard", "Dynamic", "Committed", "Other")),
    FocusColumn("PricingCurrency", nullable=False),
    FocusColumn("PricingCurrencyContractedUnitPrice", "decimal", negative=False),
    FocusColumn("PricingCurrencyEffectiveCost", "decimal", nullable=False),
    FocusColumn("PricingCurrencyListUnitPrice", "decimal", negative=False),
    FocusColumn("PricingQuantity", "decimal", _M),
    FocusColumn("PricingUnit", level=_M),
    FocusColumn("ProviderName", level=_M, nullable=False),
    FocusColumn("PublisherName", level=_M, nullable=False),
    FocusColumn("RegionId"),
    FocusColumn("RegionName"),
    FocusColumn("ResourceId"),
    FocusColumn("ResourceName"),
    FocusColumn("ResourceType"),
    FocusColumn("ServiceCategory", level=_M, nullable=False, allowed=tuple(SUBCATEGORIES)),
    FocusColumn("ServiceName", level=_M, nullable=False),
    FocusColumn("ServiceSubcategory", level=_R, nullable=False, allowed=_ALL_SUBCATEGORIES),
    FocusColumn("SkuId"),
    FocusColumn("SkuMeter"),
    FocusColumn("SkuPriceDetails", "json"),
    FocusColumn("SkuPriceId"),
    FocusColumn("SubAccountId"),
    FocusColumn("SubAccountName"),
    FocusColumn("SubAccountType"),
    FocusColumn("Tags", "json"),
)

FOCUS_COLUMNS: dict[str, FocusColumn] = {column.name: column for column in _COLUMNS}
"""By their Column ID, in alphabetic order, as the attribute *Column Handling* wants them."""

"""What a subscription sells: a product and its monthly price, kept so that both can be read."""

from __future__ import annotations

from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank

INTERVAL = "month"


def check_recurring(line: Thing, where: str) -> None:
    """Pass if a line's price is monthly, in yen, with a name: all that this sandbox repeats.

    Raises:
        ApiError: 400 naming the parameter.
    """
    recurring = line["price_data"]["recurring"]
    if recurring["interval"] != INTERVAL or recurring.get("interval_count", 1) != 1:
        raise ApiError(
            "This sandbox repeats payments every month only.",
            param=f"{where}[price_data][recurring][interval]",
        )


def monthly_price(till: Till, line: Thing) -> Thing:
    """Create the product and the recurring price that a line's ``price_data`` describes."""
    data = line["price_data"]
    product = till.make("product", "prod", name=data["product_data"]["name"], updated=till.now())
    unit = data["unit_amount"]
    price = till.make(
        "price.recurring",
        "price",
        product=product["id"],
        unit_amount=unit,
        unit_amount_decimal=str(unit),
    )
    till.emit("product.created", product)
    till.emit("price.created", price)
    return price


def plan_of(price: Thing) -> Thing:
    """The same price in the older shape that subscription items still show."""
    return blank(
        "plan",
        id=price["id"],
        created=price["created"],
        product=price["product"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
    )

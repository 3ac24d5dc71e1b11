"""Makes up a small history of a shop, with the mapping to import it, and works out what the overview must show.

Usage: python made_up.py FOLDER        writes orders.csv and map.toml there, prints JSON

For machines without the real data. Plain arithmetic over the same numbers, nothing of Fanvine's.
"""

import collections
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
lines, worth, units = [], collections.Counter(), collections.Counter()
months, shoppers, guests = collections.defaultdict(lambda: [0, 0]), set(), 0
for order in range(240):
    day, month = order % 28 + 1, order % 3 + 1
    guest = order % 10 == 0
    guests += guest
    shopper = "" if guest else f"shopper-{order % 60}"
    if not guest:
        shoppers.add(shopper)
    total = 0
    for place in range(order % 3 + 1):
        product, quantity, price = f"SKU-{(order + place) % 8}", place + 1, 995 + 100 * ((order + place) % 8)
        lines.append(f"{order},{shopper},{product},Article {product},{quantity},{price / 100:.2f},2025-0{month}-{day:02} 10:00:00")
        worth[product] += quantity * price
        units[product] += quantity
        total += quantity * price
    months[f"2025-0{month}-01"][0] += total
    months[f"2025-0{month}-01"][1] += 1
# One refund of an order from before this history.
lines.append("R1,shopper-1,SKU-1,Article SKU-1,2,10.95,2025-02-15 10:00:00")
refunded = 2190
months["2025-02-01"][0] -= refunded
(folder / "orders.csv").write_text("order,customer,sku,title,quantity,price,placed\n" + "\n".join(lines) + "\n")
(folder / "map.toml").write_text(
    """source = "Made-up history"
currency = "GBP"
[time]
column = "placed"
[group]
by = "order"
[[event]]
where = ["order starts with R"]
name = "Order Refunded"
message_id = "made-up:{order}"
user_id = "{customer}"
order_id = "{order}"
[event.line]
product_id = "{sku}"
price = "{price}"
quantity = "{quantity}"
[[event]]
name = "Order Completed"
message_id = "made-up:{order}"
user_id = "{customer}"
order_id = "{order}"
[event.line]
product_id = "{sku}"
name = "{title}"
price = "{price}"
quantity = "{quantity}"
"""
)
revenue = sum(worth.values())
print(
    json.dumps(
        {
            "from": "2025-01-01",
            "to": "2025-03-31",
            "currency": "GBP",
            "orders": 240,
            "revenue_minor": revenue,
            "refunded_minor": refunded,
            "net_revenue_minor": revenue - refunded,
            "average_order_minor": (2 * revenue + 240) // 480,
            "active_shoppers": len(shoppers),
            "new_shoppers": len(shoppers),
            "returning_shoppers": 0,
            "guest_orders": guests,
            "months": [{"start": start, "net_revenue_minor": net, "orders": count} for start, (net, count) in sorted(months.items())],
            "top_products": [
                {"product_id": product, "revenue_minor": value, "units": units[product]} for product, value in worth.most_common(3)
            ],
        }
    )
)

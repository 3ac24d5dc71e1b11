"""Sends one of each call with RudderStack's own Python library, gzipped as it does, and prints what it says it sent.

Usage: python rudder.py ADDRESS WRITE_KEY
"""

import json
import sys
from datetime import datetime, timezone

from rudderstack.analytics.client import Client

failures, sent = [], []
analytics = Client(sys.argv[2], host=sys.argv[1], on_error=lambda error, items: failures.append(error))


def keep(outcome):
    taken, message = outcome
    assert taken, message
    fields = ("messageId", "type", "event", "userId", "anonymousId", "timestamp", "properties", "traits", "groupId", "previousId", "name")
    # This library puts the traits of an identify into its context.
    told = {"traits": message["context"].get("traits"), **message} if message["type"] == "identify" else message
    sent.append({field: told.get(field) for field in fields})


shopper = {"user_id": "python-1", "anonymous_id": "python-anonymous"}
products = [{"product_id": "tea", "name": "乌龙茶", "price": 19.9, "quantity": 3}, {"product_id": "tin", "price": 5.3, "quantity": 1}]
keep(analytics.identify(**shopper, traits={"email": "mei@example.com", "vip": False, "tags": ["new", "茶"], "nested": {"a": [1, 2.5, None]}}))
keep(analytics.track(**shopper, event="Product Viewed", properties={"product_id": "tea", "price": 19.9, "currency": "CNY", "emoji": "🍵"}))
keep(
    analytics.track(
        **shopper,
        event="Order Completed",
        properties={"order_id": "python-order", "revenue": 65, "currency": "CNY", "products": products},
        timestamp=datetime(2025, 3, 4, 5, 6, 7, 89000, tzinfo=timezone.utc),
    )
)
keep(analytics.page(**shopper, name="Home", properties={"path": "/", "url": "https://shop.example/"}))
keep(analytics.screen(**shopper, name="Cart", properties={"items": 2}))
keep(analytics.group(**shopper, group_id="club", traits={"plan": "gold"}))
keep(analytics.alias(user_id="python-1", previous_id="python-anonymous"))
analytics.flush()
assert not failures, failures
print(json.dumps(sent, default=str))

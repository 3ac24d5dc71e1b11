"""Sends one of each with PostHog's own Python library, gzipped, and prints what must be kept of it.

Usage: python posthog_client.py ADDRESS WRITE_KEY
"""

import json
import sys
from datetime import datetime, timezone

from posthog import Posthog

failures = []
client = Posthog(sys.argv[2], host=sys.argv[1], gzip=True, on_error=lambda error, items: failures.append(error))
user = "ph-python-1"
products = [{"product_id": "tea", "name": "乌龙茶", "price": 19.9, "quantity": 3}, {"product_id": "tin", "price": 5.3, "quantity": 1}]
order = {"order_id": "ph-order", "revenue": 65, "currency": "CNY", "products": products, "emoji": "🍵"}
client.capture("Order Completed", distinct_id=user, properties=order, timestamp=datetime(2025, 3, 4, 5, 6, 7, 89000, tzinfo=timezone.utc))
client.set(distinct_id=user, properties={"email": "mei@example.com", "vip": False})
client.set_once(distinct_id=user, properties={"first": "ad"})
client.alias(previous_id="ph-old", distinct_id=user)
client.group_identify("club", "7", {"plan": "gold"}, distinct_id=user)
assert client.get_all_flags(user) == {}, "there are no flags"
client.flush()
client.shutdown()
assert not failures, failures
kept = [
    {"kind": "track", "event": "Order Completed", "user": user, "has": order, "at": "2025-03-04T05:06:07.089Z"},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"email": "mei@example.com", "vip": False}},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"$set_once": {"first": "ad"}}},
    {"kind": "alias", "event": "Alias", "user": user, "has": {"previousId": "ph-old"}},
    {"kind": "group", "event": "Group", "user": user, "has": {"groupId": "7", "groupType": "club", "plan": "gold"}},
]
print(json.dumps(kept))

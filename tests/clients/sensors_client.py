"""Sends one of each with the Python library of Sensors Analytics, and prints what must be kept of it.

Usage: python sensors_client.py ADDRESS WRITE_KEY
"""

import contextlib
import datetime
import io
import json
import sys

import sensorsanalytics as sa
from sensorsanalytics import sdk

address = f"{sys.argv[1]}/sa?project=default&token={sys.argv[2]}"
user, device = "sa-python-1", "sa-python-device"
order = {"order_id": "sa-order", "revenue": 65, "currency": "CNY", "emoji": "🍵", "product_id": "tea", "quantity": 4}
at = datetime.datetime(2025, 3, 4, 5, 6, 7, 89000, tzinfo=datetime.timezone.utc)
moment = int(at.timestamp() * 1000)

# One at a time, then many at once, then in a thread of their own: the library's three ways.
client = sa.SensorsAnalytics(sdk.DefaultConsumer(address))
client.track(device, "product_viewed", {"product_id": "tea"})
client.track_signup(user, device, {"from": "app"})
client = sa.SensorsAnalytics(sdk.BatchConsumer(address))
client.track(user, "OrderCompleted", {**order, "$time": moment}, is_login_id=True)
client.profile_set(user, {"city": "杭州"}, is_login_id=True)
client.profile_set_once(user, {"first": "ad"}, is_login_id=True)
client.profile_increment(user, {"points": 5}, is_login_id=True)
client.profile_append(user, {"likes": ["茶"]}, is_login_id=True)
client.profile_unset(user, ["city"], is_login_id=True)
client.close()
client = sa.SensorsAnalytics(sdk.AsyncBatchConsumer(address))
client.profile_delete(device)
client.item_set("goods", "tea", {"name": "乌龙茶", "price": 19.9})
client.item_delete("goods", "tin")
login, mobile = sdk.SensorsAnalyticsIdentity(sdk.SensorsAnalyticsIdentity.LOGIN_ID, user), sdk.SensorsAnalyticsIdentity("$identity_mobile", "13800138000")
client.bind(login, mobile)
client.unbind(mobile)
client.close()

# What is only checked is not kept; what is wrong is told.
with contextlib.redirect_stdout(io.StringIO()) as told:
    sa.SensorsAnalytics(sdk.DebugConsumer(address, write_data=False)).track(user, "Checked")
    assert "valid message" in told.getvalue(), told.getvalue()
    try:
        sdk.DebugConsumer(address, write_data=False).send(json.dumps({"type": "track", "event": "x"}))
        raise AssertionError("a message without a shopper was taken")
    except sdk.SensorsAnalyticsDebugException:
        assert "`distinct_id` is missing" in told.getvalue(), told.getvalue()

identities = {"$identity_login_id": user, "$identity_mobile": "13800138000"}
kept = [
    {"kind": "track", "event": "Product Viewed", "anonymous": device, "has": {"product_id": "tea"}},
    {"kind": "alias", "event": "Alias", "user": user, "has": {"previousId": device, "from": "app"}},
    {"kind": "track", "event": "Order Completed", "user": user, "has": order, "at": "2025-03-04T05:06:07.089Z"},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"city": "杭州"}},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"$set_once": {"first": "ad"}}},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"$increment": {"points": 5}}},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"$append": {"likes": ["茶"]}}},
    {"kind": "identify", "event": "Identify", "user": user, "has": {"city": None}},
    {"kind": "identify", "event": "Identify", "anonymous": device, "has": {"$delete": True}},
    {"kind": "track", "event": "Product Updated", "has": {"product_id": "tea", "name": "乌龙茶", "price": 19.9}},
    {"kind": "track", "event": "Product Deleted", "has": {"product_id": "tin"}},
    {"kind": "alias", "event": "Alias", "user": user, "has": {"identities": identities}},
    {"kind": "track", "event": "$UnbindID", "has": {"unbound": {"$identity_mobile": "13800138000"}}},
]
print(json.dumps(kept))

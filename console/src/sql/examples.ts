/** Questions to start from. */
import type { PlainKey } from "../i18n/i18n";

export const examples: { name: PlainKey; query: string }[] = [
  {
    name: "sql.example.events",
    query: `SELECT event, count(*) AS events, count(DISTINCT shopper_id) AS shoppers, max(occurred_at) AS newest
FROM events
GROUP BY event
ORDER BY events DESC`,
  },
  {
    name: "sql.example.revenue",
    query: `SELECT date_trunc('month', placed_at) AS month, currency, count(*) AS orders, sum(revenue_minor) AS revenue_minor
FROM orders
GROUP BY month, currency
ORDER BY month`,
  },
  {
    name: "sql.example.products",
    query: `SELECT product_id, max(name) AS name, sum(quantity) AS units, sum(revenue_minor) AS revenue_minor
FROM order_lines
GROUP BY product_id
ORDER BY revenue_minor DESC
LIMIT 50`,
  },
  {
    name: "sql.example.loyal",
    query: `SELECT shopper_id, count(*) AS orders, sum(revenue_minor) AS revenue_minor, min(placed_at) AS first_order, max(placed_at) AS last_order
FROM orders
WHERE shopper_id IS NOT NULL
GROUP BY shopper_id
ORDER BY orders DESC
LIMIT 50`,
  },
  {
    name: "sql.example.newest",
    query: `SELECT *
FROM events
ORDER BY received_at DESC
LIMIT 100`,
  },
];

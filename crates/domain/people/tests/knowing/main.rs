//! What is known beyond profiles: tags as they are edited, needs, clusters, look-alikes, churn, erasing.

mod erasing;
mod likeness;
mod needs;
mod shop;
mod storefront;
mod tags;

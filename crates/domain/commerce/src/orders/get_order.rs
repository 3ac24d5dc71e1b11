//! `GET /api/v1/orders/{order_id}`: one order with its lines and refunds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Refusal, Segment};

use super::{Order, store};
use crate::Commerce;

/// Get an order with its lines and refunds
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}", tag = "commerce", operation_id = "get_order",
    params(("order_id" = String, Path, description = "The shop's number for the order")),
    responses(
        (status = 200, description = "The order", body = Order),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_order(
    State(commerce): State<Arc<Commerce>>,
    Segment(order_id): Segment<String>,
) -> Answer<Json<Order>> {
    let found = commerce.order(&order_id).await?;
    found.map(Json).ok_or_else(|| Refusal(Problem::new(Code::NotFound, format!("there is no order {order_id}"))))
}

impl Commerce {
    /// An order with its lines and refunds, if it is known.
    pub async fn order(&self, order_id: &str) -> Result<Option<Order>, StoreError> {
        let order_id = order_id.to_owned();
        self.store.read(|tx| Box::pin(async move { store::find(tx, &order_id).await })).await
    }
}

//! What rows of this room have in common.

use std::error::Error;
use std::str::FromStr;
use std::sync::Arc;

use fanvine_contracts::access::Role;
use fanvine_store::{Row, StoreError};

/// A column's text as an identifier.
pub(crate) fn parsed<T: FromStr>(row: &Row, column: &str) -> Result<T, StoreError>
where
    T::Err: Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|cause| StoreError::Column {
        column: column.to_owned(),
        wanted: std::any::type_name::<T>(),
        source: Arc::new(cause),
    })
}

/// The column `role`. One this version does not know is taken as the least.
pub(crate) fn role(row: &Row) -> Result<Role, StoreError> {
    let name: String = row.get("role")?;
    Ok(Role::named(&name).unwrap_or_else(|| {
        tracing::warn!(role = name, "a role in the store is not known here and counts as analyst");
        Role::Analyst
    }))
}

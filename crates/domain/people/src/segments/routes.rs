//! The routes of segments and lists.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lists::{delete_list, list_lists, put_list, show_list};
use super::{
    adopt_template, check_rule, compare_segments, create_segment, delete_segment, explain_membership, export_segment,
    list_members, list_segments, list_templates, list_versions, preview_rule, show_history, show_segment,
    update_segment,
};
use crate::People;

/// Bytes of an uploaded list.
const LONGEST_UPLOAD: usize = 64 << 20;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    let uploads = OpenApiRouter::new()
        .routes(routes!(put_list::put_segment_list))
        .layer(DefaultBodyLimit::max(LONGEST_UPLOAD))
        .with_state(people.clone());
    OpenApiRouter::new()
        .routes(routes!(list_segments::list_segments))
        .routes(routes!(create_segment::create_segment))
        .routes(routes!(check_rule::check_segment_rule))
        .routes(routes!(preview_rule::preview_segment_rule))
        .routes(routes!(compare_segments::compare_segments))
        .routes(routes!(list_templates::list_segment_templates))
        .routes(routes!(adopt_template::adopt_segment_template))
        .routes(routes!(list_lists::list_segment_lists))
        .routes(routes!(show_list::show_segment_list))
        .routes(routes!(delete_list::delete_segment_list))
        .routes(routes!(show_segment::show_segment))
        .routes(routes!(update_segment::update_segment))
        .routes(routes!(delete_segment::delete_segment))
        .routes(routes!(list_versions::list_segment_versions))
        .routes(routes!(list_members::list_segment_members))
        .routes(routes!(export_segment::export_segment))
        .routes(routes!(show_history::show_segment_history))
        .routes(routes!(explain_membership::explain_membership))
        .with_state(people)
        .merge(uploads)
}

//! The addresses of pages that show plays.

use std::sync::Arc;

use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    assist_along, bargain_along, check_in_along, contest_along, draw_along, quiz_along, share_along, show_bargain,
    show_group, show_play, take_seat, tasks_along, vote_along,
};
use crate::wallet::storefront::Storefront;

/// Answers a browser's preflight request for a play.
#[utoipa::path(
    options, path = "/v1/plays/{play_id}", operation_id = "preflight_play", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_play() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a group.
#[utoipa::path(
    options, path = "/v1/groups/{group_id}", operation_id = "preflight_group", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_group() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for opening a group.
#[utoipa::path(
    options, path = "/v1/groups/open", operation_id = "preflight_open_group", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_open_group() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for joining a group.
#[utoipa::path(
    options, path = "/v1/groups/join", operation_id = "preflight_join_group", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_join_group() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a bargain.
#[utoipa::path(
    options, path = "/v1/bargains/{bargain_id}", operation_id = "preflight_bargain", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_bargain() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for opening a bargain.
#[utoipa::path(
    options, path = "/v1/bargains/open", operation_id = "preflight_open_bargain", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_open_bargain() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for helping with a bargain.
#[utoipa::path(
    options, path = "/v1/bargains/help", operation_id = "preflight_help_bargain", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_help_bargain() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for ordering at the price of a bargain.
#[utoipa::path(
    options, path = "/v1/bargains/order", operation_id = "preflight_order_bargain", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_order_bargain() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for an invitation.
#[utoipa::path(
    options, path = "/v1/assists/{assist_id}", operation_id = "preflight_assist", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_assist() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for opening an invitation.
#[utoipa::path(
    options, path = "/v1/assists/open", operation_id = "preflight_open_assist", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_open_assist() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for accepting an invitation.
#[utoipa::path(
    options, path = "/v1/assists/accept", operation_id = "preflight_accept_assist", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_accept_assist() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a lottery.
#[utoipa::path(
    options, path = "/v1/lotteries/{lottery_id}", operation_id = "preflight_lottery", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_lottery() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a draw.
#[utoipa::path(
    options, path = "/v1/lotteries/draw", operation_id = "preflight_draw", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_draw() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for check-ins.
#[utoipa::path(
    options, path = "/v1/check-ins/{play_id}", operation_id = "preflight_streak", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_streak() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for checking in.
#[utoipa::path(
    options, path = "/v1/check-ins/today", operation_id = "preflight_check_in", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_check_in() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for sharing.
#[utoipa::path(
    options, path = "/v1/sharers/{play_id}", operation_id = "preflight_sharing", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_sharing() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for joining the sharers.
#[utoipa::path(
    options, path = "/v1/sharers/join", operation_id = "preflight_join_sharers", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_join_sharers() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for coming by somebody's link.
#[utoipa::path(
    options, path = "/v1/sharers/bind", operation_id = "preflight_bind", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_bind() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for asking for commission.
#[utoipa::path(
    options, path = "/v1/sharers/withdraw", operation_id = "preflight_withdraw", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_withdraw() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for tasks.
#[utoipa::path(
    options, path = "/v1/tasks/{play_id}", operation_id = "preflight_tasks", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_tasks() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for taking tasks on.
#[utoipa::path(
    options, path = "/v1/tasks/join", operation_id = "preflight_take_tasks_on", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_take_tasks_on() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a vote.
#[utoipa::path(
    options, path = "/v1/votes/{play_id}", operation_id = "preflight_votes", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_votes() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for voting.
#[utoipa::path(
    options, path = "/v1/votes/cast", operation_id = "preflight_cast_vote", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_cast_vote() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for putting something up.
#[utoipa::path(
    options, path = "/v1/votes/enter", operation_id = "preflight_enter_vote", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_enter_vote() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a quiz.
#[utoipa::path(
    options, path = "/v1/quizzes/{play_id}", operation_id = "preflight_quiz", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_quiz() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for beginning a quiz.
#[utoipa::path(
    options, path = "/v1/quizzes/begin", operation_id = "preflight_begin_quiz", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_begin_quiz() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for answering a quiz.
#[utoipa::path(
    options, path = "/v1/quizzes/answer", operation_id = "preflight_answer_quiz", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_answer_quiz() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for a contest.
#[utoipa::path(
    options, path = "/v1/contests/{play_id}", operation_id = "preflight_contest", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_contest() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for final standings.
#[utoipa::path(
    options, path = "/v1/contests/{play_id}/standings", operation_id = "preflight_final_standings", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_final_standings() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for taking part in a contest.
#[utoipa::path(
    options, path = "/v1/contests/join", operation_id = "preflight_join_contest", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_join_contest() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for leaving a contest.
#[utoipa::path(
    options, path = "/v1/contests/leave", operation_id = "preflight_leave_contest", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
async fn preflight_leave_contest() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// What pages ask of plays.
pub(crate) fn router() -> OpenApiRouter<Arc<Storefront>> {
    OpenApiRouter::new()
        .routes(routes!(show_play::page_play, preflight_play))
        .routes(routes!(show_group::page_group, preflight_group))
        .routes(routes!(take_seat::page_open_group, preflight_open_group))
        .routes(routes!(take_seat::page_join_group, preflight_join_group))
        .routes(routes!(show_bargain::page_bargain, preflight_bargain))
        .routes(routes!(bargain_along::page_open_bargain, preflight_open_bargain))
        .routes(routes!(bargain_along::page_help_bargain, preflight_help_bargain))
        .routes(routes!(bargain_along::page_order_bargain, preflight_order_bargain))
        .routes(routes!(assist_along::page_assist, preflight_assist))
        .routes(routes!(assist_along::page_open_assist, preflight_open_assist))
        .routes(routes!(assist_along::page_accept_assist, preflight_accept_assist))
        .routes(routes!(draw_along::page_lottery, preflight_lottery))
        .routes(routes!(draw_along::page_draw, preflight_draw))
        .routes(routes!(check_in_along::page_streak, preflight_streak))
        .routes(routes!(check_in_along::page_check_in, preflight_check_in))
        .routes(routes!(tasks_along::page_tasks, preflight_tasks))
        .routes(routes!(tasks_along::page_take_tasks_on, preflight_take_tasks_on))
        .routes(routes!(share_along::page_sharing, preflight_sharing))
        .routes(routes!(share_along::page_join_sharers, preflight_join_sharers))
        .routes(routes!(share_along::page_bind, preflight_bind))
        .routes(routes!(share_along::page_withdraw, preflight_withdraw))
        .routes(routes!(vote_along::page_votes, preflight_votes))
        .routes(routes!(vote_along::page_cast_vote, preflight_cast_vote))
        .routes(routes!(vote_along::page_enter_vote, preflight_enter_vote))
        .routes(routes!(quiz_along::page_quiz, preflight_quiz))
        .routes(routes!(quiz_along::page_begin_quiz, preflight_begin_quiz))
        .routes(routes!(quiz_along::page_answer_quiz, preflight_answer_quiz))
        .routes(routes!(contest_along::page_contest, preflight_contest))
        .routes(routes!(contest_along::page_final_standings, preflight_final_standings))
        .routes(routes!(contest_along::page_join_contest, preflight_join_contest))
        .routes(routes!(contest_along::page_leave_contest, preflight_leave_contest))
}

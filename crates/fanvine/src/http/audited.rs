//! What the audit tells of: every operation that is not safe (GET), except those listed here. An operation nobody
//! thought of is therefore audited; a name in these lists that no operation has keeps the program from starting.

use fanvine_contracts::access::Means;

/// They ask, and change nothing; a question is too long for an address.
const QUESTIONS: [&str; 23] = [
    "ask_active",
    "ask_attribution",
    "ask_basket",
    "ask_correlation",
    "ask_forecast",
    "ask_funnel",
    "ask_metrics",
    "ask_paths",
    "ask_retention",
    "ask_sessions",
    "ask_sql",
    "ask_trends",
    "check_segment_rule",
    "find_look_alikes",
    "list_behind",
    "preview_alert",
    "preview_data_retention",
    "preview_identities",
    "preview_report",
    "preview_segment_rule",
    "preview_shop_webhook",
    "preview_tag",
    "quote_cart",
];

/// What the shop's own server says all day long on behalf of shoppers: events, the catalogue, orders, checkouts, plays.
/// With a server key it is traffic; done by somebody signed in to the console it is an act.
const TRAFFIC: [&str; 26] = [
    "accept_assist",
    "activate_friend",
    "bind_shopper",
    "check_in",
    "claim_prize",
    "draw_lottery",
    "give_entries",
    "help_bargain",
    "join_group",
    "join_sharers",
    "make_link",
    "make_up_check_in",
    "open_assist",
    "open_bargain",
    "open_group",
    "order_bargain",
    "pay_deposit",
    "put_order",
    "put_product",
    "receive_import",
    "redeem",
    "refund_order",
    "request_withdrawal",
    "reserve_offers",
    "return_goods",
    "roll_back",
];

/// The guard's own: it saves an entry, with more in it, in the transaction of what is done.
const BY_THE_GUARD: [&str; 9] = [
    "change_account",
    "change_password",
    "create_account",
    "create_key",
    "delete_account",
    "delete_key",
    "rotate_key",
    "sign_in",
    "sign_out",
];

/// Whether an operation is written into the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    Always,
    /// Where a person does it.
    InTheConsole,
    Never,
}

impl Audited {
    pub fn of(method: &str, operation: &str) -> Self {
        if matches!(method, "GET" | "HEAD" | "OPTIONS")
            || QUESTIONS.contains(&operation)
            || BY_THE_GUARD.contains(&operation)
        {
            Self::Never
        } else if TRAFFIC.contains(&operation) {
            Self::InTheConsole
        } else {
            Self::Always
        }
    }

    pub fn counts(self, means: Means) -> bool {
        match self {
            Self::Always => true,
            Self::InTheConsole => means == Means::Session,
            Self::Never => false,
        }
    }
}

/// Every operation that is excepted.
pub fn listed() -> impl Iterator<Item = &'static str> {
    QUESTIONS.into_iter().chain(TRAFFIC).chain(BY_THE_GUARD)
}

/// What a path is about: its parts where the route has parameters.
pub fn subject<'a>(route: &str, path: &'a str) -> Vec<&'a str> {
    let parts = route.split('/').zip(path.split('/'));
    parts.filter(|(part, _)| part.starts_with('{')).map(|(_, said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_thought_of_is_audited() {
        assert_eq!(Audited::of("POST", "put_something_new"), Audited::Always);
        assert_eq!(Audited::of("GET", "show_something_new"), Audited::Never);
        assert!(Audited::of("PUT", "put_order").counts(Means::Session));
        assert!(!Audited::of("PUT", "put_order").counts(Means::ServerKey));
    }

    #[test]
    fn a_path_is_about_the_values_of_its_parameters() {
        assert_eq!(subject("/api/v1/dashboards/{id}/shares/{share}", "/api/v1/dashboards/d1/shares/s2"), ["d1", "s2"]);
        assert!(subject("/api/v1/shop", "/api/v1/shop").is_empty());
    }
}

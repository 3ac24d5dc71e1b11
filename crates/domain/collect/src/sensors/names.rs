//! Which of Fanvine's names an event means whose name may hold only letters, digits, `_` and `$`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use fanvine_kernel::event::names;

/// The letters and digits of a name, in small letters.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The name an event is kept under: of `ProductViewed`, `product_viewed` and their like the one that means something,
/// else its own.
pub(super) fn meant(name: Cow<'_, str>) -> Cow<'_, str> {
    static KNOWN: LazyLock<HashMap<String, &str>> =
        LazyLock::new(|| names::ALL.iter().map(|name| (folded(name), *name)).collect());
    if !name.is_ascii() || name.starts_with('$') {
        return name;
    }
    match KNOWN.get(&folded(&name)) {
        // What Fanvine itself says nobody else can say.
        Some(known) if !names::is_about_segments(known) => Cow::Borrowed(known),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_blanks_are_understood() {
        for name in ["OrderCompleted", "order_completed", "_order_completed", "orderCompleted", "Order Completed"] {
            assert_eq!(meant(name.into()), "Order Completed");
        }
        for name in ["$SignUp", "Buy", "下单", "SegmentEntered"] {
            assert_eq!(meant(name.into()), name);
        }
    }
}

//! The names of events that mean something to Fanvine.
//!
//! The first part is Segment's e-commerce spec, word for word; the second is what social commerce
//! adds. Any other name is taken, kept and counted too; it only has no special meaning.

macro_rules! names {
    ($($(#[$about:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$about])* pub const $name: &str = $text;)*

        /// Every name above.
        pub const ALL: &[&str] = &[$($text),*];
    };
}

names! {
    /// A search was made.
    PRODUCTS_SEARCHED = "Products Searched";
    /// A list or category was seen.
    PRODUCT_LIST_VIEWED = "Product List Viewed";
    /// A list was narrowed.
    PRODUCT_LIST_FILTERED = "Product List Filtered";
    /// A promotion was seen.
    PROMOTION_VIEWED = "Promotion Viewed";
    /// A promotion was clicked.
    PROMOTION_CLICKED = "Promotion Clicked";
    /// A product was clicked in a list.
    PRODUCT_CLICKED = "Product Clicked";
    /// A product's details were seen.
    PRODUCT_VIEWED = "Product Viewed";
    /// A product went into the cart.
    PRODUCT_ADDED = "Product Added";
    /// A product left the cart.
    PRODUCT_REMOVED = "Product Removed";
    /// The cart was seen.
    CART_VIEWED = "Cart Viewed";
    /// Checkout began.
    CHECKOUT_STARTED = "Checkout Started";
    /// A step of checkout was seen.
    CHECKOUT_STEP_VIEWED = "Checkout Step Viewed";
    /// A step of checkout was done.
    CHECKOUT_STEP_COMPLETED = "Checkout Step Completed";
    /// Payment details were given.
    PAYMENT_INFO_ENTERED = "Payment Info Entered";
    /// The order was changed.
    ORDER_UPDATED = "Order Updated";
    /// The order was placed and paid.
    ORDER_COMPLETED = "Order Completed";
    /// The order, or part of it, was refunded.
    ORDER_REFUNDED = "Order Refunded";
    /// The order was cancelled.
    ORDER_CANCELLED = "Order Cancelled";
    /// A coupon was entered.
    COUPON_ENTERED = "Coupon Entered";
    /// A coupon took effect.
    COUPON_APPLIED = "Coupon Applied";
    /// A coupon was refused.
    COUPON_DENIED = "Coupon Denied";
    /// A coupon was taken off.
    COUPON_REMOVED = "Coupon Removed";
    /// A product went on the wish list.
    PRODUCT_ADDED_TO_WISHLIST = "Product Added to Wishlist";
    /// A product left the wish list.
    PRODUCT_REMOVED_FROM_WISHLIST = "Product Removed from Wishlist";
    /// A wish-listed product went into the cart.
    WISHLIST_PRODUCT_ADDED_TO_CART = "Wishlist Product Added to Cart";
    /// A product was shared.
    PRODUCT_SHARED = "Product Shared";
    /// A cart was shared.
    CART_SHARED = "Cart Shared";
    /// The shop told what a product is: its name, price, picture.
    PRODUCT_UPDATED = "Product Updated";
    /// The shop no longer has a product.
    PRODUCT_DELETED = "Product Deleted";
    /// A product was reviewed (Segment's name).
    PRODUCT_REVIEWED = "Product Reviewed";

    /// Someone opened what another shopper shared.
    SHARE_OPENED = "Share Opened";
    /// One shopper followed another.
    SHOPPER_FOLLOWED = "Shopper Followed";
    /// Content was liked.
    CONTENT_LIKED = "Content Liked";
    /// Content was commented on.
    CONTENT_COMMENTED = "Content Commented";
    /// An invitation was accepted.
    INVITE_ACCEPTED = "Invite Accepted";
    /// A group buy was opened.
    GROUP_BUY_STARTED = "Group Buy Started";
    /// A group buy was joined.
    GROUP_BUY_JOINED = "Group Buy Joined";
    /// A group buy filled its seats.
    GROUP_BUY_COMPLETED = "Group Buy Completed";
    /// A review was written.
    REVIEW_SUBMITTED = "Review Submitted";

    /// A shopper came to belong to a segment: our own finding, nothing they did.
    SEGMENT_ENTERED = "Segment Entered";
    /// A shopper no longer belongs to a segment.
    SEGMENT_LEFT = "Segment Left";

    /// An offer got a new version.
    OFFER_CHANGED = "Offer Changed";
    /// An offer was published.
    OFFER_PUBLISHED = "Offer Published";
    /// An offer was withdrawn.
    OFFER_WITHDRAWN = "Offer Withdrawn";
    /// A group of offers was set.
    OFFER_GROUP_CHANGED = "Offer Group Changed";
    /// All coupon codes of a request were made.
    CODES_MADE = "Codes Made";
    /// What the offers of an order use was set aside.
    REDEMPTION_RESERVED = "Redemption Reserved";
    /// The order stands, and what was set aside is used.
    REDEMPTION_REDEEMED = "Redemption Redeemed";
    /// The order was given up, and what it used is free again.
    REDEMPTION_ROLLED_BACK = "Redemption Rolled Back";
    /// What was set aside was not redeemed in time, and is free again.
    REDEMPTION_LAPSED = "Redemption Lapsed";
    /// Goods of the order came back.
    REDEMPTION_RETURNED = "Redemption Returned";
    /// The deposit of a pre-sale was paid, and the goods are kept until the balance is due.
    REDEMPTION_DEPOSITED = "Redemption Deposited";
    /// A coupon came into a shopper's wallet.
    COUPON_RECEIVED = "Coupon Received";
    /// A flash sale that a shopper wanted to be reminded of begins soon.
    FLASH_SALE_REMINDER_DUE = "Flash Sale Reminder Due";
    /// A play got a new version.
    PLAY_CHANGED = "Play Changed";
    /// A play was published.
    PLAY_PUBLISHED = "Play Published";
    /// A play was withdrawn.
    PLAY_WITHDRAWN = "Play Withdrawn";
    /// A campaign got a new version.
    CAMPAIGN_CHANGED = "Campaign Changed";
    /// A campaign was published.
    CAMPAIGN_PUBLISHED = "Campaign Published";
    /// A campaign began.
    CAMPAIGN_STARTED = "Campaign Started";
    /// A campaign was paused, by somebody or by its own limits.
    CAMPAIGN_PAUSED = "Campaign Paused";
    /// A paused campaign goes on.
    CAMPAIGN_RESUMED = "Campaign Resumed";
    /// A campaign was closed, and its figures are kept.
    CAMPAIGN_CLOSED = "Campaign Closed";
    /// A shopper met a campaign for the first time, and was treated or held out.
    CAMPAIGN_MET = "Campaign Met";
    /// A group buy did not fill its seats in time: its members get their money back.
    GROUP_BUY_FAILED = "Group Buy Failed";
    /// The shop owes the whole payment of an order back, for no fault of the shopper.
    REFUND_OWED = "Refund Owed";
    /// A bargain was opened.
    BARGAIN_STARTED = "Bargain Started";
    /// Somebody helped with a bargain.
    BARGAIN_HELPED = "Bargain Helped";
    /// A bargain was paid, at the price that was reached.
    BARGAIN_COMPLETED = "Bargain Completed";
    /// A bargain was not paid in time.
    BARGAIN_FAILED = "Bargain Failed";
    /// A shopper opened an invitation whose friends earn a reward.
    ASSIST_STARTED = "Assist Started";
    /// An invited friend did what the play asks for, and counts.
    INVITEE_ACTIVATED = "Invitee Activated";
    /// So many friends count that a reward of an invitation was given.
    ASSIST_REWARDED = "Assist Rewarded";
    /// An invitation is over, and earned a reward at least.
    ASSIST_COMPLETED = "Assist Completed";
    /// An invitation is over, and earned none.
    ASSIST_FAILED = "Assist Failed";
    /// A draw of a lottery was made.
    LOTTERY_DRAWN = "Lottery Drawn";
    /// Goods that were won were claimed.
    PRIZE_CLAIMED = "Prize Claimed";
    /// A lottery is over, and the seed of its draws is told.
    LOTTERY_ENDED = "Lottery Ended";
    /// A shopper checked in for the day.
    CHECKED_IN = "Checked In";
    /// A shopper put something up in a topic challenge.
    ENTRY_SUBMITTED = "Entry Submitted";
    /// A shopper voted.
    VOTE_CAST = "Vote Cast";
    /// A shopper began an attempt at a quiz.
    QUIZ_STARTED = "Quiz Started";
    /// They answered it in time.
    QUIZ_COMPLETED = "Quiz Completed";
    /// An owner answered for a version of a play.
    PLAY_SIGNED_OFF = "Play Signed Off";
    /// Somebody joined those who share for commission.
    SHARER_JOINED = "Sharer Joined";
    /// A shopper was brought by a sharer, and is bound to them.
    SHOPPER_REFERRED = "Shopper Referred";
    /// An order earned a sharer commission, which is frozen at first.
    COMMISSION_EARNED = "Commission Earned";
    /// Commission was taken back with goods.
    COMMISSION_TAKEN_BACK = "Commission Taken Back";
    /// Commission opened: it may be withdrawn.
    COMMISSION_RELEASED = "Commission Released";
    /// A sharer wants commission to be paid.
    WITHDRAWAL_REQUESTED = "Withdrawal Requested";
    /// Commission was paid.
    WITHDRAWAL_PAID = "Withdrawal Paid";
    /// Commission is not paid, and there again.
    WITHDRAWAL_REJECTED = "Withdrawal Rejected";
    /// The shop set levels, or others than before.
    LEVELS_CHANGED = "Levels Changed";
    /// A shopper came to a level.
    LEVEL_REACHED = "Level Reached";
    /// A shopper lost a level, and has a lower one or none.
    LEVEL_LOST = "Level Lost";
    /// The shop set what earns points, or other than before.
    EARNING_RULE_CHANGED = "Earning Rule Changed";
    /// A shopper was given points for something they did.
    POINTS_GIVEN = "Points Given";
    /// They were taken back, because it is undone.
    POINTS_TAKEN_BACK = "Points Taken Back";
    /// A shopper took tasks on.
    TASKS_JOINED = "Tasks Joined";
    /// A shopper has done a step of their tasks.
    TASK_STEP_COMPLETED = "Task Step Completed";
    /// A shopper has done all steps of their tasks.
    TASKS_COMPLETED = "Tasks Completed";
    /// A shopper takes part in a contest.
    CONTEST_JOINED = "Contest Joined";
    /// They do no more.
    CONTEST_LEFT = "Contest Left";
    /// The shop excluded somebody from a contest.
    CONTESTANT_EXCLUDED = "Contestant Excluded";
    /// The shop let them in again.
    CONTESTANT_READMITTED = "Contestant Readmitted";
    /// Places of a contest are final.
    CONTEST_SETTLED = "Contest Settled";
    /// Somebody got the prize of their place.
    CONTEST_PRIZE_GIVEN = "Contest Prize Given";
    /// A figure that is watched is not as it should be: our own finding, about no shopper.
    ALERT_RAISED = "Alert Raised";
    /// It is as it should be again.
    ALERT_RESOLVED = "Alert Resolved";

    /// A page was seen.
    PAGE_VIEWED = "Page Viewed";
    /// A screen of an app was seen.
    SCREEN_VIEWED = "Screen Viewed";
    /// A shopper was identified.
    IDENTIFY = "Identify";
    /// A shopper joined a group.
    GROUP = "Group";
    /// Two identifiers were said to be one shopper.
    ALIAS = "Alias";
}

/// Whether an event tells of a segment, not of something anybody did.
pub fn is_about_segments(name: &str) -> bool {
    matches!(name, SEGMENT_ENTERED | SEGMENT_LEFT)
}

/// Events that tell what the shop did or found out, not what a shopper did: they make nobody active.
pub const THE_SHOPS_OWN: &[&str] = &[
    ORDER_REFUNDED,
    ORDER_CANCELLED,
    ORDER_UPDATED,
    SEGMENT_ENTERED,
    SEGMENT_LEFT,
    ALERT_RAISED,
    ALERT_RESOLVED,
    OFFER_CHANGED,
    OFFER_PUBLISHED,
    OFFER_WITHDRAWN,
    OFFER_GROUP_CHANGED,
    CODES_MADE,
    REDEMPTION_RESERVED,
    REDEMPTION_REDEEMED,
    REDEMPTION_ROLLED_BACK,
    REDEMPTION_LAPSED,
    REDEMPTION_RETURNED,
    REDEMPTION_DEPOSITED,
    COUPON_RECEIVED,
    FLASH_SALE_REMINDER_DUE,
    PLAY_CHANGED,
    PLAY_PUBLISHED,
    PLAY_WITHDRAWN,
    CAMPAIGN_CHANGED,
    CAMPAIGN_PUBLISHED,
    CAMPAIGN_STARTED,
    CAMPAIGN_PAUSED,
    CAMPAIGN_RESUMED,
    CAMPAIGN_CLOSED,
    CAMPAIGN_MET,
    GROUP_BUY_FAILED,
    REFUND_OWED,
    BARGAIN_FAILED,
    LOTTERY_ENDED,
    PLAY_SIGNED_OFF,
    SHOPPER_REFERRED,
    COMMISSION_EARNED,
    COMMISSION_TAKEN_BACK,
    COMMISSION_RELEASED,
    WITHDRAWAL_PAID,
    WITHDRAWAL_REJECTED,
    LEVELS_CHANGED,
    LEVEL_REACHED,
    LEVEL_LOST,
    EARNING_RULE_CHANGED,
    POINTS_GIVEN,
    POINTS_TAKEN_BACK,
    TASK_STEP_COMPLETED,
    TASKS_COMPLETED,
    CONTESTANT_EXCLUDED,
    CONTESTANT_READMITTED,
    CONTEST_SETTLED,
    CONTEST_PRIZE_GIVEN,
];

//! What an event means for knowing a shopper.

use fanvine_kernel::EventKind;
use fanvine_kernel::event::names;

macro_rules! deeds {
    ($($(#[$about:meta])* $name:ident = $number:literal;)*) => {
        /// What a shopper did, or what others did to them. The numbers are written to the store and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Deed { $($(#[$about])* $name = $number,)* }

        impl Deed {
            /// All of them.
            pub const ALL: &[Deed] = &[$(Deed::$name),*];
        }
    };
}

deeds! {
    /// Anything without a special meaning.
    Other = 0;
    /// Saw a page or screen.
    Page = 1;
    /// Saw or clicked a product, a list or a promotion.
    Browse = 2;
    /// Searched.
    Search = 3;
    /// Put a product on the wish list.
    Favourite = 4;
    /// Put a product into the cart.
    Cart = 5;
    /// Began or went on with checkout.
    Checkout = 6;
    /// Placed an order.
    Order = 7;
    /// An order was changed.
    OrderChange = 8;
    /// An order, or part of it, was refunded.
    Refund = 9;
    /// An order was cancelled.
    Cancel = 10;
    /// A coupon took effect.
    Coupon = 11;
    /// Wrote a review.
    Review = 12;
    /// Shared a product or cart.
    Share = 13;
    /// Opened what somebody else shared.
    ShareOpen = 14;
    /// Followed somebody.
    Follow = 15;
    /// Liked content.
    Like = 16;
    /// Commented on content.
    Comment = 17;
    /// Accepted somebody's invitation.
    InviteAccept = 18;
    /// Opened or joined a group buy.
    GroupBuy = 19;
    /// Said who they are.
    Identify = 20;
    /// Joined a group.
    Circle = 21;
    /// Received: somebody followed them.
    Followed = 22;
    /// Received: somebody accepted their invitation.
    InviteWon = 23;
    /// Received: somebody opened what they shared.
    ShareDrew = 24;
}

impl Deed {
    /// What an event of this call and name is.
    pub fn of(kind: EventKind, name: &str) -> Self {
        match kind {
            EventKind::Page | EventKind::Screen => return Self::Page,
            EventKind::Identify | EventKind::Alias => return Self::Identify,
            EventKind::Group => return Self::Circle,
            EventKind::Track => {}
        }
        match name {
            names::PRODUCT_VIEWED
            | names::PRODUCT_CLICKED
            | names::PRODUCT_LIST_VIEWED
            | names::PRODUCT_LIST_FILTERED
            | names::PROMOTION_CLICKED => Self::Browse,
            names::PRODUCTS_SEARCHED => Self::Search,
            names::PRODUCT_ADDED_TO_WISHLIST => Self::Favourite,
            names::PRODUCT_ADDED | names::WISHLIST_PRODUCT_ADDED_TO_CART => Self::Cart,
            names::CHECKOUT_STARTED | names::CHECKOUT_STEP_VIEWED | names::CHECKOUT_STEP_COMPLETED => Self::Checkout,
            names::ORDER_COMPLETED => Self::Order,
            names::ORDER_UPDATED => Self::OrderChange,
            names::ORDER_REFUNDED => Self::Refund,
            names::ORDER_CANCELLED => Self::Cancel,
            names::COUPON_APPLIED => Self::Coupon,
            names::REVIEW_SUBMITTED | names::PRODUCT_REVIEWED => Self::Review,
            names::PRODUCT_SHARED | names::CART_SHARED => Self::Share,
            names::SHARE_OPENED => Self::ShareOpen,
            names::SHOPPER_FOLLOWED => Self::Follow,
            names::CONTENT_LIKED => Self::Like,
            names::CONTENT_COMMENTED => Self::Comment,
            names::INVITE_ACCEPTED => Self::InviteAccept,
            names::GROUP_BUY_STARTED | names::GROUP_BUY_JOINED => Self::GroupBuy,
            names::PAGE_VIEWED | names::SCREEN_VIEWED => Self::Page,
            _ => Self::Other,
        }
    }

    /// Whether it is something done to the shopper, not by them.
    pub fn is_received(self) -> bool {
        matches!(self, Self::Followed | Self::InviteWon | Self::ShareDrew)
    }

    /// What this does to the other shopper it names.
    pub(super) fn echo(self) -> Option<Self> {
        match self {
            Self::Follow => Some(Self::Followed),
            Self::InviteAccept => Some(Self::InviteWon),
            Self::ShareOpen => Some(Self::ShareDrew),
            _ => None,
        }
    }

    /// Whether the properties of such an event say something worth reading here.
    pub(super) fn has_properties(self) -> bool {
        !matches!(self, Self::Other | Self::Page | Self::Identify)
    }
}

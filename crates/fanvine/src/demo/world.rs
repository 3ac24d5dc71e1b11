//! The made-up shop: its goods, and its shoppers with who brought whom.

use super::chance::Chance;

/// A product of the shop.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: String,
    pub name: String,
    pub category: &'static str,
    pub price_minor: i64,
}

/// A shopper.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    /// When they came for the first time, in days since the history began.
    pub joined: f64,
    /// Who shared the link they came by.
    pub invited_by: Option<usize>,
    /// How many days pass between two visits, on average.
    pub pause: f64,
    /// How likely a visit ends in an order.
    pub buys: f64,
    /// The category they look at most.
    pub likes: usize,
}

/// Category, English and Chinese kind, lowest price in minor units.
const KINDS: [(&str, &str, &str, i64); 6] = [
    ("green", "Green tea", "绿茶", 4_800),
    ("oolong", "Oolong", "乌龙", 6_800),
    ("black", "Black tea", "红茶", 3_900),
    ("puer", "Pu'er", "普洱", 9_900),
    ("flower", "Flower tea", "花茶", 2_900),
    ("ware", "Teaware", "茶具", 5_900),
];
const NAMES: [(&str, &str); 10] = [
    ("Spring", "春"),
    ("Mist", "雾"),
    ("Cloud", "云"),
    ("Jade", "玉"),
    ("Valley", "谷"),
    ("Moon", "月"),
    ("Pine", "松"),
    ("Stone", "石"),
    ("Dew", "露"),
    ("Crane", "鹤"),
];

/// What the shop sells: the same whatever the seed, so that a page can name it.
pub fn products() -> Vec<Product> {
    let mut products = Vec::new();
    for (category, english, chinese, lowest) in KINDS {
        for (at, (word, sign)) in (0i64..).zip(NAMES) {
            products.push(Product {
                id: format!("{category}-{}", at + 1),
                name: format!("{english} “{word}” {chinese}·{sign}"),
                category,
                price_minor: lowest + at * 1_700,
            });
        }
    }
    products
}

/// The shoppers, in the order they came. Six of ten came by somebody's link; who brought many brings more (preferential
/// attachment: Barabási, Albert, "Emergence of scaling in random networks", Science 286, 1999).
pub fn people(count: u32, days: f64, seed: u64) -> Vec<Person> {
    let mut chance = Chance::of(seed, 1);
    // More come later: the shop grows.
    let mut joined: Vec<f64> = (0..count).map(|_| days * chance.share().sqrt()).collect();
    joined.sort_by(f64::total_cmp);
    let mut people: Vec<Person> = Vec::with_capacity(joined.len());
    let mut brought: Vec<usize> = Vec::new();
    for (at, joined) in joined.into_iter().enumerate() {
        let by_link = at > 20 && chance.happens(0.6);
        let invited_by = match (by_link, chance.happens(0.7)) {
            (false, _) => None,
            (true, true) => chance.one_of(&brought).copied().or(Some(chance.below(at))),
            (true, false) => Some(chance.below(at)),
        };
        brought.extend(invited_by);
        // Friends like what their friend likes.
        let friend = invited_by.and_then(|friend| people.get(friend)).map(|friend| friend.likes);
        let own = chance.below(KINDS.len());
        let likes = friend.filter(|_| chance.happens(0.6)).unwrap_or(own);
        people.push(Person {
            id: format!("s-{:05}", at + 1),
            joined,
            invited_by,
            pause: 3.0 + chance.wait(14.0),
            buys: 0.02 + 0.3 * chance.share().powi(2),
            likes,
        });
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_was_brought_by_somebody_who_was_there_before() {
        let shoppers = people(2_000, 90.0, 7);
        for (at, person) in shoppers.iter().enumerate() {
            assert!(person.invited_by.is_none_or(|friend| friend < at), "{person:?}");
        }
        let by_link = shoppers.iter().filter(|person| person.invited_by.is_some()).count();
        assert!((1_100..1_300).contains(&by_link), "{by_link}");
        let again = people(2_000, 90.0, 7);
        assert!(shoppers.iter().zip(&again).all(|(one, two)| one.joined == two.joined && one.likes == two.likes));
    }
}

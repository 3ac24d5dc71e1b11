//! What only bargains are held against: the price they begin with, and that their floor can be reached.

use fanvine_contracts::prices::PricedProduct;
use fanvine_kernel::Money;

use super::Bargain;
use crate::offers::{GateResult, Verdict};
use crate::quote::Words;

/// More helps than this, and somebody should look whether anybody gets there.
const MANY_HELPS: i64 = 50;

/// What the gates of bargains find.
pub(crate) fn gates(rules: &Bargain, products: &[PricedProduct], reference_days: i64) -> Vec<GateResult> {
    vec![start_price(rules, products, reference_days), reachable(rules)]
}

/// Whether the price it begins with is a price the product had.
fn start_price(rules: &Bargain, products: &[PricedProduct], days: i64) -> GateResult {
    let product = products.iter().find(|product| product.product_id == rules.product_id);
    let (verdict, evidence) = match product {
        None => {
            let id = &rules.product_id;
            let says = Words::new(
                format!("{id} is not on sale with a price, as far as the shop told"),
                format!("{id} 未在售或未提供价格"),
            );
            (Verdict::Warn, says)
        }
        Some(product) => {
            let shown = |minor| Money::new(minor, product.currency).to_string();
            let (start, lowest) = (shown(rules.start_minor), shown(product.lowest_minor));
            let verdict = if rules.start_minor > product.lowest_minor { Verdict::Refuse } else { Verdict::Pass };
            let (id, since) = (&product.product_id, product.lowest_since);
            let says = Words::new(
                format!("{id}: begins at {start}; {lowest} from {since} on"),
                format!("{id}：起始价 {start}，自 {since} 起的最低价 {lowest}"),
            );
            (verdict, says)
        }
    };
    GateResult {
        gate: "bargain_start".into(),
        rule: Words {
            en: format!(
                "a bargain begins at a price that is not above the lowest of the last {days} days (in China 7: Provisions on \
                 Clearly Marked Prices and Price Fraud; in the European Union 30: Directive 98/6/EC, article 6a)"
            ),
            zh: format!(
                "砍价起始价不得高于此前 {days} 天内的最低价（中国为 7 天：《明码标价和禁止价格欺诈规定》；欧盟为 30 天：98/6/EC 指令第 6a 条）"
            ),
        },
        verdict,
        evidence: vec![evidence],
    }
}

/// Whether the floor is reached by a number of helps that is told beforehand.
fn reachable(rules: &Bargain) -> GateResult {
    let (helps, least) = (rules.helps, rules.least_cut_minor);
    GateResult {
        gate: "bargain_reachable".into(),
        rule: Words {
            en: "how many helps reach the floor is told before anybody takes part, and every cut is fixed by then \
                 (Provisions on Regulating Promotional Acts: conditions are true, clear and not changed)"
                .into(),
            zh: "达到底价所需助力次数须事先公示，每刀金额在开始前已固定（《规范促销行为暂行规定》：促销条件应真实、明示、不得变更）".into(),
        },
        verdict: if helps > MANY_HELPS { Verdict::Warn } else { Verdict::Pass },
        evidence: vec![Words::new(
            format!("{helps} helps reach the floor, each of at least {least} minor units"),
            format!("{helps} 次助力到底价，每刀至少 {least}（最小货币单位）"),
        )],
    }
}

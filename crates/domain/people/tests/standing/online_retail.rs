//! On the orders of UCI Online Retail, against the figures of other people's code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fanvine_kernel::{Event, Timestamp, Zone};
use fanvine_lake::Cell;
use serde_json::{Value, json};

use crate::shop::{Shop, order};

fn uci_file() -> Option<PathBuf> {
    let root = std::env::var_os("FANVINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let file = root.join("uci-online-retail/online_retail_full.parquet");
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {} is not at hand; set FANVINE_DATA to the folder of real data", file.display());
    None
}

/// The invoices of UCI Online Retail of known customers, without cancellations.
fn invoices(file: &Path) -> Vec<Event> {
    let rows = fanvine_lake::parquet_rows(file).unwrap();
    let names = ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"];
    let columns = names.map(|name| rows.columns().iter().position(|column| column == name).unwrap());
    let mut orders: BTreeMap<String, (String, Timestamp, i64)> = BTreeMap::new();
    for row in rows.flat_map(Result::unwrap) {
        let [invoice, customer, at, quantity, price] = columns.map(|column| &row[column]);
        let number = |cell: &Cell| cell.to_text().and_then(|text| text.parse::<f64>().ok());
        let (invoice, Some(customer)) = (invoice.to_text().unwrap(), number(customer)) else { continue };
        if invoice.starts_with('C') {
            continue;
        }
        let at = match at {
            Cell::Time(at) => *at,
            other => Zone::UTC.parse(&other.to_text().unwrap()).unwrap(),
        };
        let minor = (number(quantity).unwrap() * number(price).unwrap() * 100.0).round_ties_even() as i64;
        let order = orders.entry(invoice).or_insert_with(|| (customer.to_string(), at, 0));
        (order.1, order.2) = (order.1.min(at), order.2 + minor);
    }
    orders.iter().map(|(id, (customer, at, minor))| order((customer, true), id, *at, *minor, "GBP")).collect()
}

fn close(name: &str, value: &Value, expected: f64, tolerance: f64) {
    let value = value.as_f64().unwrap();
    assert!((value / expected - 1.0).abs() <= tolerance, "{name} is {value}, not {expected}");
}

/// All figures are those `oracles/standing.py` prints: pandas 3.1.1 and lifetimes 0.11.3.
#[tokio::test]
async fn online_retail_gives_the_figures_of_pandas_and_lifetimes() {
    let Some(file) = uci_file() else { return };
    let shop = Shop::at("2012-01-15T00:00:00Z").await;
    shop.take_in(&invoices(&file));

    let rfm = shop.get("rfm?as_of=2011-12-09").await;
    assert_eq!((&rfm["buyers"], &rfm["orders"]), (&json!(4339), &json!(18536)));
    assert_eq!((&rfm["currency"], &rfm["spend_minor"]), (&json!("GBP"), &json!(891_140_790)));
    close("mean F", &rfm["frequency"]["mean"], 2.6264116155796264, 1e-12);
    let figures = |one: &Value| ["buyers", "orders", "spend_minor"].map(|name| one[name].as_i64().unwrap());
    let groups: BTreeMap<&str, [i64; 3]> =
        rfm["groups"].as_array().unwrap().iter().map(|one| (one["group"].as_str().unwrap(), figures(one))).collect();
    let expected = [
        ("at_risk", [342, 1549, 65_668_845]),
        ("champions", [1534, 13372, 685_231_632]),
        ("fading", [67, 225, 2_318_303]),
        ("lost", [965, 1130, 23_045_604]),
        ("newcomers", [637, 847, 16_843_175]),
        ("promising", [343, 592, 49_798_952]),
        ("regulars", [67, 226, 2_299_464]),
        ("win_back", [384, 595, 45_934_815]),
    ];
    assert_eq!(groups, expected.into_iter().collect());
    let matrix = rfm["matrix"].as_array().unwrap();
    assert_eq!((&matrix[0]["buyers"], &matrix[24]["buyers"]), (&json!(367), &json!(625)), "R5 F5 and R1 F1");

    let lifecycle = shop.get("lifecycle?as_of=2011-12-09&before=2011-11-09").await;
    let mut moves = BTreeMap::new();
    for one in lifecycle["moves"].as_array().unwrap() {
        let from = one["from"].as_str().unwrap_or("-").to_owned();
        let row: &mut [u64; 7] = moves.entry(from).or_default();
        let column = STAGES.iter().position(|stage| one["to"] == *stage).unwrap();
        row[column] = one["buyers"].as_u64().unwrap();
    }
    assert_eq!(moves, MOVES.into_iter().map(|(from, row)| (from.to_owned(), row)).collect());

    agrees_with_lifetimes(&shop).await;
}

const STAGES: [&str; 7] = ["at_risk", "dormant", "growing", "lost", "mature", "new", "won_back"];
const MOVES: [(&str, [u64; 7]); 8] = [
    ("-", [0, 0, 40, 0, 5, 208, 0]),
    ("at_risk", [229, 179, 60, 0, 116, 0, 0]),
    ("dormant", [0, 488, 72, 166, 38, 0, 25]),
    ("growing", [140, 0, 275, 0, 144, 0, 16]),
    ("lost", [0, 0, 5, 387, 4, 0, 59]),
    ("mature", [122, 0, 0, 0, 894, 0, 2]),
    ("new", [212, 0, 113, 0, 12, 227, 0]),
    ("won_back", [39, 0, 11, 0, 10, 0, 41]),
];

async fn agrees_with_lifetimes(shop: &Shop) {
    let value = shop.get("value?as_of=2011-12-09").await;
    let model = &value["model"];
    assert_eq!((&value["buyers"], &model["repeat_buyers"]), (&json!(4339), &json!(2790)));
    assert_eq!((&model["buying"]["converged"], &model["buying"]["ridge"]), (&json!(true), &json!(0.0)), "{model}");
    assert_eq!((&model["spending"]["converged"], &model["spending"]["ridge"]), (&json!(true), &json!(0.0)), "{model}");
    close("correlation", &model["correlation"], 0.015881971230154203, 1e-9);
    close("r", &model["buying"]["r"], 0.8264331078499365, 1e-3);
    close("alpha", &model["buying"]["alpha"], 68.89067985062341, 1e-3);
    close("alive", &value["alive"], 4334.684122044546, 1e-4);
    close("expected purchases", &value["expected_purchases"], 18681.338670113462, 1e-4);
    close("value", &value["lifetime_value_minor"], 864802116.3084652, 1e-4);
    let deciles = value["deciles"].as_array().unwrap();
    let sum = |name: &str| deciles.iter().map(|one| one[name].as_f64().unwrap()).sum::<f64>();
    assert_eq!((deciles.len(), sum("buyers")), (10, 4339.0));
    assert!((sum("share") - 1.0).abs() < 1e-9 && deciles[0]["share"].as_f64() > deciles[1]["share"].as_f64());

    for (customer, frequency, alive, purchases, spend, worth) in [
        ("12347", 6, 0.9996977350338635, 5.6319874625849815, 569.9888070022422, 3010.933995063648),
        ("12748", 113, 0.9999710095197458, 92.62867380593565, 299.5703604352079, 26026.751896084716),
        ("13313", 4, 0.999538745413267, 4.254767078408104, 335.6635350532445, 1339.531358590653),
        ("12346", 0, 1.0, 0.7550348456970148, 416.9176670271193, 295.24849611259197),
    ] {
        let one = shop.get(&format!("{customer}/value?as_of=2011-12-09")).await;
        assert_eq!(one["frequency"], json!(frequency), "{customer}");
        close("alive", &one["alive"], alive, 1e-4);
        close("purchases", &one["expected_purchases"], purchases, 5e-4);
        close("spend", &one["expected_spend_minor"], spend * 100.0, 5e-4);
        close("worth", &one["lifetime_value_minor"], worth * 100.0, 5e-4);
        let why = (one["why"]["en"].as_str().unwrap(), one["why"]["zh"].as_str().unwrap());
        let days = frequency + 1;
        assert!(why.0.starts_with(&format!("Bought on {days} different days")), "{}", why.0);
        assert!(why.1.starts_with(&format!("共在 {days} 个不同日期购买")), "{}", why.1);
    }

    // By then nobody seems ever to leave, and a runs to 0 with every ridge. `lifetimes` stops somewhere on that slope too,
    // so what is predicted is near its figures, not equal.
    let held_out = &value["held_out"];
    assert_eq!((&held_out["fitted_until"], &held_out["persons"]), (&json!("2011-08-06"), &json!(3191)));
    assert_eq!((&held_out["actual"], &held_out["converged"]), (&json!(5476), &json!(false)));
    close("predicted", &held_out["predicted"], 4516.332738338156, 2e-3);
    let classes = [
        (1416, 0.590779, 0.734463),
        (666, 1.057046, 1.184685),
        (380, 1.500546, 1.597368),
        (224, 1.911367, 2.169643),
        (123, 2.224562, 2.837398),
        (101, 2.683273, 3.237624),
        (71, 3.080474, 3.859155),
        (210, 5.781419, 7.638095),
    ];
    assert_eq!(held_out["classes"].as_array().unwrap().len(), classes.len());
    for (class, (persons, predicted, actual)) in held_out["classes"].as_array().unwrap().iter().zip(classes) {
        assert_eq!(class["persons"], json!(persons));
        close("predicted of each", &class["predicted"], predicted, 2e-3);
        close("actual of each", &class["actual"], actual, 1e-6);
    }
    assert!(held_out["purchases_auc"].as_f64().unwrap() > 0.65, "{held_out}");
    assert!((0.0..=1.0).contains(&held_out["alive_brier"].as_f64().unwrap()));
}

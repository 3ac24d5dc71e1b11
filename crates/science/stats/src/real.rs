//! Attribution and baskets on real data, beside the figures of other programs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::attribution::Journeys;
use crate::baskets::{Wanted, frequent, rules};

/// A file of the real data, which is not part of the project.
fn read(name: &str) -> Option<String> {
    let root = std::env::var_os("FANVINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(root.join(name)).ok();
    if text.is_none() {
        println!("skipped: {name} is not at hand; set FANVINE_DATA to the folder of real data");
    }
    text
}

#[test]
fn removal_effects_on_real_journeys_are_those_of_channel_attribution() {
    let Some(text) = read("attribution/PathData.csv") else { return };
    let (mut journeys, mut numbers, mut conversions) = (Journeys::default(), HashMap::new(), 0);
    for line in text.lines().skip(1) {
        let [path, converted, _, lost] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let path: Vec<u32> = path
            .split(" > ")
            .map(|name| {
                let next = numbers.len() as u32;
                *numbers.entry(name.to_owned()).or_insert(next)
            })
            .collect();
        let (converted, lost) = (converted.parse().unwrap(), lost.parse::<f64>().unwrap() as u64);
        journeys.add(&path, true, converted);
        journeys.add(&path, false, lost);
        conversions += converted;
    }
    assert_eq!((numbers.len(), conversions), (12, 19_785));
    let removal = journeys.removal(12).unwrap();
    let whole: f64 = removal.effects.iter().sum();
    // First the effect by taking the channel out and solving the chain anew (numpy 2.4.6), to the last digits; then the
    // conversions of ChannelAttribution 2.2.5 (markov_model, order 1, conv_par 0.005, seed 7), which walks at random.
    for (name, effect, walked) in [
        ("alpha", 0.5583994895077468, 5347.620622),
        ("iota", 0.4058350044719441, 3887.126525),
        ("eta", 0.34902633187114573, 3337.478351),
        ("beta", 0.26403853574123637, 2532.827272),
        ("theta", 0.20601046277277002, 1973.563604),
        ("lambda", 0.13402212280970027, 1277.680343),
        ("epsilon", 0.06263858227549057, 595.484240),
        ("zeta", 0.03981051781738332, 385.335956),
        ("kappa", 0.02866338665546575, 273.026984),
        ("gamma", 0.017879974419968914, 168.463458),
    ] {
        let ours = removal.effects[numbers[name] as usize];
        assert!((ours - effect).abs() < 1e-12, "{name}: {ours} is not {effect}");
        let conversions = ours / whole * conversions as f64;
        assert!((conversions / walked - 1.0).abs() < 0.02, "{name}: {conversions} is not {walked}");
    }
    assert!((removal.conversion - 0.2238451355968638).abs() < 1e-12);
}

#[test]
fn rules_of_a_real_supermarket_are_those_of_mlxtend() {
    let Some(text) = read("fimi/retail.dat") else { return };
    let baskets: Vec<Vec<u32>> =
        text.lines().map(|line| line.split_whitespace().map(|item| item.parse().unwrap()).collect()).collect();
    assert_eq!(baskets.len(), 88_162);
    // The published counts of frequent sets at one percent and one in a thousand (FIMI).
    let sets = |share: f64| {
        let least = (share * baskets.len() as f64).ceil() as u64;
        frequent(&baskets, Wanted { baskets: least, items: 100, sets: 100_000 }).unwrap()
    };
    assert_eq!(sets(0.001).len(), 7_589);
    let found = sets(0.01);
    assert_eq!(found.len(), 159);
    // mlxtend 0.25.0, association_rules(confidence ≥ 0.3) with one consequent: how many, the surest, and the sums.
    let found = rules(&found, baskets.len() as u64, 0.3);
    assert_eq!(found.len(), 116);
    assert_eq!((found[0].with.as_slice(), found[0].also), ([40, 49, 111].as_slice(), 39));
    let sum = |of: fn(&crate::baskets::Rule) -> f64| found.iter().map(of).sum::<f64>();
    for (ours, theirs) in [
        (found[0].confidence, 0.9942140790742526),
        (found[0].conviction.unwrap(), 142.25883789690144),
        (sum(|rule| rule.support), 3.479685125110591),
        (sum(|rule| rule.confidence), 79.75678344663201),
        (sum(|rule| rule.lift), 204.8194380869717),
        (sum(|rule| rule.leverage), 0.8111951219882606),
        (sum(|rule| rule.conviction.unwrap()), 809.2109861778129),
    ] {
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} is not {theirs}");
    }
}

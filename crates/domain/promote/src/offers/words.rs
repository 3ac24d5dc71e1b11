//! Words of the highest degree: forbidden in China by name (Advertising Law, article 9 (3), and what its enforcement treats
//! alike), and in English those that advertising codes want proved before they are said.

/// In Chinese: found anywhere in a text, for words are not set apart.
const CHINESE: &[&str] = &[
    "国家级",
    "世界级",
    "最高级",
    "最佳",
    "最好",
    "最优",
    "最大",
    "最强",
    "最新",
    "最低",
    "最便宜",
    "最先进",
    "最受欢迎",
    "最后一",
    "全网最",
    "史上最",
    "第一",
    "唯一",
    "首个",
    "首选",
    "独家",
    "顶级",
    "顶尖",
    "极致",
    "极品",
    "终极",
    "冠军",
    "王牌",
    "绝无仅有",
    "空前绝后",
    "史无前例",
    "万能",
    "永久",
    "百分之百",
    "100%",
    "零风险",
    "销量冠军",
    "全国领先",
    "领导品牌",
    "特供",
    "专供",
    "驰名商标",
    "国家免检",
];

/// In English: whole words only.
const ENGLISH: &[&str] = &[
    "best",
    "best ever",
    "cheapest",
    "lowest price",
    "lowest price ever",
    "no. 1",
    "no 1",
    "number one",
    "#1",
    "unbeatable",
    "guaranteed",
    "risk-free",
    "risk free",
    "never before",
    "once in a lifetime",
    "world's finest",
    "ultimate",
    "perfect",
    "miracle",
    "100% free",
];

/// The words of the highest degree in a text, each once.
pub(crate) fn absolute(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let in_chinese = CHINESE.iter().filter(|word| text.contains(**word));
    let in_english = ENGLISH.iter().filter(|word| has_word(&text, word));
    in_chinese.chain(in_english).copied().collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let is_apart = |beside: Option<char>| !beside.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, found)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        is_apart(before.chars().next_back()) && is_apart(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_highest_degree_are_found_in_both_languages() {
        assert_eq!(absolute("全网最低价"), ["最低", "全网最"]);
        assert_eq!(absolute("The BEST mugs, guaranteed!"), ["best", "guaranteed"]);
        assert_eq!(absolute("Bestow a mug; perfectly fine"), Vec::<&str>::new());
    }
}

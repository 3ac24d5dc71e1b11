//! Words that code may not say: lints switched off, panics on what input can reach, sleeping tests.

use crate::finding::Finding;
use crate::source::Source;

/// What would end the program where a refusal belongs.
const PANICS: &[&str] = &[".unwrap()", ".expect(", "todo!(", "unimplemented!("];
/// What waits by the clock.
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep(", "sleep_until("];
/// Where tests may sleep, and why.
const SLEEPERS: &[(&str, &str)] =
    &[("tests/src/lib.rs", "asks a process of its own again and again, up to a deadline")];

/// One source against all of it.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line: usize, rule: &'static str, says: String| {
        findings.push(Finding::at(&source.path, line, rule, says));
    };
    // What a macro writes may need the lint switched off in one place and not in the next.
    for (line, text) in source.plain_lines() {
        if text.contains("#[allow(") || text.contains("#![allow(") {
            found(line, "allow", "write #[expect(…, reason = \"…\")] instead of #[allow(…)]".to_owned());
        }
    }
    for (line, text) in source.all_lines() {
        if text.contains("dbg!(") {
            found(line, "panic", "dbg! is for debugging".to_owned());
        }
    }
    if source.path.starts_with("crates/") && !source.path.starts_with("crates/fanvine/") {
        for (line, text) in source.strict_lines() {
            for panic in PANICS.iter().filter(|panic| text.contains(**panic)) {
                let says = format!("{panic} panics: answer an error, or #[expect(…)] it with the reason why it cannot");
                found(line, "panic", says);
            }
        }
    }
    let measures = source.path.split('/').any(|part| matches!(part, "examples" | "benches"));
    if !measures && !SLEEPERS.iter().any(|(path, _)| *path == source.path) {
        for (line, text) in source.test_lines() {
            for sleep in SLEEPS.iter().filter(|sleep| text.contains(**sleep)) {
                found(line, "sleep", format!("{sleep} in a test: wait for the condition, or move a fake clock"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        check(&Source::read(path, text)).into_iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn a_lint_is_never_switched_off_without_a_reason() {
        assert_eq!(rules("crates/a/src/b.rs", "//! x\n#[allow(dead_code)]\nfn b() {}"), [(2, "allow")]);
        assert!(rules("crates/a/src/b.rs", "// not #[allow(dead_code)]\n").is_empty());
        let written = "macro_rules! a {\n() => {\n#[allow(dead_code)]\nfn b() {} };\n}\n#[allow(dead_code)]\nfn c() {}";
        assert_eq!(rules("crates/a/src/b.rs", written), [(6, "allow")]);
    }

    #[test]
    fn a_panic_is_for_tests_and_the_program_itself() {
        let text = "fn a() { b.unwrap(); c.expect(\"d\"); todo!() }\n";
        assert_eq!(rules("crates/a/src/b.rs", text), [(1, "panic"); 3]);
        assert!(rules("crates/fanvine/src/b.rs", text).is_empty());
        assert!(rules("crates/a/tests/b.rs", text).is_empty());
        assert!(rules("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests {{\n{text}}}")).is_empty());
        assert!(rules("crates/a/src/b.rs", "/// a.unwrap()\nfn a() { b.unwrap_or(0) }").is_empty());
        let excused = "#[expect(clippy::expect_used, reason = \"a constant\")]\nfn a() {\n    b.expect(\"c\")\n}";
        assert!(rules("crates/a/src/b.rs", excused).is_empty());
    }

    #[test]
    fn a_test_does_not_sleep() {
        let text = "fn a() { std::thread::sleep(b); tokio::time::sleep(b).await }";
        assert_eq!(rules("crates/a/tests/b.rs", text), [(1, "sleep"); 2]);
        assert!(rules("crates/a/src/b.rs", text).is_empty());
        assert!(rules("crates/a/examples/b.rs", text).is_empty());
    }
}

//! The client's clock and its correction.

use fanvine_kernel::Timestamp;

/// The first moment an event can have: 1970-01-01.
pub const EARLIEST: Timestamp = Timestamp::from_seconds(0);
/// The moment after the last one an event can have: 2106-01-01.
pub const LATEST: Timestamp = Timestamp::from_seconds(4_291_747_200);

/// Whether an event can have happened then.
pub fn plausible(moment: Timestamp) -> bool {
    (EARLIEST..LATEST).contains(&moment)
}

/// When it happened, by our clock: the client's time moved by how wrong its clock was when it sent.
///
/// As Segment does: `timestamp + (received_at − sent_at)`, however large the difference, since a device without a
/// battery wakes up in 1970 or 2000. A `sent_at` outside 1970–2105, or one that would move the event out of these
/// years, corrects nothing.
pub fn corrected(timestamp: Timestamp, sent_at: Option<Timestamp>, received_at: Timestamp) -> Timestamp {
    let Some(sent_at) = sent_at.filter(|sent_at| plausible(*sent_at)) else { return timestamp };
    let moved = timestamp.plus_micros(received_at.micros_since(sent_at));
    if plausible(moved) { moved } else { timestamp }
}

/// Reads ISO 8601, quickly in the forms clients send: `2026-01-02T03:04:05.678Z`, or a blank for the `T`, with or
/// without the `Z`. Other forms go the long way.
pub fn parse(text: &str) -> Option<Timestamp> {
    match quick(text.as_bytes()) {
        Some((moment, _)) => Some(moment),
        None => Timestamp::parse(text).ok(),
    }
}

/// The moment of a text in the usual forms and whether it said `Z`; none for other forms.
pub fn quick(text: &[u8]) -> Option<(Timestamp, bool)> {
    let two = |at: usize| -> Option<i64> {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    if text.len() < 19
        || text[4] != b'-'
        || text[7] != b'-'
        || !matches!(text[10], b'T' | b' ')
        || text[13] != b':'
        || text[16] != b':'
    {
        return None;
    }
    let year = two(0)? * 100 + two(2)?;
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, says_utc) = match &text[19..] {
        [rest @ .., b'Z'] => (rest, true),
        rest => (rest, false),
    };
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if !digits.is_empty() && digits.len() <= 9 => {
            let mut micros = 0;
            for place in 0..6 {
                micros = micros * 10 + i64::from(digits.get(place).map_or(0, |digit| digit.wrapping_sub(b'0')));
            }
            if !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            micros
        }
        _ => return None,
    };
    let seconds = days_from_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((Timestamp::from_micros(seconds * 1_000_000 + micros), says_utc))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_clock_ten_minutes_fast_is_put_right() {
        let occurred = corrected(
            moment("2026-01-01T12:10:00Z"),
            Some(moment("2026-01-01T12:15:00Z")),
            moment("2026-01-01T12:05:00Z"),
        );
        assert_eq!(occurred, moment("2026-01-01T12:00:00Z"));
    }

    #[test]
    fn a_device_that_woke_up_in_1970_is_put_right() {
        let occurred = corrected(
            moment("1970-01-01T00:00:10Z"),
            Some(moment("1970-01-01T00:01:00Z")),
            moment("2026-01-01T00:00:50Z"),
        );
        assert_eq!(occurred, moment("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn a_nonsense_sent_at_corrects_nothing() {
        let (at, received) = (moment("2026-01-01T00:00:00Z"), moment("2026-01-01T00:00:05Z"));
        assert_eq!(corrected(at, Some(moment("0001-01-01T00:00:00Z")), received), at);
        assert_eq!(corrected(at, None, received), at);
        // Moved by the difference, the event would fall before 1970.
        assert_eq!(
            corrected(moment("1971-01-01T00:00:00Z"), Some(moment("2080-01-01T00:00:00Z")), received),
            moment("1971-01-01T00:00:00Z")
        );
    }

    #[test]
    fn days_that_do_not_exist_are_not_times() {
        assert_eq!(parse("2026-02-29T00:00:00Z"), None);
        assert_eq!(parse("2024-02-29T00:00:00Z"), Some(moment("2024-02-29T00:00:00Z")));
        assert_eq!(parse("2026-01-01T00:00:00.1x3Z"), None);
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_long_way(micros in 0i64..4_291_747_200_000_000, digits in 0usize..4) {
            let micros = micros - micros % [1_000_000, 1_000, 1, 1_000_000][digits];
            let text = Timestamp::from_micros(micros).to_string();
            prop_assert_eq!(quick(text.as_bytes()), Some((Timestamp::from_micros(micros), true)));
            prop_assert_eq!(parse(&text.replace('T', " ")), Some(Timestamp::from_micros(micros)));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = quick(&bytes);
        }
    }
}

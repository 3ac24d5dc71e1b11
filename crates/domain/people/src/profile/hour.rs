//! The hour that clocks show.

use fanvine_kernel::{LocalDate, Timestamp, Zone};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The hour of the day, 0 to 23, that clocks in `zone` show at `moment`.
pub(super) fn hour_of(moment: Timestamp, zone: Zone) -> u32 {
    let date = zone.date_of(moment);
    let days = date.days_since(epoch());
    // As if no clock were changed that day; where one was, reading the wall time back tells by how much.
    let straight = days * DAY + moment.micros_since(zone.start_of(date));
    let wall = straight + moment.micros_since(zone.from_wall_micros(straight));
    u32::try_from(wall.rem_euclid(DAY) / HOUR).unwrap_or(0)
}

fn epoch() -> LocalDate {
    Zone::UTC.date_of(Timestamp::from_micros(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_clocks_show_also_on_the_days_they_change() {
        let hour = |zone: &str, text: &str| hour_of(Timestamp::parse(text).unwrap(), zone.parse().unwrap());
        assert_eq!(hour("Asia/Shanghai", "2026-03-01T17:30:00Z"), 1);
        assert_eq!(hour("Asia/Kolkata", "2026-03-01T18:29:59Z"), 23);
        for (moment, shown) in [("00:30", 1), ("01:30", 3), ("12:00", 14)] {
            assert_eq!(hour("Europe/Berlin", &format!("2026-03-29T{moment}:00Z")), shown);
        }
        for (moment, shown) in [("00:30", 2), ("01:30", 2), ("02:30", 3)] {
            assert_eq!(hour("Europe/Berlin", &format!("2026-10-25T{moment}:00Z")), shown);
        }
        assert_eq!(hour("America/Sao_Paulo", "2018-11-04T03:30:00Z"), 1);
    }
}

//! Durations as people type and read them.

use jiff::SignedDuration;

/// Parse `90m`, `4h`, `1h30m`, `2h 15m`; units are `h`, `m` (or `min`) and `s`, each at most once and in this order.
///
/// # Errors
/// A sentence about what would be right.
pub(crate) fn parse(text: &str) -> Result<SignedDuration, String> {
    let rule = || format!("`{text}` is not a duration; write `90m`, `4h` or `1h30m`");
    let mut rest = text.trim();
    let (mut seconds, mut last_unit) = (0_i64, i64::MAX);
    if rest.is_empty() {
        return Err(rule());
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(rule)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "h" => 3600,
            "m" | "min" => 60,
            "s" => 1,
            _ => return Err(rule()),
        };
        if unit >= last_unit {
            return Err(rule());
        }
        let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(rule)?;
        seconds = seconds.checked_add(part).ok_or_else(rule)?;
        last_unit = unit;
        rest = tail.trim_start();
    }
    Ok(SignedDuration::from_secs(seconds))
}

/// Hours and minutes in words as short as they can be: `2 h 05 min`, `14 min`, `30 s`; seconds only under a minute.
pub(crate) fn human(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

/// A measured time: milliseconds below a second, else seconds with two decimals.
pub(crate) fn measured(time: std::time::Duration) -> String {
    if time.as_millis() < 1000 { format!("{} ms", time.as_millis()) } else { format!("{:.2} s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90m", 5400), ("4h", 14_400), ("1h30m", 5400), (" 2h 15min ", 8100), ("900s", 900), ("1h1s", 3601)]
        {
            assert_eq!(parse(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_how_to_write_one() {
        for text in
            ["", "4", "h", "4 hours", "30m1h", "1h1h", "-1h", "1.5h", "99999999999999999999h", "9223372036854775807h"]
        {
            assert!(parse(text).unwrap_err().contains("1h30m"), "{text}");
        }
    }

    #[test]
    fn durations_are_shown_in_the_units_that_matter() {
        for (seconds, text) in [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (7500, "2 h 05 min"),
        ] {
            assert_eq!(human(seconds), text);
        }
    }
}

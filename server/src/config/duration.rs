//! How is a length of time written?

const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// Ten years, in seconds: beyond it a sum with today's time might no longer mean anything to a client.
pub const LONGEST_DURATION: i64 = 3_650 * 86_400;

/// The seconds in a duration such as `45s`, `5m`, `1h` or `90d`, from `1s` to `3650d`.
///
/// # Errors
/// What is wrong with it, and how one is written.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let seconds = UNITS
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .filter(|(digits, _)| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
        .map(|(digits, unit)| digits.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(unit))
        .ok_or_else(|| format!("{text:?} is not a duration (write 45s, 5m, 1h, 90d)"))?;
    if (1..=LONGEST_DURATION).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("{text:?} is not a duration from 1s to 3650d (write 45s, 5m, 1h, 90d)"))
    }
}

/// A number of seconds as [`parse_duration`] reads it, in the largest unit that leaves no rest.
#[must_use]
pub fn write_duration(seconds: i64) -> String {
    let (unit, size) =
        UNITS.into_iter().rev().find(|(_, size)| seconds != 0 && seconds % size == 0).unwrap_or(('s', 1));
    format!("{}{unit}", seconds / size)
}

//! How much an account can still carry: roles in use, the quota, what is kept for incidents, and when the account is full if
//! people go on asking at the pace of the last day. Pure; [`crate::service::Vending::capacity`] gathers the numbers.
//!
//! An account's limit is its number of roles, 1,000 unless AWS raised it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>): with sessions of eight hours that is 125
//! new ones an hour, long before the pace of IAM writes counts.

use jiff::{SignedDuration, Timestamp};

use crate::ports::RoleQuota;

/// How far back sessions tell what will be asked for: a day, so that nights count.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What an account carries now, and what it was asked for lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// All roles of the account, whoever made them.
    pub quota: RoleQuota,
    /// How many of the quota are kept for tiers that demand an incident.
    pub reserved: u32,
    /// When each session that holds a role ends. Sessions whose end is not known yet, or past, count as staying.
    pub ends: Vec<Timestamp>,
    /// How long each session that was granted within [`WINDOW`] was granted for.
    pub granted: Vec<SignedDuration>,
}

/// When an account has no room for another everyday session, if all goes on as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// Sessions end as fast as new ones are asked for before that happens.
    Never,
    /// Now: only incidents get in.
    Full,
    /// Then.
    At(Timestamp),
}

impl Load {
    /// How many everyday sessions still fit.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.quota.limit.saturating_sub(self.reserved).saturating_sub(self.quota.used)
    }

    /// How many sessions an hour were granted.
    #[must_use]
    pub fn per_hour(&self) -> f64 {
        self.granted.len() as f64 / WINDOW.as_secs_f64() * 3600.0
    }

    /// For how long a session was granted in the mean; `None` when none was.
    #[must_use]
    pub fn mean_duration(&self) -> Option<SignedDuration> {
        let count = i32::try_from(self.granted.len()).ok().filter(|count| *count > 0)?;
        Some(self.granted.iter().sum::<SignedDuration>() / count)
    }

    /// When the account is full if new sessions keep coming at [`Load::per_hour`], each for [`Load::mean_duration`].
    ///
    /// Roles in use then are those of now, less those that end, plus the new ones, whose number grows until the first of
    /// them end and stays (Little's law: pace times duration).
    #[must_use]
    pub fn forecast(&self, now: Timestamp) -> Forecast {
        let mut free = f64::from(self.free());
        if free <= 0.0 {
            return Forecast::Full;
        }
        let (pace, Some(duration)) = (self.per_hour() / 3600.0, self.mean_duration()) else {
            return Forecast::Never;
        };
        let levels_off = duration.as_secs_f64();
        let mut ends: Vec<f64> = self.ends.iter().map(|end| end.duration_since(now).as_secs_f64()).collect();
        ends.retain(|end| (0.0..levels_off).contains(end));
        ends.sort_by(f64::total_cmp);
        let mut from = 0.0;
        for until in ends.into_iter().chain([levels_off]) {
            let full_in = free / pace;
            if full_in < until - from {
                return Forecast::At(later(now, from + full_in));
            }
            free += 1.0 - pace * (until - from);
            from = until;
        }
        Forecast::Never
    }
}

fn later(now: Timestamp, seconds: f64) -> Timestamp {
    let wait = SignedDuration::try_from_secs_f64(seconds.floor()).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    /// `asked` sessions of `hours` hours each within the last day.
    fn load(used: u32, limit: u32, asked: usize, hours: i64) -> Load {
        Load {
            quota: RoleQuota { used, limit },
            reserved: 20,
            ends: Vec::new(),
            granted: vec![SignedDuration::from_hours(hours); asked],
        }
    }

    #[test]
    fn a_thousand_roles_carry_about_125_sessions_of_eight_hours_an_hour() {
        let (carries, does_not) = (load(0, 1020, 24 * 125, 8), load(0, 1020, 24 * 126, 8));
        assert_eq!(carries.forecast(now()), Forecast::Never);
        assert!(matches!(does_not.forecast(now()), Forecast::At(at) if at > now() + 7 * HOUR));
    }

    #[test]
    fn at_the_reserve_only_incidents_get_in() {
        assert_eq!(load(980, 1000, 0, 1).forecast(now()), Forecast::Full);
        assert_eq!(load(979, 1000, 0, 1).forecast(now()), Forecast::Never);
        assert_eq!(load(5, 10, 0, 1).free(), 0, "a reserve above the quota leaves nothing");
    }

    #[test]
    fn an_account_fills_at_the_pace_of_the_last_day() {
        // 10 an hour, 30 free: three hours, if nothing ends.
        assert_eq!(load(950, 1000, 240, 8).forecast(now()), Forecast::At(now() + 3 * HOUR));
    }

    #[test]
    fn what_ends_makes_room() {
        let mut load = load(950, 1000, 240, 8);
        load.ends = vec![now() + HOUR; 10];
        assert_eq!(load.forecast(now()), Forecast::At(now() + 4 * HOUR));
        // Over, and still there: it may be stuck, and counts as staying.
        load.ends = vec![now() - HOUR; 10];
        assert_eq!(load.forecast(now()), Forecast::At(now() + 3 * HOUR));
    }

    proptest! {
        #[test]
        fn asking_for_more_never_fills_an_account_later(
            used in 0_u32..1000, asked in 0_usize..5000, more in 1_usize..500, hours in 1_i64..36,
            ends in proptest::collection::vec(0_i64..200_000, 0..50),
        ) {
            let ends: Vec<_> = ends.into_iter().map(|second| now() + SignedDuration::from_secs(second)).collect();
            let of = |asked| Load { ends: ends.clone(), ..load(used, 1000, asked, hours) };
            let full_at = |load: Load| match load.forecast(now()) {
                Forecast::Full => Timestamp::MIN,
                Forecast::At(at) => at,
                Forecast::Never => Timestamp::MAX,
            };
            prop_assert!(full_at(of(asked + more)) <= full_at(of(asked)));
        }
    }
}

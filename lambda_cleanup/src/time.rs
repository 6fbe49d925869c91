//! How long a pass may take: Lambda says when it ends the invocation, and it ends it hard.

use daypass_vending::reconcile::TimeLimits;
use jiff::{SignedDuration, Timestamp};

/// What counting the backlog, writing the metrics and answering take at most, with room for a slow store.
const ANSWER: SignedDuration = SignedDuration::from_millis(1_000);

/// The longest that what is under way is given to come to an end: a call to IAM and what is stored after it.
const FINISH: SignedDuration = SignedDuration::from_secs(10);

/// The limits of a pass that begins at `now` in an invocation that is ended `deadline_ms` milliseconds after the epoch
/// (`Lambda-Runtime-Deadline-Ms`, <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
#[must_use]
pub fn limits(now: Timestamp, deadline_ms: u64) -> TimeLimits {
    let deadline = i64::try_from(deadline_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let deadline = deadline.unwrap_or(Timestamp::MAX);
    let end = deadline.checked_sub(ANSWER).unwrap_or(Timestamp::MIN);
    let left = end.duration_since(now).max(SignedDuration::ZERO);
    let finish = (left / 4).min(FINISH);
    TimeLimits { last_start: end.checked_sub(finish).unwrap_or(Timestamp::MIN), end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn deadline_ms(seconds: i64) -> u64 {
        u64::try_from(at(seconds).as_millisecond()).unwrap()
    }

    #[test]
    fn what_is_under_way_gets_time_and_the_answer_too() {
        for (left, last_start, end) in [(60, 49, 59), (13, 9, 12), (900, 889, 899)] {
            let limits = limits(at(0), deadline_ms(left));
            assert_eq!(limits, TimeLimits { last_start: at(last_start), end: at(end) }, "{left}");
        }
    }

    #[test]
    fn without_time_nothing_is_taken_up() {
        for left in [1, 0, -5] {
            assert!(limits(at(0), deadline_ms(left)).last_start <= at(0), "{left}");
        }
    }

    #[test]
    fn a_deadline_that_is_none_is_far_away() {
        assert!(limits(at(0), u64::MAX).last_start > at(1_000_000));
    }
}

//! What servers remember together for minutes.

use daypass_vending::audit::Digest256;
use daypass_vending::ports::{Allowance, ShortMemory};
use futures::future::join_all;

use super::Sample;

/// The contract of [`ShortMemory`].
///
/// # Panics
/// At the clause that does not hold.
pub async fn short_memory_contract(memory: &dyn ShortMemory, sample: &Sample<'_>) {
    let proof = |name: &str| Digest256::of(format!("{name} {}", sample.person("paula").user).as_bytes());

    let (now, until) = (sample.after(0), sample.after(300));
    let once = proof("once");
    let uses = join_all((0..8).map(|_| memory.first_use(&once, now, until))).await;
    let firsts = uses.into_iter().filter(|first| *first.as_ref().expect("a use can be noted")).count();
    assert_eq!(firsts, 1, "of many who use a proof at once, one is the first");
    assert!(memory.first_use(&proof("other"), now, until).await.expect("a use can be noted"), "proofs do not meet");
    assert!(
        !memory.first_use(&proof("once"), sample.after(299), until).await.expect("a use can be noted"),
        "a proof counts once as long as it counts at all"
    );

    let name = format!("person#{}", sample.person("paula").user);
    assert_eq!(memory.allowance(&name).await.expect("an allowance can be read"), None, "nobody called yet");
    for left in [7, 3] {
        let kept = Allowance { left, at: sample.after(i64::from(left)) };
        memory.keep_allowance(&name, kept).await.expect("an allowance can be kept");
        assert_eq!(memory.allowance(&name).await.expect("an allowance can be read"), Some(kept), "the last one counts");
    }
    let other = format!("{name}-x");
    assert_eq!(memory.allowance(&other).await.expect("an allowance can be read"), None, "each has their own");
}

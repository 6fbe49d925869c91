//! The sample users, and the making of their secrets.

use daypass_vending::ids::{GroupName, InvalidId, UserId};
use daypass_vending::ports::Entropy;
use daypass_vending::secret::Secret;

/// Somebody the issuer vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their user id: the `sub` of their tokens.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What the issuer says they belong to.
    pub groups: Vec<GroupName>,
}

/// The people of the stories that `daypass demo` tells: two contractors of different projects, an on-call engineer, an
/// administrator, a lead who approves, and a reviewer of emergencies.
///
/// # Errors
/// When a name here is not a legal one; a test keeps it from happening.
pub fn sample_people() -> Result<Vec<Person>, InvalidId> {
    let people: [(&str, &str, &[&str]); 6] = [
        ("carla", "Carla Contreras, contractor for acme-web", &["contractors", "acme-web"]),
        ("carl", "Carl Contador, contractor for zeta", &["contractors", "zeta"]),
        ("olga", "Olga Oncall, on call for acme-web", &["on-call", "acme-web"]),
        ("ada", "Ada Admin, administrator of Daypass", &["daypass-admins"]),
        ("lea", "Lea Lead, approves administration of accounts", &["platform-engineers", "platform-leads"]),
        (
            "rita",
            "Rita Review, a lead who looks at emergencies afterwards",
            &["platform-leads", "break-glass-reviewers"],
        ),
    ];
    let person = |(user, name, groups): (&str, &str, &[&str])| {
        let groups = groups.iter().map(|group| group.parse()).collect::<Result<_, _>>()?;
        Ok(Person { user: user.parse()?, name: name.to_owned(), groups })
    };
    people.into_iter().map(person).collect()
}

/// A password that can be read aloud and typed: three pronounceable words of 16 random bits each, and two digits; 54 bits
/// in all (the words are proquints, <https://arxiv.org/html/0901.4016>).
pub(super) fn readable_password(entropy: &dyn Entropy) -> Secret {
    let [a, b, c, d, e, f, digits] = entropy.bytes();
    let words = [[a, b], [c, d], [e, f]].map(|bits| proquint(u16::from_be_bytes(bits)));
    Secret::new(format!("{}-{:02}", words.join("-"), digits % 100))
}

/// Consonant, vowel, consonant, vowel, consonant: 4 + 2 + 4 + 2 + 4 bits.
fn proquint(bits: u16) -> String {
    let consonant = |shift: u32| b"bdfghjklmnprstvz".get(usize::from((bits >> shift) & 0xf));
    let vowel = |shift: u32| b"aiou".get(usize::from((bits >> shift) & 0x3));
    let letters = [consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)];
    letters.into_iter().flatten().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn the_sample_people_are_valid() {
        assert_eq!(sample_people().unwrap().len(), 6);
    }

    #[test]
    fn a_word_stands_for_its_bits_alone() {
        // The examples of the proposal: 127.0.0.1 is lusab-babad.
        assert_eq!([proquint(0x7f00), proquint(0x0001)], ["lusab", "babad"]);
        let words: std::collections::BTreeSet<_> = (0..=u16::MAX).map(proquint).collect();
        assert_eq!(words.len(), 1 << 16);
    }

    #[test]
    fn passwords_are_readable_and_differ() {
        let entropy = SeededEntropy::new(1);
        let (first, second) = (readable_password(&entropy), readable_password(&entropy));
        assert_ne!(first, second);
        assert_eq!(first.reveal().len(), "lusab-babad-gutih-00".len());
    }
}

//! What the domain relies on of keys.

use daypass_vending::ports::{KeyError, Keys};
use daypass_vending::secret::{Sealed, Secret};

/// Holds for every [`Keys`].
///
/// # Panics
/// At the first clause that does not hold.
pub async fn keys_contract(keys: &dyn Keys) {
    let secret = Secret::new("a secret with \u{1f511}".to_owned());
    let sealed = keys.seal("session one", &secret).await.expect("a sealed secret");
    assert!(!sealed.0.contains("secret"), "what is sealed cannot be read");
    assert_eq!(keys.open("session one", &sealed).await, Ok(secret.clone()));
    assert_eq!(keys.open("session two", &sealed).await, Err(KeyError::Mismatch), "the context belongs to it");
    let again = keys.seal("session one", &secret).await.expect("a sealed secret");
    assert_ne!(again, sealed, "equal secrets do not look equal");
    for place in [0, sealed.0.len() / 2, sealed.0.len() - 1] {
        let changed = changed_at(&sealed.0, place);
        assert_eq!(keys.open("session one", &Sealed(changed)).await, Err(KeyError::Mismatch), "changed at {place}");
    }
    assert_eq!(keys.open("session one", &Sealed(String::new())).await, Err(KeyError::Mismatch));

    let signature = keys.sign(b"where all chains stand").await.expect("a signature");
    assert_eq!(keys.verify(b"where all chains stand", &signature).await, Ok(true));
    assert_eq!(keys.verify(b"where all chains stood", &signature).await, Ok(false));
    let place = signature.len() - 10;
    assert_eq!(keys.verify(b"where all chains stand", &changed_at(&signature, place)).await, Ok(false));
    assert_eq!(keys.verify(b"where all chains stand", "").await, Ok(false));
}

fn changed_at(text: &str, place: usize) -> String {
    let other = |letter: char| if letter == 'A' { 'B' } else { 'A' };
    text.chars().enumerate().map(|(at, letter)| if at == place { other(letter) } else { letter }).collect()
}

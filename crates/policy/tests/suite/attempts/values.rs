//! Values: where a text asks for some, which are near one another, what a key's documented type allows, and dice.

use daypass_policy::catalogue::{KeyType, catalogue};

/// The keys that variables of a text ask for.
pub(super) fn variables(text: &str) -> Vec<String> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let keys = inside.map(|(inside, _)| inside.split(',').next().unwrap_or_default().trim().to_lowercase());
    keys.filter(|key| key.contains(':')).collect()
}

/// A number, an instant or an address a little further.
pub(super) fn shifted(text: &str, by: f64) -> Option<String> {
    if let Ok(number) = text.parse::<f64>() {
        return (number.abs() < 1e15).then(|| (number + by).to_string());
    }
    let whole = if by > 0.0 { 1 } else { -1 };
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return instant.checked_add(jiff::SignedDuration::from_secs(whole)).ok().map(|instant| instant.to_string());
    }
    let range =
        text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from)).ok()?;
    let step = |address: std::net::IpAddr, by: i32| match address {
        std::net::IpAddr::V4(address) => std::net::IpAddr::V4(u32::from(address).wrapping_add_signed(by).into()),
        std::net::IpAddr::V6(address) => {
            std::net::IpAddr::V6(u128::from(address).wrapping_add_signed(by.into()).into())
        }
    };
    Some(
        match () {
            () if by <= -1.0 => step(range.network(), -1),
            () if by < 0.0 => range.network(),
            () if by < 1.0 => range.broadcast(),
            () => step(range.broadcast(), 1),
        }
        .to_string(),
    )
}

/// Type and cardinality of a key, as the pages on global keys and the catalogue have them.
pub(super) fn documented(key: &str, is_quantified: bool) -> (Option<KeyType>, bool) {
    let Some(name) = key.strip_prefix("aws:") else {
        let known = catalogue().key(key);
        return (
            known.map(|known| known.key_type()),
            is_quantified || known.is_some_and(|known| known.is_multi_valued()),
        );
    };
    let many = [
        "calledvia",
        "principalorgpaths",
        "principalservicenameslist",
        "resourceorgpaths",
        "sourceorgpaths",
        "tagkeys",
        "vpceorgpaths",
    ];
    let kind = match name {
        "assumedroot" | "multifactorauthpresent" | "principalisawsservice" | "securetransport" | "viaawsservice" => {
            KeyType::Bool
        }
        "multifactorauthage" => KeyType::Numeric,
        "currenttime" | "tokenissuetime" => KeyType::Date,
        "sourceip" | "vpcsourceip" => KeyType::IpAddress,
        _ => KeyType::String,
    };
    (Some(kind), many.contains(&name))
}

/// Whether a value is of the type that its key has. Account ids, organisation ids and names of users, regions and VPCs
/// are never empty and never hold a colon.
pub(super) fn is_of(key: &str, kind: Option<KeyType>, value: &str) -> bool {
    let endings = ["username", "account", "orgid", "region", "type", "vpc", "vpce"];
    if key.starts_with("aws:") && endings.iter().any(|ending| key.ends_with(ending)) {
        return !value.is_empty() && !value.contains(':');
    }
    match kind {
        Some(KeyType::Bool) => matches!(value, "true" | "false"),
        Some(KeyType::Numeric) => value.parse::<f64>().is_ok(),
        Some(KeyType::Date) => value.parse::<jiff::Timestamp>().is_ok(),
        Some(KeyType::IpAddress) => value.parse::<std::net::IpAddr>().is_ok(),
        _ => true,
    }
}

/// Numbers that look random and are the same every time.
#[derive(Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        (!from.is_empty()).then(|| &from[self.below(from.len())])
    }
}

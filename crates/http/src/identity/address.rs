//! Where a call came from: the socket's peer, or, if that is one of our own proxies, whom the proxy saw. Headers that
//! anybody else sends mean nothing (invariant 1).

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The address of the client. `forwarded` are the values of `X-Forwarded-For` in order, `None` for one that is no text.
///
/// Every proxy appends the peer it saw, so the list is read from the right: the first address that is not one of our
/// proxies is the client, and whatever stands further left is hearsay. `None` when a trusted proxy sent what cannot be
/// read: missing evidence refuses.
pub(crate) fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = Option<&'a str>>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let is_ours = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    for value in forwarded.rev() {
        if !is_ours(&client) {
            return Some(client);
        }
        for hop in value?.rsplit(',') {
            client = address(hop.trim())?;
            if !is_ours(&client) {
                return Some(client);
            }
        }
    }
    Some(client)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`. An IPv4 address in IPv6 clothes is undressed, so that it
/// matches the networks it is meant to match.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    plain.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> Option<String> {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let forwarded = forwarded.iter().map(|value| Some(*value));
        client_address(peer.parse().unwrap(), forwarded, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn a_strangers_header_means_nothing() {
        assert_eq!(client("203.0.113.9", &["10.0.0.1"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(client("203.0.113.9", &["not an address"]).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn behind_our_proxies_the_rightmost_foreign_address_counts() {
        for (peer, forwarded, expected) in [
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.7, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.7", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.7, 203.0.113.9", "10.0.0.3"], "203.0.113.9"),
            ("10.0.0.1", vec!["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
            ("::ffff:10.0.0.1", vec!["::ffff:203.0.113.9"], "203.0.113.9"),
            ("fd00::1", vec!["[2001:db8::5]:4711"], "2001:db8::5"),
            ("10.0.0.1", vec!["rubbish, 203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(client(peer, &forwarded).as_deref(), Some(expected), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_a_proxy_cannot_have_written_refuses() {
        for forwarded in ["", "unknown", "203.0.113.9,", "203.0.113.256", "localhost"] {
            assert_eq!(client("10.0.0.1", &[forwarded]), None, "{forwarded:?}");
        }
    }
}

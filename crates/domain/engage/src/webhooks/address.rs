//! Where messages may go. A webhook's address is given by a person, and this machine stands inside the shop's network: it
//! must not be made to knock at doors that are closed to that person (server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

const LONGEST: usize = 2_000;

/// Why an address is none that can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is too long.
    #[error("the address has {0} bytes, where at most {LONGEST} can be")]
    TooLong(usize),
    /// It cannot be read.
    #[error("`{url}` is not an address: {reason}")]
    Unreadable {
        /// What was given.
        url: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// It is not an HTTP address.
    #[error("`{0}` begins neither with https:// nor with http://")]
    Scheme(String),
    /// It carries a password.
    #[error("the address of {0} carries a user name or password; messages are signed instead")]
    Password(String),
    /// It is not public.
    #[error("{host} is {address}, which is not a public address; the setting webhooks.private_addresses allows such")]
    Private {
        /// The host as given.
        host: String,
        /// What it stands for.
        address: IpAddr,
    },
}

/// Reads an address. One that names a host is looked at again each time it is sent to: what it stands for may change.
pub(crate) fn read(text: &str, private_too: bool) -> Result<Url, AddressError> {
    if text.len() > LONGEST {
        return Err(AddressError::TooLong(text.len()));
    }
    let unreadable = |reason: String| AddressError::Unreadable { url: text.to_owned(), reason };
    let mut url = Url::parse(text.trim()).map_err(|error| unreadable(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(text.to_owned()));
    }
    let host = url.host().ok_or_else(|| unreadable("it names no host".to_owned()))?.to_string();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Password(host));
    }
    url.set_fragment(None);
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    match literal.filter(|address| !private_too && !is_public(*address)) {
        Some(address) => Err(AddressError::Private { host, address }),
        None => Ok(url),
    }
}

/// Whether an address belongs to the public internet: the registries of special-purpose addresses at IANA (RFC 6890), and
/// none of the ways in which an IPv6 address carries such an IPv4 address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        0 | 10 | 127 => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113),
        _ => a >= 224,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast is 2000::/3; of it, 2001::/23 serves protocols and 2001:db8::/32 and 3fff::/20 serve books.
    let special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || (a == 0x3fff && b < 0x1000);
    (0x2000..0x4000).contains(&a) && !special
}

/// The IPv4 address an IPv6 address leads to: mapped, translated (NAT64), or 6to4.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, ..) => Some(of(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_the_network_are_refused_however_they_are_written() {
        for text in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://10.0.0.8:8080/hook",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:a00:1::]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
        ] {
            assert!(matches!(read(text, false), Err(AddressError::Private { .. })), "{text}");
            assert!(read(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn public_addresses_and_names_may_be_sent_to() {
        for text in ["https://hooks.example.com/a?b=c", "http://93.184.215.14/", "https://[2606:4700::1111]/"] {
            assert!(read(text, false).is_ok(), "{text}");
        }
        assert_eq!(read("https://example.com/a#part", false).unwrap().as_str(), "https://example.com/a");
    }

    #[test]
    fn what_is_no_http_address_is_refused_by_name() {
        assert!(matches!(read("ftp://example.com/", false), Err(AddressError::Scheme(_))));
        assert!(matches!(read("example.com", false), Err(AddressError::Unreadable { .. })));
        assert_eq!(read("https://a:b@example.com/", false), Err(AddressError::Password("example.com".into())));
    }
}

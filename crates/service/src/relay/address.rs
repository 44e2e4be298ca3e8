//! Which addresses and URLs webhooks may go to.
//!
//! Owns: the rules. Must not know: how a name is resolved or a connection made.
//!
//! A webhook's URL is chosen by somebody outside, and the server stands inside a network. So whatever is not an ordinary
//! address of the public internet is refused: what is not named here as refused must be public unicast.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;

#[cfg(test)]
mod tests;

/// The longest URL that is called.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;

/// Why a URL or an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlRefusal {
    /// Longer than [`WEBHOOK_URL_BYTES_MAX`].
    #[error("the URL is too long")]
    TooLong,
    /// Not an absolute URL with a host.
    #[error("not an absolute URL")]
    Malformed,
    /// Neither `http` nor `https`.
    #[error("neither http nor https")]
    Scheme,
    /// A name or password before the host: they would end up in logs.
    #[error("credentials in the URL")]
    Credentials,
    /// An address that is not of the public internet; says of which kind it is.
    #[error("the address is not public ({0})")]
    Address(&'static str),
}

/// Checks what can be checked of a URL without resolving its host.
///
/// # Errors
/// The first rule it breaks.
pub fn check_webhook_url(url: &str, private_allowed: bool) -> Result<(), UrlRefusal> {
    parse(url, private_allowed).map(drop)
}

/// The URL, if it may be called as far as can be seen without resolving its host.
pub(super) fn parse(url: &str, private_allowed: bool) -> Result<Uri, UrlRefusal> {
    if url.len() > WEBHOOK_URL_BYTES_MAX {
        return Err(UrlRefusal::TooLong);
    }
    let uri: Uri = url.parse().map_err(|_| UrlRefusal::Malformed)?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return Err(UrlRefusal::Scheme),
        None => return Err(UrlRefusal::Malformed),
    }
    let authority = uri.authority().ok_or(UrlRefusal::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(UrlRefusal::Credentials);
    }
    if authority.host().is_empty() || has_bad_port(&uri) {
        return Err(UrlRefusal::Malformed);
    }
    if let Some(address) = literal(&uri) {
        check(address, private_allowed)?;
    }
    Ok(uri)
}

/// A colon that no number follows, or one above 65535.
fn has_bad_port(uri: &Uri) -> bool {
    let Some(authority) = uri.authority() else {
        return true;
    };
    let rest = authority
        .as_str()
        .strip_prefix(authority.host())
        .unwrap_or_default();
    !rest.is_empty() && authority.port_u16().is_none()
}

/// The host as an address, when it is written as one.
pub(super) fn literal(uri: &Uri) -> Option<IpAddr> {
    let host = uri.host()?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// Whether an address may be called.
pub(super) fn check(address: IpAddr, private_allowed: bool) -> Result<(), UrlRefusal> {
    match refused(address) {
        Some(kind) if !private_allowed => Err(UrlRefusal::Address(kind)),
        _ => Ok(()),
    }
}

/// Why an address is none of the public internet.
fn refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refused_v4(address),
        IpAddr::V6(address) => refused_v6(address),
    }
}

/// The IANA special-purpose registry, and what clouds have put their machines' metadata on.
fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    Some(match address.octets() {
        [0, ..] => "unspecified",
        [127, ..] => "loopback",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "private",
        [169, 254, ..] => "link-local",
        [100, 64..=127, ..] => "carrier-grade NAT",
        [192, 0, 0, _] | [192, 88, 99, _] => "protocol assignment",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "documentation",
        [198, 18..=19, ..] => "benchmarking",
        [168, 63, 129, 16] => "cloud metadata",
        [224..=239, ..] => "multicast",
        [240..=255, ..] => "reserved",
        _ => return None,
    })
}

/// Public unicast is 2000::/3 without what is set apart inside it; everything else is refused by not being that.
fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    Some(match (a, b) {
        _ if address.is_unspecified() => "unspecified",
        _ if address.is_loopback() => "loopback",
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => "IPv4-mapped",
        // Networks without IPv4 reach it through this prefix, so what counts is the address inside.
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => return refused_v4(embedded(high, low)),
        (0x2002, _) => return refused_v4(embedded(b, c)),
        (0x2001, 0x0000..=0x01ff) => "protocol assignment",
        (0x2001, 0x0db8) | (0x3fff, 0x0000..=0x0fff) => "documentation",
        (0x2000..=0x3fff, _) => return None,
        (0xfc00..=0xfdff, _) => "private",
        (0xfe80..=0xfebf, _) => "link-local",
        (0xff00..=0xffff, _) => "multicast",
        _ => "reserved",
    })
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

//! The guard as a table: every special range at both of its ends, and what lies just outside.

use super::*;

#[test]
fn only_public_unicast_addresses_are_called() {
    let refused = [
        ("0.0.0.0", "unspecified"),
        ("0.255.255.255", "unspecified"),
        ("10.0.0.0", "private"),
        ("10.255.255.255", "private"),
        ("100.64.0.0", "carrier-grade NAT"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.255", "loopback"),
        ("168.63.129.16", "cloud metadata"),
        ("169.254.0.0", "link-local"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "protocol assignment"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "protocol assignment"),
        ("192.168.0.0", "private"),
        ("192.168.255.255", "private"),
        ("198.18.0.0", "benchmarking"),
        ("198.19.255.255", "benchmarking"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.0", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "reserved"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:93.184.216.34", "IPv4-mapped"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::169.254.169.254", "link-local"),
        ("64:ff9b:1::1", "reserved"),
        ("100::1", "reserved"),
        ("2001::1", "protocol assignment"),
        ("2001:1ff::1", "protocol assignment"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "loopback"),
        ("2002:c0a8:101::1", "private"),
        ("3fff::1", "documentation"),
        ("3fff:fff::1", "documentation"),
        ("4000::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ];
    for (address, kind) in refused {
        let address: IpAddr = address.parse().expect("an address");
        assert_eq!(check(address, false), Err(UrlRefusal::Address(kind)), "{address}");
        assert_eq!(
            check(address, true),
            Ok(()),
            "{address} where the settings allow it"
        );
    }
    let public = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.17",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "64:ff9b::93.184.216.34",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2002:5db8:d822::1",
        "2a00:1450:4001:80b::200e",
        "3ffe::1",
    ];
    for address in public {
        assert_eq!(
            check(address.parse().expect("an address"), false),
            Ok(()),
            "{address}"
        );
    }
}

#[test]
fn urls_are_checked_before_anything_is_resolved() {
    let long = format!("https://example.com/{}", "x".repeat(WEBHOOK_URL_BYTES_MAX));
    let cases: &[(&str, Result<(), UrlRefusal>)] = &[
        ("https://example.com/hook?a=b", Ok(())),
        ("http://example.com:8080/", Ok(())),
        ("HTTPS://EXAMPLE.COM/", Ok(())),
        ("https://example.com:1/", Ok(())),
        ("https://[2001:4860:4860::8888]:8443/hook", Ok(())),
        ("ftp://example.com/", Err(UrlRefusal::Scheme)),
        ("file:///etc/passwd", Err(UrlRefusal::Malformed)),
        ("gopher://example.com/", Err(UrlRefusal::Scheme)),
        ("/hook", Err(UrlRefusal::Malformed)),
        ("example.com", Err(UrlRefusal::Malformed)),
        ("", Err(UrlRefusal::Malformed)),
        ("http://", Err(UrlRefusal::Malformed)),
        ("http://:80/", Err(UrlRefusal::Malformed)),
        ("http://example.com:/", Err(UrlRefusal::Malformed)),
        ("http://example.com:99999/", Err(UrlRefusal::Malformed)),
        ("http://exa mple.com/", Err(UrlRefusal::Malformed)),
        ("http://example.com/\r\nHost: evil", Err(UrlRefusal::Malformed)),
        ("https://user:secret@example.com/", Err(UrlRefusal::Credentials)),
        ("https://example.com@127.0.0.1/", Err(UrlRefusal::Credentials)),
        ("http://127.0.0.1:9000/", Err(UrlRefusal::Address("loopback"))),
        ("http://[::1]/", Err(UrlRefusal::Address("loopback"))),
        (
            "http://[::ffff:10.0.0.1]/",
            Err(UrlRefusal::Address("IPv4-mapped")),
        ),
        (
            "http://169.254.169.254/latest/meta-data/",
            Err(UrlRefusal::Address("link-local")),
        ),
        (&long, Err(UrlRefusal::TooLong)),
    ];
    for (url, expected) in cases {
        assert_eq!(&check_webhook_url(url, false), expected, "{url}");
    }
    assert_eq!(check_webhook_url("http://127.0.0.1:9000/", true), Ok(()));
    assert_eq!(
        check_webhook_url("http://a:b@127.0.0.1:9000/", true),
        Err(UrlRefusal::Credentials)
    );
}

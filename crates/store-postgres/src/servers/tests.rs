use std::time::Duration;

use tender_store::StoreError;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::Servers;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

#[test]
fn urls_that_cannot_be_read_are_refused() {
    for (url, told) in [
        ("postgres://localhost:nonsense/x", "invalid"),
        ("what=ever", "what"),
        ("http://localhost", "invalid"),
        ("postgres:///ledger", "no host"),
        ("postgres://a/x?hostaddr=127.0.0.1,127.0.0.2", "differ in number"),
        ("host=a,b port=1,2,3", "differ in number"),
        ("postgres://a/x?sslmode=whatever", "verify-full"),
        ("host=a sslmode=verify-full", "URLs only"),
        ("postgres://a/x?sslrootcert=/ca.pem", "sslmode=verify-full"),
        (
            "postgres://a/x?sslmode=disable&sslrootcert=/ca.pem",
            "sslmode=verify-full",
        ),
        (
            "postgres://a/x?sslmode=verify-ca&sslrootcert=/no%20such/file",
            "/no such/file",
        ),
    ] {
        match Servers::parse(url, ANSWER_TIMEOUT) {
            Err(StoreError::Internal(text)) => assert!(text.contains(told), "{url}: {text}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn every_address_of_every_host_is_a_candidate_of_its_own() {
    let url = "postgres://me:secret@127.0.0.1:1,[::1]:2,%2Frun%2Fpg:3,no.such.host.invalid:4/ledger\
               ?target_session_attrs=any&sslmode=require&connect_timeout=2&options=-cwork_mem%3D1MB";
    let servers = Servers::parse(url, ANSWER_TIMEOUT).expect("a good URL");
    let (candidates, failures) = servers.candidates().await;
    let names: Vec<&str> = candidates
        .iter()
        .map(|candidate| candidate.name.as_str())
        .collect();
    assert_eq!(names, ["127.0.0.1:1", "::1:2", "/run/pg:3"]);
    assert_eq!(failures.len(), 1);
    assert!(failures[0].starts_with("no.such.host.invalid: "), "{failures:?}");
    for (candidate, port) in candidates.iter().zip(1..) {
        let config = &candidate.config;
        assert_eq!(config.get_ports(), [port]);
        assert_eq!(config.get_hosts().len(), 1);
        assert_eq!(config.get_user(), Some("me"));
        assert_eq!(config.get_password(), Some(b"secret".as_slice()));
        assert_eq!(config.get_dbname(), Some("ledger"));
        assert_eq!(config.get_options(), Some("-cwork_mem=1MB"));
        assert_eq!(config.get_application_name(), Some("tender"));
        // Whatever the URL says: what cannot be written to is of no use.
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        let is_socket = matches!(config.get_hosts(), [Host::Unix(_)]);
        let mode = if is_socket {
            SslMode::Disable
        } else {
            SslMode::Require
        };
        assert_eq!(config.get_ssl_mode(), mode);
    }
    assert_eq!(servers.connect_timeout, Duration::from_secs(2));
}

#[test]
fn what_the_parser_reads_of_encryption_by_itself_stays() {
    for url in [
        "host=localhost user=u password='a://b' dbname=d sslmode=require",
        "postgres://u:p?w@localhost/d?sslmode=require",
        "postgres://u:p@localhost/d?sslmode=require",
    ] {
        let servers = Servers::parse(url, ANSWER_TIMEOUT).expect(url);
        assert_eq!(servers.config.get_ssl_mode(), SslMode::Require, "{url}");
    }
}

#[test]
fn a_timeline_that_was_left_is_never_taken_up_again() {
    let servers = Servers::parse("postgres://a/x", ANSWER_TIMEOUT).expect("a good URL");
    let mut promotions = servers.promotions();
    assert!(servers.admit(3));
    assert!(promotions.has_changed().expect("the sender is there"));
    promotions.mark_unchanged();
    assert!(servers.admit(3));
    assert!(!servers.admit(2));
    assert!(!promotions.has_changed().expect("the sender is there"));
    assert!(servers.is_current(3));
    assert!(!servers.is_current(2));
    assert!(servers.admit(4));
    assert!(promotions.has_changed().expect("the sender is there"));
    assert!(!servers.is_current(3));
    // A server that has no timelines is taken as it is.
    assert!(servers.admit(0));
    assert!(!servers.is_current(3));
}

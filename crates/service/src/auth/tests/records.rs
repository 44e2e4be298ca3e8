//! Rows and names of credentials.

use proptest::prelude::*;
use tender_engine::{ApplicationId, DeviceId, MerchantId, Timestamp};
use tender_store::{Row, StoreError, Table};

use super::{locations, scopes};
use crate::auth::credential::Grant;
use crate::auth::secret::SecretHash;
use crate::{CredentialId, CredentialKind, CredentialRecord, Flavour};

fn full() -> CredentialRecord {
    let hash = SecretHash::of_token("tnd_at_0123456789");
    CredentialRecord {
        id: hash.id(),
        kind: CredentialKind::Code,
        merchant: MerchantId(2),
        application: ApplicationId(10),
        owner: MerchantId(1),
        locations: Some(locations(&[100, 101])),
        scopes: scopes(&["orders-api"]),
        device: Some(DeviceId(5)),
        actor: "ada".to_owned(),
        label: "Table Pay".to_owned(),
        hint: "6789".to_owned(),
        created_at: Timestamp(1_000),
        expires_at: Some(Timestamp(2_000)),
        revoked_at: Some(Timestamp(1_500)),
        used_at: Some(Timestamp(1_400)),
        grant: Some(Grant {
            family: "f".to_owned(),
            flavour: Flavour::KseriesV2,
            redirect_uri: Some("https://pay.example/".to_owned()),
        }),
        hash,
        password_hash: Some("$argon2id$".to_owned()),
    }
}

/// Every database in use holds this text: a member may be added, but never renamed.
const STORED: &str = r#"{"sha256":"SHA","merchant":2,"owner":1,"locations":[100,101],"scopes":["orders-api"],"device":5,"actor":"ada","label":"Table Pay","hint":"6789","created_at_ms":1000,"revoked_at_ms":1500,"used_at_ms":1400,"grant":{"family":"f","flavour":"kseries-v2","redirect_uri":"https://pay.example/"},"password_hash":"$argon2id$"}"#;

#[test]
fn a_record_is_stored_as_pinned_and_read_back() {
    let record = full();
    let row = record.to_row().expect("a row");
    assert_eq!(row.doc, STORED.replace("SHA", &record.hash.to_hex()));
    assert_eq!(row.columns.get(2..), Some([10, 3, 2_000].as_slice()));
    assert_eq!(CredentialRecord::from_row(&row).expect("a record"), record);
}

#[test]
fn a_bare_record_is_read_back() {
    let hash = SecretHash::of_token("another");
    let record = CredentialRecord {
        id: hash.id(),
        kind: CredentialKind::Admin,
        application: ApplicationId(0),
        locations: None,
        scopes: scopes(&[]),
        device: None,
        expires_at: None,
        revoked_at: None,
        used_at: None,
        grant: None,
        password_hash: None,
        hash,
        ..full()
    };
    let row = record.to_row().expect("a row");
    assert!(row.doc.contains(r#""locations":null"#), "{}", row.doc);
    assert_eq!(CredentialRecord::from_row(&row).expect("a record"), record);
}

#[test]
fn damaged_rows_are_refused_and_never_widen_what_is_reached() {
    let good = full().to_row().expect("a row");
    let with = |from: &str, to: &str| Row {
        doc: good.doc.replace(from, to),
        ..good.clone()
    };
    let column = |at: usize, value: i64| {
        let mut row = good.clone();
        row.columns[at] = value;
        row
    };
    let cases = [
        ("no locations", with(r#""locations":[100,101],"#, "")),
        ("no merchant", with(r#""merchant":2,"#, "")),
        ("no hash", with(r#""sha256":"#, r#""sha1":"#)),
        ("a hash that is none", with(r#""sha256":""#, r#""sha256":"x"#)),
        ("no JSON", with("{", "[")),
        ("an unknown kind", column(3, 99)),
        ("another key", column(0, 1)),
    ];
    for (name, row) in cases {
        assert_ne!(row, good, "{name} must differ");
        let found = CredentialRecord::from_row(&row);
        assert!(
            matches!(found, Err(StoreError::Corrupt { .. })),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn kinds_keep_their_numbers() {
    let numbers = [
        (CredentialKind::Access, 1, "access"),
        (CredentialKind::Refresh, 2, "refresh"),
        (CredentialKind::Code, 3, "code"),
        (CredentialKind::ApiKey, 4, "api-key"),
        (CredentialKind::Admin, 5, "admin"),
        (CredentialKind::Till, 6, "till"),
        (CredentialKind::Client, 7, "client"),
        (CredentialKind::Person, 8, "person"),
        (CredentialKind::EndedConsent, 9, "ended-consent"),
    ];
    for (kind, number, word) in numbers {
        assert_eq!((kind.number(), kind.word()), (number, word));
        let row = CredentialRecord { kind, ..full() }.to_row().expect("a row");
        assert_eq!(
            CredentialRecord::from_row(&row).map(|record| record.kind).ok(),
            Some(kind)
        );
    }
}

#[test]
fn the_key_is_the_first_half_of_the_hash_of_the_text() {
    // echo -n abc | sha256sum
    let hash = SecretHash::of_token("abc");
    assert_eq!(
        hash.to_hex(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(hash.id().to_string(), "ba7816bf8f01cfea414140de5dae2223");
    assert_eq!(Table::Credentials.spec().key_len, hash.key().len());
}

#[test]
fn names_are_apart_from_tokens_and_from_each_other() {
    let all = [
        SecretHash::of_token("x"),
        SecretHash::of_client("x"),
        SecretHash::of_person("x"),
    ];
    assert!(!all[0].matches(&all[1]) && !all[0].matches(&all[2]) && !all[1].matches(&all[2]));
}

#[test]
fn names_of_credentials_are_read_strictly() {
    for text in [
        "",
        "ba78",
        "ba7816bf8f01cfea414140de5dae222",
        "ba7816bf8f01cfea414140de5dae22233",
        "ga7816bf8f01cfea414140de5dae2223",
    ] {
        assert!(text.parse::<CredentialId>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn names_of_credentials_are_read_as_written(text in ".{0,40}") {
        let id = SecretHash::of_token(&text).id();
        prop_assert_eq!(id.to_string().parse::<CredentialId>(), Ok(id));
    }
}

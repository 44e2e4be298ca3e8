use axum::extract::FromRequestParts;
use axum::http::Request;
use tender_engine::KeySpace;

use super::{Canonical, IdempotencyKey};

async fn key(values: &[&str]) -> Option<Option<String>> {
    let mut request = Request::builder();
    for value in values {
        request = request.header("Idempotency-Key", *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    IdempotencyKey::from_request_parts(&mut parts, &())
        .await
        .ok()
        .map(|key| key.0)
}

#[tokio::test]
async fn a_key_is_one_header_of_visible_characters() {
    assert_eq!(key(&[]).await, Some(None));
    assert_eq!(key(&["k-1"]).await, Some(Some("k-1".to_owned())));
    assert_eq!(key(&[&"k".repeat(255)]).await, Some(Some("k".repeat(255))));
    for values in [&[""][..], &["a", "b"], &["a b"], &["a\tb"]] {
        assert_eq!(key(values).await, None, "{values:?}");
    }
    assert_eq!(key(&[&"k".repeat(256)]).await, None);
}

#[test]
fn key_and_reference_claim_the_same_fields() {
    let key = IdempotencyKey(Some("k".to_owned()));
    let claims = Canonical::default()
        .with("amount", "1")
        .maybe("tip", None::<u32>)
        .claims(&key, Some("r"));
    let spaces: Vec<KeySpace> = claims.iter().map(|claim| claim.space).collect();
    assert_eq!(spaces, [KeySpace::IdempotencyKey, KeySpace::PaymentReference]);
    for claim in claims {
        assert_eq!(claim.fields, [("amount".to_owned(), "1".to_owned())]);
        assert!(!claim.refuse_repeats);
    }
}

#[test]
fn long_fields_are_compared_by_hash() {
    let hashed = |text| Canonical::default().hashed("lines", text).0;
    assert_eq!(hashed("a"), hashed("a"));
    assert_ne!(hashed("a"), hashed("b"));
    assert_eq!(hashed("a")[0].1.len(), 64);
}

//! The published example, and everything that must not pass.

use super::*;

/// The example of the Standard Webhooks libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP: &str = "1614265330";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const NOW_S: i64 = 1_614_265_330;

fn secret(value: &str, until_ms: Option<i64>) -> EndpointSecret {
    EndpointSecret {
        value: value.to_owned(),
        until_ms,
    }
}

#[test]
fn the_published_example_is_signed_and_verified() {
    let signed = signatures(&[secret(SECRET, None)], Timestamp(0), ID, TIMESTAMP, BODY);
    assert_eq!(signed, SIGNATURE);
    let headers = WebhookHeaders {
        id: ID,
        timestamp: TIMESTAMP,
        signature: SIGNATURE,
    };
    assert_eq!(verify_webhook(SECRET, &headers, BODY, NOW_S), Ok(()));
}

#[test]
fn whatever_differs_is_noticed() {
    let good = WebhookHeaders {
        id: ID,
        timestamp: TIMESTAMP,
        signature: SIGNATURE,
    };
    let check = |secret: &str, headers: WebhookHeaders<'_>, body: &[u8], now_s: i64| {
        verify_webhook(secret, &headers, body, now_s)
    };
    let other_secret = new_secret().value;
    let several = format!("v1a,AAAA v2,{} v1,!! {SIGNATURE}", &SIGNATURE[3..]);
    let cases = [
        (check(SECRET, good, b"{}", NOW_S), Err(SignatureError::NoMatch)),
        (
            check(&other_secret, good, BODY, NOW_S),
            Err(SignatureError::NoMatch),
        ),
        (
            check(SECRET, WebhookHeaders { id: "msg", ..good }, BODY, NOW_S),
            Err(SignatureError::NoMatch),
        ),
        (
            check(
                SECRET,
                WebhookHeaders {
                    signature: "",
                    ..good
                },
                BODY,
                NOW_S,
            ),
            Err(SignatureError::NoMatch),
        ),
        (
            check(
                SECRET,
                WebhookHeaders {
                    signature: &SIGNATURE[3..],
                    ..good
                },
                BODY,
                NOW_S,
            ),
            Err(SignatureError::NoMatch),
        ),
        (
            check(
                SECRET,
                WebhookHeaders {
                    signature: &several,
                    ..good
                },
                BODY,
                NOW_S,
            ),
            Ok(()),
        ),
        (
            check(
                SECRET,
                WebhookHeaders {
                    timestamp: "1614265331",
                    ..good
                },
                BODY,
                NOW_S,
            ),
            Err(SignatureError::NoMatch),
        ),
        (
            check(
                SECRET,
                WebhookHeaders {
                    timestamp: "soon",
                    ..good
                },
                BODY,
                NOW_S,
            ),
            Err(SignatureError::Timestamp),
        ),
        (check(SECRET, good, BODY, NOW_S + 300), Ok(())),
        (
            check(SECRET, good, BODY, NOW_S + 301),
            Err(SignatureError::TooFarOff),
        ),
        (
            check(SECRET, good, BODY, NOW_S - 301),
            Err(SignatureError::TooFarOff),
        ),
        (
            check(&SECRET[6..], good, BODY, NOW_S),
            Err(SignatureError::Secret),
        ),
        (check("whsec_", good, BODY, NOW_S), Err(SignatureError::Secret)),
        (check("whsec_%%%", good, BODY, NOW_S), Err(SignatureError::Secret)),
    ];
    for (number, (result, expected)) in cases.iter().enumerate() {
        assert_eq!(result, expected, "case {number}");
    }
}

#[test]
fn secrets_that_ended_and_unreadable_ones_sign_nothing() {
    let secrets = [
        secret(SECRET, None),
        secret("whsec_AAAA", Some(1_000)),
        secret("whsec_AAAA", Some(1_001)),
        secret("not a secret", None),
    ];
    let signed = signatures(&secrets, Timestamp(1_000), ID, TIMESTAMP, BODY);
    assert_eq!(signed.split(' ').count(), 2, "{signed}");
    assert!(signed.starts_with(SIGNATURE));
    assert_eq!(signatures(&[], Timestamp(0), ID, TIMESTAMP, BODY), "");
}

#[test]
fn new_secrets_are_long_and_differ() {
    let (one, other) = (new_secret(), new_secret());
    assert_ne!(one.value, other.value);
    assert_eq!(key_of(&one.value).map(|key| key.len()), Some(SECRET_BYTES));
    assert_eq!(one.until_ms, None);
}

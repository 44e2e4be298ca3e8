//! Who an access token speaks for.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Method, Request, StatusCode};
use tender_engine::ApplicationId;
use tender_service::{Flavour, TokenKind, TokenSpec};

use super::{CLIENT_ID, CLIENT_SECRET, NAME, OWNER, World, basic};

const PATHS: [&str; 2] = [
    "/oauth/userinfo",
    "/realms/k-series/protocol/openid-connect/userinfo",
];

#[tokio::test]
async fn the_person_is_named() {
    let world = World::new().await;
    let token = world
        .tokens("/oauth/token", Flavour::KseriesV1)
        .await
        .member("access_token");
    for path in PATHS {
        for (method, scheme) in [(Method::GET, "Bearer"), (Method::POST, "bearer")] {
            let request = Request::builder().method(method).uri(path);
            let request = request
                .header(AUTHORIZATION, format!("{scheme} {token}"))
                .body(Body::empty());
            let answer = world.send(request.expect("a request")).await;
            let expected = format!(r#"{{"sub":"{NAME}","name":"{NAME}","preferred_username":"{NAME}"}}"#);
            assert_eq!(
                (answer.status, answer.text()),
                (StatusCode::OK, expected.as_str())
            );
            assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
            assert_eq!(answer.header(CACHE_CONTROL), Some("no-store"));
        }
    }
}

#[tokio::test]
async fn everything_else_is_401_without_a_body() {
    let world = World::new().await;
    let tokens = world.tokens("/oauth/token", Flavour::KseriesV1).await;
    let till = TokenSpec {
        kind: TokenKind::Till,
        merchant: OWNER,
        application: ApplicationId(0),
        owner: OWNER,
        locations: None,
        scopes: BTreeSet::new(),
        device: None,
        actor: String::new(),
        label: String::new(),
        ttl_ms: None,
        text: None,
    };
    let (till, _) = world.tender.issue_token(till).await.expect("a token");
    let headers = [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some("Bearer made-up".to_owned()),
        Some(tokens.member("access_token")),
        Some(format!("Bearer {}", tokens.member("refresh_token"))),
        Some(format!("Bearer {till}")),
        Some(basic(CLIENT_ID, CLIENT_SECRET)),
    ];
    for path in PATHS {
        for header in &headers {
            let mut request = Request::get(path);
            if let Some(header) = header {
                request = request.header(AUTHORIZATION, header);
            }
            let answer = world.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(
                (answer.status, answer.text()),
                (StatusCode::UNAUTHORIZED, ""),
                "{header:?}"
            );
            assert_eq!(answer.header(WWW_AUTHENTICATE), Some("Bearer"), "{header:?}");
        }
    }
}

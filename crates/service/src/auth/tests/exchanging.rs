//! Codes and refresh tokens: what they turn into, once.

use futures_util::future::join_all;
use tender_store::Write;

use super::{
    APP, CLIENT_SECRET, OTHER, OWNER, application, authorize_request, client, code_request, locations, node,
    refresh_request, scopes, seed, service, store, token_spec,
};
use crate::auth::secret::SecretHash;
use crate::{
    Application, AuthFailure, Authorization, AuthorizeRequest, ClientCredentials, Flavour, GrantSpec,
    IssuedTokens, OAuthFailure, Person, Tender, TokenKind, TokenRequest,
};

const FLAVOURS: [Flavour; 3] = [Flavour::KseriesV1, Flavour::KseriesV2, Flavour::Kounta];
const HOUR_MS: u32 = 3_600_000;

fn person() -> Person {
    Person {
        name: "ada".to_owned(),
        merchant: OTHER,
        locations: Some(locations(&[200])),
    }
}

async fn authorization(tender: &Tender, flavour: Flavour) -> Authorization {
    tender
        .check_authorization(flavour, &authorize_request())
        .await
        .expect("authorized")
}

async fn code(tender: &Tender, flavour: Flavour) -> String {
    tender
        .issue_code(&authorization(tender, flavour).await, &person())
        .await
        .expect("a code")
}

async fn pair(tender: &Tender, flavour: Flavour) -> IssuedTokens {
    exchange(tender, flavour, &code_request(&code(tender, flavour).await))
        .await
        .expect("tokens")
}

async fn exchange(
    tender: &Tender,
    flavour: Flavour,
    request: &TokenRequest,
) -> Result<IssuedTokens, OAuthFailure> {
    tender.exchange(flavour, Some(&client()), request).await
}

fn is_invalid_grant(result: &Result<IssuedTokens, OAuthFailure>) -> bool {
    matches!(result, Err(OAuthFailure::InvalidGrant(_)))
}

#[tokio::test]
async fn a_code_gives_what_the_person_may_and_the_application_asked_for() {
    let tender = service().await;
    for flavour in FLAVOURS {
        let tokens = pair(&tender, flavour).await;
        let principal = tender
            .authenticate_token(&tokens.access_token)
            .await
            .expect("known");
        assert_eq!(
            principal.merchant, OTHER,
            "the person's company, not the application's"
        );
        assert_eq!((principal.application, principal.actor.as_str()), (APP, "ada"));
        assert_eq!(principal.locations, Some(locations(&[200])));
        let expected = match flavour {
            Flavour::KseriesV2 => scopes(&["orders-api", "profile", "email"]),
            Flavour::KseriesV1 | Flavour::Kounta => scopes(&["orders-api"]),
        };
        assert_eq!(
            (&principal.scopes, &tokens.scopes),
            (&expected, &expected),
            "{flavour:?}"
        );
        let life = if flavour == Flavour::Kounta { 0 } else { 1_209_600 };
        assert_eq!(
            (tokens.expires_in_s, tokens.refresh_expires_in_s),
            (3_600, life),
            "{flavour:?}"
        );
        for token in [&tokens.access_token, &tokens.refresh_token] {
            let is_hex = token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert_eq!(is_hex, flavour == Flavour::Kounta, "{token}");
        }
    }
}

#[tokio::test]
async fn offline_access_makes_a_refresh_token_that_lives_without_end_in_version_two() {
    let tender = service().await;
    for flavour in FLAVOURS {
        let request = AuthorizeRequest {
            scope: Some("orders-api offline_access".to_owned()),
            ..authorize_request()
        };
        let authorization = tender
            .check_authorization(flavour, &request)
            .await
            .expect("authorized");
        let code = tender
            .issue_code(&authorization, &person())
            .await
            .expect("a code");
        let tokens = exchange(&tender, flavour, &code_request(&code))
            .await
            .expect("tokens");
        assert_eq!(
            tokens.refresh_expires_in_s == 0,
            flavour != Flavour::KseriesV1,
            "{flavour:?}"
        );
        let mut token = tokens.refresh_token;
        for _ in 0..3 {
            tender.clock().advance(15 * 24 * HOUR_MS);
            match exchange(&tender, flavour, &refresh_request(&token)).await {
                Ok(tokens) => token = tokens.refresh_token,
                Err(failure) => {
                    assert_eq!(flavour, Flavour::KseriesV1);
                    assert_eq!(failure, OAuthFailure::InvalidGrant("it has expired"));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refresh_rotates_where_it_should() {
    let tender = service().await;
    for flavour in FLAVOURS {
        let first = pair(&tender, flavour).await;
        let second = exchange(&tender, flavour, &refresh_request(&first.refresh_token))
            .await
            .expect("refreshed");
        assert_ne!(first.access_token, second.access_token);
        assert_eq!(first.session, second.session);
        assert_eq!(first.scopes, second.scopes);
        for token in [&first.access_token, &second.access_token] {
            assert!(
                tender.authenticate_token(token).await.is_ok(),
                "an older token lives on"
            );
        }
        let again = exchange(&tender, flavour, &refresh_request(&first.refresh_token)).await;
        if flavour == Flavour::Kounta {
            assert_eq!(first.refresh_token, second.refresh_token);
            assert!(again.is_ok());
        } else {
            assert_ne!(first.refresh_token, second.refresh_token);
            assert_eq!(again, Err(OAuthFailure::InvalidGrant("it has been used before")));
            let third = exchange(&tender, flavour, &refresh_request(&second.refresh_token)).await;
            assert!(
                third.is_ok(),
                "a used token presented again does not end the session"
            );
        }
    }
}

#[tokio::test]
async fn codes_live_ten_minutes_and_access_tokens_an_hour() {
    let tender = service().await;
    for flavour in FLAVOURS {
        let (early, late) = (code(&tender, flavour).await, code(&tender, flavour).await);
        tender.clock().advance(590_000);
        let tokens = exchange(&tender, flavour, &code_request(&early))
            .await
            .expect("tokens");
        tender.clock().advance(10_000);
        let expired = exchange(&tender, flavour, &code_request(&late)).await;
        assert_eq!(expired, Err(OAuthFailure::InvalidGrant("it has expired")));
        tender.clock().advance(HOUR_MS - 20_000);
        assert!(tender.authenticate_token(&tokens.access_token).await.is_ok());
        tender.clock().advance(20_000);
        assert_eq!(
            tender.authenticate_token(&tokens.access_token).await,
            Err(AuthFailure::Expired)
        );
        let refreshed = exchange(&tender, flavour, &refresh_request(&tokens.refresh_token))
            .await
            .expect("tokens");
        assert!(tender.authenticate_token(&refreshed.access_token).await.is_ok());
    }
}

#[tokio::test]
async fn a_code_is_bound_and_a_wrong_try_does_not_use_it_up() {
    let tender = service().await;
    let second = Application {
        id: 11,
        client_id: "devp-second".to_owned(),
        ..application()
    };
    tender.put_application(&second).await.expect("an application");
    let other = ClientCredentials {
        client_id: second.client_id,
        client_secret: CLIENT_SECRET.to_owned(),
    };
    for flavour in FLAVOURS {
        let code = code(&tender, flavour).await;
        let request = code_request(&code);
        let elsewhere = TokenRequest {
            redirect_uri: Some("https://pay.example/callback".to_owned()),
            ..request.clone()
        };
        assert!(is_invalid_grant(&exchange(&tender, flavour, &elsewhere).await));
        assert!(is_invalid_grant(
            &tender.exchange(flavour, Some(&other), &request).await
        ));
        assert!(
            is_invalid_grant(&exchange(&tender, flavour, &refresh_request(&code)).await),
            "a code is no refresh token"
        );
        assert!(is_invalid_grant(
            &exchange(&tender, flavour, &code_request("tnd_ac_made-up")).await
        ));
        assert!(is_invalid_grant(
            &exchange(&tender, flavour, &code_request(&"x".repeat(10_000))).await
        ));
        let stranger = if flavour == Flavour::Kounta {
            Flavour::KseriesV1
        } else {
            Flavour::Kounta
        };
        assert!(
            is_invalid_grant(&exchange(&tender, stranger, &request).await),
            "not at the other vendor's endpoint"
        );

        let tokens = exchange(&tender, flavour, &request).await.expect("still good");
        let again = exchange(&tender, flavour, &request).await;
        assert_eq!(again, Err(OAuthFailure::InvalidGrant("it has been used before")));
        let refresh = refresh_request(&tokens.refresh_token);
        assert!(is_invalid_grant(
            &tender.exchange(flavour, Some(&other), &refresh).await
        ));
        assert!(is_invalid_grant(&exchange(&tender, stranger, &refresh).await));
        assert!(is_invalid_grant(
            &exchange(&tender, flavour, &refresh_request(&tokens.access_token)).await
        ));
        assert!(exchange(&tender, flavour, &refresh).await.is_ok());
    }
}

#[tokio::test]
async fn both_versions_of_kseries_are_one_server() {
    let tender = service().await;
    let code = code(&tender, Flavour::KseriesV2).await;
    let first = exchange(&tender, Flavour::KseriesV1, &code_request(&code))
        .await
        .expect("tokens");
    let second = exchange(
        &tender,
        Flavour::KseriesV2,
        &refresh_request(&first.refresh_token),
    )
    .await;
    assert!(second.is_ok());
}

#[tokio::test]
async fn the_kind_of_grant_is_looked_at_first_then_the_client_then_the_grant() {
    let tender = service().await;
    let wrong = ClientCredentials {
        client_secret: "wrong".to_owned(),
        ..client()
    };
    let right = client();
    let nothing = TokenRequest::default;
    let grant = |kind: &str| TokenRequest {
        grant_type: Some(kind.to_owned()),
        ..nothing()
    };
    let no_uri = TokenRequest {
        redirect_uri: None,
        ..code_request("x")
    };
    let empty_uri = TokenRequest {
        redirect_uri: Some(String::new()),
        ..code_request("x")
    };
    let cases = [
        (None, nothing(), "InvalidRequest(\"grant_type is missing\")"),
        (
            Some(&right),
            grant(""),
            "InvalidRequest(\"grant_type is missing\")",
        ),
        (None, grant("password"), "UnsupportedGrantType"),
        (Some(&right), grant("client_credentials"), "UnsupportedGrantType"),
        (Some(&right), grant("Refresh_Token"), "UnsupportedGrantType"),
        (
            None,
            grant("refresh_token"),
            "InvalidClient(\"client credentials are missing\")",
        ),
        (
            Some(&wrong),
            grant("refresh_token"),
            "InvalidClient(\"the client is unknown or its secret is wrong\")",
        ),
        (
            Some(&right),
            grant("refresh_token"),
            "InvalidRequest(\"refresh_token is missing\")",
        ),
        (
            Some(&right),
            grant("authorization_code"),
            "InvalidRequest(\"code is missing\")",
        ),
        (
            Some(&right),
            no_uri,
            "InvalidRequest(\"redirect_uri is missing\")",
        ),
        (
            Some(&right),
            empty_uri,
            "InvalidRequest(\"redirect_uri is missing\")",
        ),
    ];
    for flavour in FLAVOURS {
        for (client, request, expected) in &cases {
            let failure = tender
                .exchange(flavour, *client, request)
                .await
                .expect_err("refused");
            assert_eq!(format!("{failure:?}"), *expected, "{flavour:?} {request:?}");
        }
    }
    tender
        .put_application(&Application {
            disabled: true,
            ..application()
        })
        .await
        .expect("switched off");
    let failure = exchange(&tender, Flavour::Kounta, &refresh_request("x")).await;
    assert_eq!(
        failure,
        Err(OAuthFailure::InvalidClient("the application is switched off"))
    );
}

#[tokio::test]
async fn a_refresh_may_narrow_the_access_token_but_never_widen_it() {
    let tender = service().await;
    for flavour in FLAVOURS {
        tender
            .put_application(&application())
            .await
            .expect("an application");
        let request = AuthorizeRequest {
            scope: Some("orders-api financial-api".to_owned()),
            ..authorize_request()
        };
        let authorization = tender
            .check_authorization(flavour, &request)
            .await
            .expect("authorized");
        let code = tender
            .issue_code(&authorization, &person())
            .await
            .expect("a code");
        let full = exchange(&tender, flavour, &code_request(&code))
            .await
            .expect("tokens");
        let asking = |token: &str, scope: &str| TokenRequest {
            scope: Some(scope.to_owned()),
            ..refresh_request(token)
        };
        let none = exchange(
            &tender,
            flavour,
            &asking(&full.refresh_token, "offline_access items"),
        )
        .await;
        assert_eq!(none, Err(OAuthFailure::InvalidScope), "never granted");
        let narrow = exchange(
            &tender,
            flavour,
            &asking(&full.refresh_token, "financial-api items"),
        )
        .await
        .expect("tokens");
        assert_eq!(narrow.scopes, scopes(&["financial-api"]));
        let again = exchange(&tender, flavour, &refresh_request(&narrow.refresh_token))
            .await
            .expect("tokens");
        assert_eq!(
            again.scopes, full.scopes,
            "the refresh token keeps what was granted"
        );
        let reduced = Application {
            scopes: vec!["orders-api".to_owned()],
            ..application()
        };
        tender.put_application(&reduced).await.expect("reduced");
        let less = exchange(&tender, flavour, &refresh_request(&again.refresh_token))
            .await
            .expect("tokens");
        assert!(less.scopes.contains("orders-api") && !less.scopes.contains("financial-api"));
    }
}

/// Twenty requests with one single-use token, on two nodes with a committer each: one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_uses_of_one_token_exactly_one_wins() {
    let store = store();
    let nodes = [node(&store).await, node(&store).await];
    seed(&nodes[0]).await;
    for flavour in FLAVOURS {
        for _ in 0..10 {
            let code = code(&nodes[0], flavour).await;
            let won = race(&nodes, flavour, &code_request(&code)).await;
            assert_eq!(won.len(), 1, "{flavour:?} code");
            let refresh = refresh_request(&won[0].refresh_token);
            let won = race(&nodes, flavour, &refresh).await;
            assert_eq!(
                won.len(),
                if flavour == Flavour::Kounta { 20 } else { 1 },
                "{flavour:?} refresh"
            );
            for tokens in won {
                assert!(nodes[1].authenticate_token(&tokens.access_token).await.is_ok());
            }
        }
    }
}

async fn race(nodes: &[Tender; 2], flavour: Flavour, request: &TokenRequest) -> Vec<IssuedTokens> {
    let tasks = (0..20).zip(nodes.iter().cycle()).map(|(_, node)| {
        let (node, request) = (node.clone(), request.clone());
        tokio::spawn(async move { exchange(&node, flavour, &request).await })
    });
    let results = join_all(tasks)
        .await
        .into_iter()
        .map(|result| result.expect("no panic"));
    let (won, lost): (Vec<_>, Vec<_>) = results.partition(Result::is_ok);
    assert!(lost.iter().all(is_invalid_grant), "{lost:?}");
    won.into_iter().flatten().collect()
}

/// A pair of tokens with texts that are known beforehand, as a demo seeds it.
fn seeded(flavour: Flavour) -> GrantSpec {
    GrantSpec {
        flavour,
        application: APP,
        owner: OWNER,
        merchant: OWNER,
        locations: None,
        scopes: scopes(&["orders-api"]),
        actor: "demo".to_owned(),
        label: "demo".to_owned(),
        texts: Some((
            "seeded-access-token-1".to_owned(),
            "seeded-refresh-token-1".to_owned(),
        )),
    }
}

#[tokio::test]
async fn seeded_pairs_are_renewed_and_stay_in_their_family() {
    let tender = service().await;
    let spec = seeded(Flavour::KseriesV2);
    let first = tender.issue_grant(spec.clone()).await.expect("a pair");
    assert_eq!(first.scopes, scopes(&["orders-api", "profile", "email"]));
    let used = exchange(
        &tender,
        Flavour::KseriesV2,
        &refresh_request(&first.refresh_token),
    )
    .await;
    assert_eq!(used.expect("refreshed").session, first.session);
    assert!(is_invalid_grant(
        &exchange(
            &tender,
            Flavour::KseriesV2,
            &refresh_request(&first.refresh_token)
        )
        .await
    ));
    let second = tender.issue_grant(spec).await.expect("the same pair");
    assert_eq!(first, second);
    let again = exchange(
        &tender,
        Flavour::KseriesV2,
        &refresh_request(&second.refresh_token),
    )
    .await;
    assert_eq!(again.expect("renewed").session, first.session);
}

#[tokio::test]
async fn an_ended_consent_is_not_seeded_back_to_life() {
    let tender = service().await;
    let spec = seeded(Flavour::Kounta);
    let pair = tender.issue_grant(spec.clone()).await.expect("a pair");
    // The access token has expired when the consent ends, so nothing is written on it.
    tender.clock().advance(HOUR_MS);
    let refresh = SecretHash::of_token(&pair.refresh_token).id();
    assert_eq!(tender.revoke_credential(refresh).await, Ok(1));
    tender.issue_grant(spec).await.expect("no error");
    assert_eq!(
        tender.authenticate_token(&pair.access_token).await,
        Err(AuthFailure::Expired)
    );
    let refreshed = exchange(&tender, Flavour::Kounta, &refresh_request(&pair.refresh_token)).await;
    assert_eq!(refreshed, Err(OAuthFailure::InvalidGrant("it has been revoked")));
}

#[tokio::test]
async fn a_token_that_a_newer_version_wrote_can_be_used() {
    let tender = service().await;
    for flavour in FLAVOURS {
        let pair = pair(&tender, flavour).await;
        let stored = tender
            .stored_credential(&SecretHash::of_token(&pair.refresh_token))
            .await;
        let mut row = stored.expect("read").expect("known").row;
        row.doc = row.doc.replacen('{', r#"{"newer":{"than":["this"]},"#, 1);
        tender
            .write_rows(vec![Write::Put(row)], Vec::new())
            .await
            .expect("written");
        let refreshed = exchange(&tender, flavour, &refresh_request(&pair.refresh_token)).await;
        assert!(refreshed.is_ok(), "{flavour:?}: {refreshed:?}");
        let id = SecretHash::of_token(&refreshed.expect("tokens").refresh_token).id();
        assert!(tender.revoke_credential(id).await.is_ok_and(|count| count > 0));
    }
}

#[tokio::test]
async fn nothing_secret_is_shown_by_debug() {
    let tender = service().await;
    let code = code(&tender, Flavour::KseriesV2).await;
    let tokens = pair(&tender, Flavour::KseriesV2).await;
    let (token, record) = tender
        .issue_token(token_spec(TokenKind::Admin))
        .await
        .expect("a token");
    let texts = (tokens.access_token.clone(), tokens.refresh_token.clone());
    let grant = GrantSpec {
        flavour: Flavour::Kounta,
        application: APP,
        owner: OWNER,
        merchant: OWNER,
        locations: None,
        scopes: scopes(&[]),
        actor: String::new(),
        label: String::new(),
        texts: Some(texts),
    };
    let shown = [
        format!("{:?}", code_request(&code)),
        format!("{:?}", refresh_request(&tokens.refresh_token)),
        format!("{tokens:?} {grant:?} {record:?} {:?} {tender:?}", client()),
        format!(
            "{:?}",
            crate::TokenSpec {
                text: Some(token.clone()),
                ..token_spec(TokenKind::Till)
            }
        ),
        format!(
            "{:?} {:?}",
            tender.inner().auth,
            tender.authenticate_token(&token).await
        ),
    ]
    .join("\n");
    let hash = SecretHash::of_token(&token).to_hex();
    for secret in [
        &code,
        &tokens.access_token,
        &tokens.refresh_token,
        &token,
        &CLIENT_SECRET.to_owned(),
        &hash,
    ] {
        assert!(!shown.contains(secret.as_str()), "{secret} in {shown}");
    }
}

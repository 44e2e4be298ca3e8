//! What the token endpoints answer, to the letter.

use axum::body::Body;
use axum::http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use tender_service::{Application, Flavour};

use super::{Answer, CLIENT_ID, CLIENT_SECRET, REDIRECT, TOKEN_PATHS, World, application, basic, form};

fn names(answer: &Answer) -> Vec<String> {
    answer.members().into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn answers_have_the_members_and_the_order_of_their_vendor() {
    let world = World::new().await;
    for (path, flavour) in TOKEN_PATHS {
        let first = world.tokens(path, flavour).await;
        let second = world.refresh(path, &first.member("refresh_token")).await;
        for answer in [&first, &second] {
            assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
            assert_eq!(answer.header(CACHE_CONTROL), Some("no-store"));
            assert_eq!(answer.header(PRAGMA), Some("no-cache"));
            let scope = if flavour == Flavour::KseriesV2 {
                "email orders-api profile"
            } else {
                "orders-api"
            };
            if flavour == Flavour::Kounta {
                let expected = [
                    "access_token",
                    "refresh_token",
                    "token_type",
                    "expires_in",
                    "scope",
                ];
                assert_eq!(names(answer), expected, "{path}");
                for name in ["access_token", "refresh_token"] {
                    let token = answer.member(name);
                    assert!(
                        token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()),
                        "{token}"
                    );
                }
            } else {
                let expected = [
                    "access_token",
                    "expires_in",
                    "refresh_expires_in",
                    "refresh_token",
                    "token_type",
                    "not-before-policy",
                    "session_state",
                    "scope",
                ];
                assert_eq!(names(answer), expected, "{path}");
                assert_eq!(answer.member("refresh_expires_in"), "1209600");
                assert_eq!(answer.member("not-before-policy"), "0");
                assert_eq!(answer.member("session_state"), first.member("session_state"));
                assert_eq!(answer.member("session_state").len(), 36);
            }
            assert_eq!(answer.member("scope"), scope);
            assert_eq!(answer.member("token_type"), "Bearer");
            assert_eq!(answer.member("expires_in"), "3600");
        }
    }
}

#[tokio::test]
async fn an_application_without_scopes_gets_tokens_without_them() {
    let world = World::new().await;
    let bare = Application {
        scopes: Vec::new(),
        ..application()
    };
    world.tender.put_application(&bare).await.expect("written");
    let spec = tender_service::GrantSpec {
        flavour: Flavour::Kounta,
        application: tender_engine::ApplicationId(10),
        owner: super::OWNER,
        merchant: super::OWNER,
        locations: None,
        scopes: std::collections::BTreeSet::new(),
        actor: "ada".to_owned(),
        label: String::new(),
        texts: None,
    };
    let pair = world.tender.issue_grant(spec).await.expect("a pair");
    let answer = world.refresh("/v1/token", &pair.refresh_token).await;
    assert_eq!(
        names(&answer),
        ["access_token", "refresh_token", "token_type", "expires_in"]
    );
}

/// Parameters, credentials, status, body.
type Case<'a> = (&'a [(&'a str, &'a str)], [(&'a str, &'a str); 2], u16, &'a str);

#[tokio::test]
async fn refusals_are_oauths_word_for_word() {
    let world = World::new().await;
    let right = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    let wrong = [("client_id", CLIENT_ID), ("client_secret", "wrong")];
    let refresh = ("grant_type", "refresh_token");
    let code = ("grant_type", "authorization_code");
    let none = [("", ""), ("", "")];
    let grant_refused = r#"{"error":"invalid_grant","error_description":"the code or refresh token is refused: it is unknown or was issued to another client"}"#;
    let client_refused =
        r#"{"error":"invalid_client","error_description":"the client is unknown or its secret is wrong"}"#;
    let client_missing = r#"{"error":"invalid_client","error_description":"client credentials are missing"}"#;
    let unsupported = r#"{"error":"unsupported_grant_type","error_description":"grant_type must be authorization_code or refresh_token"}"#;
    let cases: [Case<'_>; 12] = [
        (
            &[],
            right,
            400,
            r#"{"error":"invalid_request","error_description":"grant_type is missing"}"#,
        ),
        (&[("grant_type", "password")], right, 400, unsupported),
        (&[("grant_type", "client_credentials")], right, 400, unsupported),
        (&[("grant_type", "client_credentials")], none, 400, unsupported),
        (&[refresh, ("refresh_token", "x")], none, 401, client_missing),
        (
            &[refresh, ("refresh_token", "x")],
            [("client_id", CLIENT_ID), ("", "")],
            401,
            client_missing,
        ),
        (&[refresh, ("refresh_token", "x")], wrong, 401, client_refused),
        (
            &[refresh, ("refresh_token", "x")],
            [("client_id", "nobody"), wrong[1]],
            401,
            client_refused,
        ),
        (
            &[refresh],
            right,
            400,
            r#"{"error":"invalid_request","error_description":"refresh_token is missing"}"#,
        ),
        (&[refresh, ("refresh_token", "x")], right, 400, grant_refused),
        (
            &[code, ("code", "x")],
            right,
            400,
            r#"{"error":"invalid_request","error_description":"redirect_uri is missing"}"#,
        ),
        (
            &[code, ("code", "x"), ("redirect_uri", REDIRECT)],
            right,
            400,
            grant_refused,
        ),
    ];
    for (path, _) in TOKEN_PATHS {
        for (pairs, credentials, status, body) in &cases {
            let all = [*pairs, credentials.as_slice()].concat();
            let answer = world.post_form(path, &all).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text()),
                (*status, *body),
                "{path} {all:?}"
            );
            assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
            assert_eq!(answer.header(CACHE_CONTROL), Some("no-store"));
            let challenge = (*status == 401).then_some(r#"Basic realm="tender""#);
            assert_eq!(answer.header(WWW_AUTHENTICATE), challenge);
        }
    }
}

#[tokio::test]
async fn contradictions_are_refused_and_repetitions_are_not() {
    let world = World::new().await;
    let send = async |uri: &str, authorization: Option<String>, content_type: &str, body: String| {
        let mut request = Request::post(uri).header(CONTENT_TYPE, content_type);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = world
            .send(request.body(Body::from(body)).expect("a request"))
            .await;
        (
            answer.status.as_u16(),
            answer.member("error"),
            answer.member("error_description"),
        )
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let own = || Some(basic(CLIENT_ID, CLIENT_SECRET));
    let asks = "grant_type=refresh_token&refresh_token=x";
    let unknown = "the code or refresh token is refused: it is unknown or was issued to another client";
    let differ = "the Basic credentials and those of the request differ";
    let unreadable = "the Basic credentials cannot be read";
    let encoding = "the body must be application/x-www-form-urlencoded or application/json";
    let many = format!("{asks}{}", "&a=b".repeat(70));
    let cases = [
        // The same in the query and in the body is fine: the grant is judged.
        (
            "/v1/token?grant_type=refresh_token",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_grant",
            unknown,
        ),
        (
            "/v1/token?grant_type=",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_grant",
            unknown,
        ),
        (
            "/v1/token?state=1&state=2",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_grant",
            unknown,
        ),
        (
            "/v1/token?grant_type=password",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_request",
            "grant_type is given twice",
        ),
        (
            "/v1/token?refresh_token=y",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_request",
            "refresh_token is given twice",
        ),
        (
            "/v1/token?client_id=other",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_request",
            differ,
        ),
        (
            "/v1/token?client_secret=other",
            own(),
            urlencoded,
            asks,
            400,
            "invalid_request",
            differ,
        ),
        (
            "/v1/token",
            Some("Basic !!!".to_owned()),
            urlencoded,
            asks,
            401,
            "invalid_client",
            unreadable,
        ),
        (
            "/v1/token",
            Some("Basic bm9jb2xvbg==".to_owned()),
            urlencoded,
            asks,
            401,
            "invalid_client",
            unreadable,
        ),
        (
            "/v1/token",
            Some("Basic".to_owned()),
            urlencoded,
            asks,
            401,
            "invalid_client",
            "client credentials are missing",
        ),
        (
            "/v1/token",
            own(),
            "text/plain",
            asks,
            400,
            "invalid_request",
            encoding,
        ),
        (
            "/v1/token",
            own(),
            "multipart/form-data; boundary=x",
            asks,
            400,
            "invalid_request",
            encoding,
        ),
        (
            "/v1/token",
            own(),
            "application/json",
            "[]",
            400,
            "invalid_request",
            "the body must be a JSON object",
        ),
        (
            "/v1/token",
            own(),
            "application/json",
            r#"{"grant_type":["a"]}"#,
            400,
            "invalid_request",
            "grant_type must be a string",
        ),
        (
            "/v1/token",
            own(),
            "application/json",
            r#"{"grant_type":1}"#,
            400,
            "unsupported_grant_type",
            "grant_type must be authorization_code or refresh_token",
        ),
        (
            "/v1/token",
            own(),
            urlencoded,
            many.as_str(),
            400,
            "invalid_request",
            "the form has too many fields",
        ),
    ];
    for (uri, authorization, content_type, body, status, error, description) in cases {
        let found = send(uri, authorization, content_type, body.to_owned()).await;
        assert_eq!(
            found,
            (status, error.to_owned(), description.to_owned()),
            "{uri} {content_type} {body:.60}"
        );
    }
    let (status, error, _) = send("/v1/token", own(), "application/json", "{".to_owned()).await;
    assert_eq!((status, error.as_str()), (400, "invalid_request"));
    let (status, error, _) = send("/v1/token", own(), urlencoded, "x".repeat(20_000)).await;
    assert_eq!((status, error.as_str()), (413, "invalid_request"));
}

#[tokio::test]
async fn only_post_is_served() {
    let world = World::new().await;
    for (path, _) in TOKEN_PATHS {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = Request::builder().method(method).uri(path);
            let answer = world.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(
                (answer.status, answer.header(ALLOW)),
                (StatusCode::METHOD_NOT_ALLOWED, Some("POST"))
            );
            assert_eq!(answer.member("error"), "invalid_request", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_answered_in_json() {
    let world = World::new().await;
    for path in ["/v1/token.xml", "/v1/token/1", "/oauth/nothing"] {
        let answer = world
            .send(Request::get(path).body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.member("error"), "not_found", "{path}");
    }
}

/// Row 4 of the Kounta checklist: three encodings, and a refresh token that can be used again.
#[tokio::test]
async fn kounta_row_04_tokens_in_three_encodings() {
    let world = World::new().await;
    for path in ["/v1/token", "/v1/token.json"] {
        let token = world.tokens(path, Flavour::Kounta).await.member("refresh_token");
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let json = format!(
            r#"{{"grant_type":"refresh_token","refresh_token":"{token}","client_id":"{CLIENT_ID}","client_secret":"{CLIENT_SECRET}"}}"#
        );
        let as_json = Request::post(path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(json))
            .expect("a request");
        let mut by_header = form(path, &grant);
        let credentials = basic(CLIENT_ID, CLIENT_SECRET).parse().expect("a header");
        by_header.headers_mut().insert(AUTHORIZATION, credentials);
        for answer in [
            world.refresh(path, &token).await,
            world.send(by_header).await,
            world.send(as_json).await,
            world.refresh(path, &token).await,
        ] {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!(answer.member("token_type"), "Bearer");
            assert_eq!(answer.member("expires_in"), "3600");
            assert_eq!(answer.member("access_token").len(), 40);
            assert!(!answer.member("refresh_token").is_empty());
        }
    }
}

#[tokio::test]
async fn kountas_paths_may_end_in_a_slash() {
    let world = World::new().await;
    let tokens = world.tokens("/v1/token", Flavour::Kounta).await;
    let token = tokens.member("refresh_token");
    for path in ["/v1/token/", "/v1/token.json/"] {
        assert_eq!(world.refresh(path, &token).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refreshed_and_the_new_one_works() {
    let world = World::new().await;
    for (path, flavour) in TOKEN_PATHS {
        let first = world.tokens(path, flavour).await;
        let access = first.member("access_token");
        assert_eq!(world.userinfo(&access).await.status, StatusCode::OK);
        world.tender.clock().advance(3_600_000);
        assert_eq!(world.userinfo(&access).await.status, StatusCode::UNAUTHORIZED);
        let second = world.refresh(path, &first.member("refresh_token")).await;
        assert_eq!(
            world.userinfo(&second.member("access_token")).await.status,
            StatusCode::OK
        );
        world.tender.clock().advance(14 * 24 * 3_600_000);
        let late = world.refresh(path, &second.member("refresh_token")).await;
        let expected = if flavour == Flavour::Kounta {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        assert_eq!(late.status, expected, "{path}: {}", late.text());
        if flavour != Flavour::Kounta {
            assert_eq!(late.member("error"), "invalid_grant");
        }
    }
}

#[tokio::test]
async fn a_used_refresh_token_is_refused_where_it_rotates() {
    let world = World::new().await;
    for (path, flavour) in TOKEN_PATHS {
        let token = world.tokens(path, flavour).await.member("refresh_token");
        assert_eq!(world.refresh(path, &token).await.status, StatusCode::OK);
        let again = world.refresh(path, &token).await;
        if flavour == Flavour::Kounta {
            assert_eq!(again.status, StatusCode::OK);
        } else {
            let body = r#"{"error":"invalid_grant","error_description":"the code or refresh token is refused: it has been used before"}"#;
            assert_eq!((again.status, again.text()), (StatusCode::BAD_REQUEST, body));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_requests_with_one_single_use_token_one_is_answered_with_tokens() {
    let world = World::new().await;
    for (path, flavour) in TOKEN_PATHS {
        let race = async |pairs: &[(&str, &str)]| {
            let tasks = (0..24).map(|_| {
                let (router, request) = (world.router.clone(), form(path, pairs));
                tokio::spawn(async move {
                    use tower::ServiceExt;
                    router
                        .oneshot(request)
                        .await
                        .expect("routers never fail")
                        .status()
                })
            });
            let statuses: Vec<_> = join_all(tasks)
                .await
                .into_iter()
                .map(|status| status.expect("no panic"))
                .collect();
            assert!(
                statuses.iter().all(|status| matches!(status.as_u16(), 200 | 400)),
                "{statuses:?}"
            );
            statuses
                .iter()
                .filter(|status| **status == StatusCode::OK)
                .count()
        };
        let credentials = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        let code = world.code(flavour).await;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
        ];
        assert_eq!(
            race(&[grant.as_slice(), credentials.as_slice()].concat()).await,
            1,
            "{path} code"
        );
        let token = world.tokens(path, flavour).await.member("refresh_token");
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let won = race(&[grant.as_slice(), credentials.as_slice()].concat()).await;
        assert_eq!(
            won,
            if flavour == Flavour::Kounta { 24 } else { 1 },
            "{path} refresh"
        );
    }
}

#[tokio::test]
async fn an_application_that_was_switched_off_is_refused() {
    let world = World::new().await;
    let token = world
        .tokens("/v1/token", Flavour::Kounta)
        .await
        .member("refresh_token");
    let off = Application {
        disabled: true,
        ..application()
    };
    world.tender.put_application(&off).await.expect("switched off");
    for (path, _) in TOKEN_PATHS {
        let answer = world.refresh(path, &token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.member("error").as_str()),
            (401, "invalid_client")
        );
    }
}

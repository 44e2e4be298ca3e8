//! The page: what it shows, what it refuses, and where it sends people.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use tender_service::{Application, Flavour, Settings};

use super::{
    AUTHORIZE_PATHS, Answer, CLIENT_ID, CLIENT_SECRET, NAME, PASSWORD, REDIRECT, TOKEN_PATHS, World,
    application, form, query,
};

const LINK: [(&str, &str); 5] = [
    ("client_id", CLIENT_ID),
    ("redirect_uri", REDIRECT),
    ("response_type", "code"),
    ("scope", "orders-api items"),
    ("state", "a b&c"),
];

fn link_with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept = LINK.iter().filter(|(name, _)| !changed(name)).copied();
    kept.chain(changes.iter().copied().filter(|(_, value)| *value != "absent"))
        .collect()
}

async fn get(world: &World, path: &str, pairs: &[(&str, &str)]) -> Answer {
    let uri = format!("{path}?{}", query(pairs));
    world
        .send(Request::get(uri).body(Body::empty()).expect("a request"))
        .await
}

/// The cookie that a page sets, and the value of the form's hidden field.
fn csrf(page: &Answer) -> (String, String) {
    let cookie = page
        .header(SET_COOKIE)
        .expect("a cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let (_, rest) = page
        .text()
        .split_once(r#"name="csrf" value=""#)
        .expect("a hidden field");
    let (value, _) = rest.split_once('"').expect("a value");
    (cookie, value.to_owned())
}

/// Sends the form as a browser that got the page does.
async fn submit(world: &World, path: &str, link: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let (cookie, value) = csrf(&get(world, path, &LINK).await);
    let all = [link, fields, &[("csrf", value.as_str())]].concat();
    let mut request = form(path, &all);
    request
        .headers_mut()
        .insert(COOKIE, format!("other=1; {cookie}").parse().expect("a header"));
    request
        .headers_mut()
        .insert("sec-fetch-site", "same-origin".parse().expect("a header"));
    world.send(request).await
}

const ALLOW: [(&str, &str); 3] = [("decision", "allow"), ("username", NAME), ("password", PASSWORD)];

#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let world = World::new().await;
    for (path, flavour) in AUTHORIZE_PATHS {
        let page = get(&world, path, &LINK).await;
        assert_eq!(page.status, StatusCode::OK);
        let text = page.text();
        for part in [
            "Table Pay asks for access",
            "orders-api",
            "pay.example",
            "User name",
            "Password",
            "Allow access",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert!(text.contains(r#"name="viewport""#) && text.starts_with("<!DOCTYPE html>"));
        assert!(
            !text.contains("<small>items</small>"),
            "what it may not have is not asked about"
        );
        assert_eq!(
            text.contains("<small>profile</small>"),
            flavour == Flavour::KseriesV2
        );
        assert!(text.contains("sandbox"), "it says where a demo's password is");
    }
}

#[tokio::test]
async fn pages_allow_no_script_no_frame_and_no_cache() {
    let world = World::new().await;
    let asks = get(&world, "/oauth/authorize", &LINK).await;
    let refuses = get(&world, "/oauth/authorize", &[]).await;
    for (page, schemes) in [(&asks, "https: http:"), (&refuses, "https:")] {
        let (_, rest) = page.text().split_once("<style>").expect("a style sheet");
        let (style, _) = rest.split_once("</style>").expect("its end");
        let hash = BASE64_STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self' {schemes}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(page.header(CONTENT_SECURITY_POLICY), Some(policy.as_str()));
        assert_eq!(page.header(CONTENT_TYPE), Some("text/html; charset=utf-8"));
        assert_eq!(page.header(CACHE_CONTROL), Some("no-store"));
        assert_eq!(page.header(X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
        assert_eq!(page.header(X_FRAME_OPTIONS), Some("DENY"));
        assert_eq!(page.header(REFERRER_POLICY), Some("no-referrer"));
        assert!(!page.text().contains("<script") && !page.text().contains("style="));
    }
    assert!(refuses.header(SET_COOKIE).is_none());
    let serving = World::with(Settings::default()).await;
    let page = get(&serving, "/oauth/authorize", &LINK).await;
    assert!(
        page.header(CONTENT_SECURITY_POLICY)
            .is_some_and(|policy| policy.contains("form-action 'self' https:;"))
    );
    assert!(!page.text().contains("sandbox"));
}

#[tokio::test]
async fn a_person_allows_and_the_application_gets_its_tokens() {
    let world = World::new().await;
    for (path, flavour) in AUTHORIZE_PATHS {
        let answer = submit(&world, path, &LINK, &ALLOW).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let rest = answer
            .location()
            .strip_prefix("https://pay.example/callback?tenant=7&code=")
            .expect("the address");
        let code = rest.strip_suffix("&state=a%20b%26c").expect("the state");
        assert_eq!(answer.header(REFERRER_POLICY), Some("no-referrer"));
        assert_eq!(answer.header(CACHE_CONTROL), Some("no-store"));
        let token_path = TOKEN_PATHS
            .iter()
            .find(|(_, other)| *other == flavour)
            .expect("a path")
            .0;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        let tokens = world.post_form(token_path, &pairs).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text());
        let info = world.userinfo(&tokens.member("access_token")).await;
        assert_eq!(info.member("sub"), NAME);
    }
}

#[tokio::test]
async fn state_is_echoed_only_when_it_was_sent() {
    let world = World::new().await;
    let answer = submit(&world, "/authorize", &link_with(&[("state", "absent")]), &ALLOW).await;
    assert!(
        answer.location().contains("&code=") && !answer.location().contains("state"),
        "{}",
        answer.location()
    );
    let denied = submit(
        &world,
        "/authorize",
        &link_with(&[("state", "")]),
        &[("decision", "deny")],
    )
    .await;
    assert!(!denied.location().contains("state"));
}

#[tokio::test]
async fn a_person_says_no_without_a_password() {
    let world = World::new().await;
    for (path, _) in AUTHORIZE_PATHS {
        let answer = submit(&world, path, &LINK, &[("decision", "deny")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let expected = "https://pay.example/callback?tenant=7&error=access_denied\
                        &error_description=the%20person%20said%20no&state=a%20b%26c";
        assert_eq!(answer.location(), expected);
    }
}

#[tokio::test]
async fn wrong_passwords_show_the_page_again_and_then_have_to_wait() {
    let world = World::new().await;
    let wrong = [("decision", "allow"), ("username", NAME), ("password", "wrong")];
    for _ in 0..10 {
        let answer = submit(&world, "/authorize", &LINK, &wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("User name or password is wrong."));
        assert!(
            answer.text().contains(r#"value="ada""#),
            "the name need not be typed again"
        );
        assert!(
            !answer.text().contains("wrong\""),
            "the password is not sent back"
        );
        assert!(answer.header(LOCATION).is_none());
    }
    let answer = submit(&world, "/authorize", &LINK, &ALLOW).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("Try again in 5 min.") || answer.text().contains("Try again in 6 min."));
    world.tender.clock().advance(301_000);
    assert_eq!(
        submit(&world, "/authorize", &LINK, &ALLOW).await.status,
        StatusCode::SEE_OTHER
    );
    for fields in [vec![], vec![("decision", "allow")], vec![("username", NAME)]] {
        assert_eq!(
            submit(&world, "/authorize", &LINK, &fields).await.status,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_is_not_taken() {
    let world = World::new().await;
    let (cookie, value) = csrf(&get(&world, "/authorize", &LINK).await);
    let (_, other) = csrf(&get(&world, "/authorize", &LINK).await);
    assert_ne!(value, other, "each browser has its own");
    let cases = [
        ("no cookie", None, Some(value.as_str()), None, false),
        ("no field", Some(cookie.as_str()), None, None, false),
        (
            "another field",
            Some(cookie.as_str()),
            Some(other.as_str()),
            None,
            false,
        ),
        ("an empty cookie", Some("tender-csrf="), Some(""), None, false),
        ("a short cookie", Some("tender-csrf=x"), Some("x"), None, false),
        (
            "another site",
            Some(cookie.as_str()),
            Some(value.as_str()),
            Some("cross-site"),
            false,
        ),
        (
            "a neighbouring site",
            Some(cookie.as_str()),
            Some(value.as_str()),
            Some("same-site"),
            false,
        ),
        (
            "our page",
            Some(cookie.as_str()),
            Some(value.as_str()),
            Some("same-origin"),
            true,
        ),
        (
            "our page in an old browser",
            Some(cookie.as_str()),
            Some(value.as_str()),
            None,
            true,
        ),
    ];
    for (name, cookie, field, site, is_taken) in cases {
        for fields in [ALLOW.to_vec(), vec![("decision", "deny")]] {
            let mut all = [LINK.as_slice(), fields.as_slice()].concat();
            all.extend(field.map(|field| ("csrf", field)));
            let mut request = form("/authorize", &all);
            if let Some(cookie) = cookie {
                request
                    .headers_mut()
                    .insert(COOKIE, cookie.parse().expect("a header"));
            }
            if let Some(site) = site {
                request
                    .headers_mut()
                    .insert("sec-fetch-site", site.parse().expect("a header"));
            }
            let answer = world.send(request).await;
            let expected = if is_taken {
                StatusCode::SEE_OTHER
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(answer.status, expected, "{name} {fields:?}");
            assert_eq!(answer.header(LOCATION).is_some(), is_taken, "{name}");
        }
    }
}

#[tokio::test]
async fn the_cookie_stays_on_this_host_and_with_this_browser() {
    let world = World::new().await;
    let page = get(&world, "/authorize", &LINK).await;
    let (cookie, value) = csrf(&page);
    let expected = format!("tender-csrf={value}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
    assert_eq!(page.header(SET_COOKIE), Some(expected.as_str()));
    // A second page of the same browser leaves the first one valid.
    let request = Request::get(format!("/authorize?{}", query(&LINK))).header(COOKIE, &cookie);
    let second = world.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(csrf(&second), (cookie, value));

    let public_url = Some("https://tender.example".to_owned());
    let secure = World::with(Settings {
        public_url,
        ..Settings::default()
    })
    .await;
    let page = get(&secure, "/authorize", &LINK).await;
    let header = page.header(SET_COOKIE).expect("a cookie");
    assert!(
        header.starts_with("__Host-tender-csrf=") && header.ends_with("; SameSite=Lax; Secure"),
        "{header}"
    );
    let answer = submit(&secure, "/authorize", &LINK, &ALLOW).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_registered() {
    let world = World::new().await;
    let cases = [
        ("no client", link_with(&[("client_id", "absent")]), "client_id"),
        (
            "unknown client",
            link_with(&[("client_id", "nobody")]),
            "client_id",
        ),
        (
            "no address",
            link_with(&[("redirect_uri", "absent")]),
            "redirect_uri",
        ),
        (
            "another address",
            link_with(&[("redirect_uri", "https://evil.example/")]),
            "redirect_uri",
        ),
        (
            "a longer one",
            link_with(&[("redirect_uri", "https://pay.example/callback?tenant=7&x=1")]),
            "redirect_uri",
        ),
        (
            "two addresses",
            link_with(&[
                ("redirect_uri", REDIRECT),
                ("redirect_uri", "https://evil.example/"),
            ]),
            "redirect_uri is given twice",
        ),
        (
            "two clients",
            link_with(&[("client_id", CLIENT_ID), ("client_id", "nobody")]),
            "client_id is given twice",
        ),
        // Even with other errors that would be sent to a registered one.
        (
            "all wrong",
            link_with(&[
                ("redirect_uri", "https://evil.example/"),
                ("response_type", "token"),
            ]),
            "redirect_uri",
        ),
    ];
    for (path, _) in AUTHORIZE_PATHS {
        for (name, link, word) in &cases {
            for answer in [
                get(&world, path, link).await,
                submit(&world, path, link, &ALLOW).await,
            ] {
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
                assert!(answer.header(LOCATION).is_none(), "{name}");
                assert!(answer.text().contains(word), "{name}: {}", answer.text());
                assert!(
                    !answer.text().contains("evil"),
                    "{name}: nothing of the link is shown"
                );
            }
        }
    }
}

#[tokio::test]
async fn other_errors_are_told_to_the_application() {
    let world = World::new().await;
    let cases = [
        (
            link_with(&[("response_type", "absent")]),
            "invalid_request",
            "response_type%20is%20missing",
        ),
        (
            link_with(&[("response_type", "token")]),
            "unsupported_response_type",
            "response_type%20must%20be%20code",
        ),
        (
            link_with(&[("scope", "items")]),
            "invalid_scope",
            "the%20application%20may%20have%20none%20of%20these%20scopes",
        ),
    ];
    for (link, error, description) in &cases {
        for answer in [
            get(&world, "/authorize", link).await,
            submit(&world, "/authorize", link, &ALLOW).await,
        ] {
            let expected = format!(
                "https://pay.example/callback?tenant=7&error={error}&error_description={description}&state=a%20b%26c"
            );
            assert_eq!(
                (answer.status, answer.location()),
                (StatusCode::SEE_OTHER, expected.as_str())
            );
        }
    }
}

#[tokio::test]
async fn loopback_is_for_sandboxes_only() {
    let local = "http://127.0.0.1:49152/callback";
    let link = link_with(&[("redirect_uri", local)]);
    for (sandbox, expected) in [(true, StatusCode::OK), (false, StatusCode::BAD_REQUEST)] {
        let world = World::with(Settings {
            sandbox,
            ..Settings::default()
        })
        .await;
        let redirect_uris = vec![REDIRECT.to_owned(), local.to_owned()];
        let application = Application {
            redirect_uris,
            ..application()
        };
        world.tender.put_application(&application).await.expect("written");
        assert_eq!(
            get(&world, "/authorize", &link).await.status,
            expected,
            "sandbox {sandbox}"
        );
    }
}

#[tokio::test]
async fn everything_shown_is_escaped() {
    let world = World::new().await;
    let name = r#"<script>alert("x")</script>"#.to_owned();
    world
        .tender
        .put_application(&Application {
            name,
            ..application()
        })
        .await
        .expect("written");
    let link = link_with(&[("state", r#""><script>alert(1)</script>"#)]);
    let fields = [
        ("decision", "allow"),
        ("username", r#""><img src=x onerror=y>"#),
        ("password", "wrong"),
    ];
    for page in [
        get(&world, "/authorize", &link).await,
        submit(&world, "/authorize", &link, &fields).await,
    ] {
        assert!(
            !page.text().contains("<script") && !page.text().contains("<img"),
            "{}",
            page.text()
        );
        assert!(page.text().contains("&lt;script&gt;alert"));
    }
}

#[tokio::test]
async fn a_password_in_the_address_is_not_taken() {
    let world = World::new().await;
    let (cookie, value) = csrf(&get(&world, "/authorize", &LINK).await);
    let uri = format!("/authorize?{}", query(&ALLOW));
    let mut request = form(&uri, &[LINK.as_slice(), &[("csrf", value.as_str())]].concat());
    request
        .headers_mut()
        .insert(COOKIE, cookie.parse().expect("a header"));
    assert_eq!(world.send(request).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_browser_may_repeat_the_link_in_the_forms_address() {
    let world = World::new().await;
    let uri = format!("/authorize?{}", query(&LINK));
    let (cookie, value) = csrf(&get(&world, "/authorize", &LINK).await);
    let all = [LINK.as_slice(), ALLOW.as_slice(), &[("csrf", value.as_str())]].concat();
    let mut request = form(&uri, &all);
    request
        .headers_mut()
        .insert(COOKIE, cookie.parse().expect("a header"));
    assert_eq!(world.send(request).await.status, StatusCode::SEE_OTHER);
}

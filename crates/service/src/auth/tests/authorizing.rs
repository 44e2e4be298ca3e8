//! Who may be asked, about what, and where answers may go.

use super::{REDIRECT, application, authorize_request, scopes, service};
use crate::auth::consent::may_redirect_to;
use crate::{Application, AuthorizeFailure, AuthorizeRequest, Flavour, RedirectError};

#[tokio::test]
async fn authorize_requests_are_judged_before_anything_is_sent_anywhere() {
    let tender = service().await;
    let extra = [
        "http://pay.example/",
        "http://127.0.0.1:9/cb",
        "https://pay.example/#top",
    ]
    .map(str::to_owned);
    let registered = [application().redirect_uris, extra.to_vec()].concat();
    tender
        .put_application(&Application {
            redirect_uris: registered,
            ..application()
        })
        .await
        .expect("written");
    let base = authorize_request;
    let uri = |uri: &str| AuthorizeRequest {
        redirect_uri: Some(uri.to_owned()),
        ..base()
    };
    let on_page = [
        (
            "no client",
            AuthorizeRequest {
                client_id: None,
                ..base()
            },
        ),
        (
            "empty client",
            AuthorizeRequest {
                client_id: Some(String::new()),
                ..base()
            },
        ),
        (
            "unknown client",
            AuthorizeRequest {
                client_id: Some("nobody".to_owned()),
                ..base()
            },
        ),
        (
            "no redirect",
            AuthorizeRequest {
                redirect_uri: None,
                ..base()
            },
        ),
        ("not registered", uri("https://evil.example/")),
        ("a part of it", uri("https://pay.example/callback")),
        ("more than it", uri("https://pay.example/callback?tenant=7&x=1")),
        ("another case", uri("https://PAY.example/callback?tenant=7")),
        ("registered, not https", uri("http://pay.example/")),
        ("registered, with a fragment", uri("https://pay.example/#top")),
    ];
    for (name, request) in on_page {
        let found = tender.check_authorization(Flavour::KseriesV1, &request).await;
        assert!(
            matches!(found, Err(AuthorizeFailure::Page(_))),
            "{name}: {found:?}"
        );
    }
    let loopback = tender
        .check_authorization(Flavour::KseriesV1, &uri("http://127.0.0.1:9/cb"))
        .await;
    assert!(loopback.is_ok(), "this service is a sandbox");

    let redirected = [
        (
            AuthorizeRequest {
                response_type: None,
                ..base()
            },
            "invalid_request",
        ),
        (
            AuthorizeRequest {
                response_type: Some("token".to_owned()),
                ..base()
            },
            "unsupported_response_type",
        ),
        (
            AuthorizeRequest {
                scope: Some("items staff-api".to_owned()),
                ..base()
            },
            "invalid_scope",
        ),
    ];
    for (request, expected) in redirected {
        let found = tender.check_authorization(Flavour::KseriesV1, &request).await;
        let Err(AuthorizeFailure::Redirect(RedirectError {
            redirect_uri, error, ..
        })) = found
        else {
            panic!("{expected}: {found:?}");
        };
        assert_eq!((redirect_uri.as_str(), error), (REDIRECT, expected));
    }
    let every = tender
        .check_authorization(
            Flavour::Kounta,
            &AuthorizeRequest {
                scope: None,
                ..base()
            },
        )
        .await;
    assert_eq!(
        every.expect("authorized").scopes,
        scopes(&["orders-api", "financial-api", "offline_access"])
    );
    tender
        .put_application(&Application {
            disabled: true,
            ..application()
        })
        .await
        .expect("switched off");
    let off = tender.check_authorization(Flavour::Kounta, &base()).await;
    assert!(matches!(off, Err(AuthorizeFailure::Page(_))), "{off:?}");
}

#[test]
fn answers_go_to_https_or_to_this_computer_in_a_sandbox() {
    let cases = [
        ("https://pay.example/cb", true, true),
        ("https://pay.example:8443/cb?x=1", true, true),
        ("https://localhost/cb", true, true),
        ("http://localhost:3000/cb", false, true),
        ("http://127.0.0.1/cb", false, true),
        ("http://127.1.2.3:80/cb", false, true),
        ("http://[::1]:3000/cb", false, true),
        ("http://localhost.evil.example/cb", false, false),
        ("http://127.0.0.1.evil.example/cb", false, false),
        ("http://pay.example/cb", false, false),
        ("http://10.0.0.1/cb", false, false),
        ("https://pay.example/cb#x", false, false),
        ("https://user@pay.example/cb", false, false),
        ("https://user:word@pay.example/cb", false, false),
        ("http://user@localhost/cb", false, false),
        ("https:///cb", true, true),
        ("javascript:alert(1)", false, false),
        ("data:text/html,x", false, false),
        ("myapp://callback", false, false),
        ("//pay.example/cb", false, false),
        ("/cb", false, false),
        ("", false, false),
        ("https://pay.example/\r\nSet-Cookie: a=b", false, false),
        ("https://pay.example/ü", false, false),
        (" https://pay.example/", false, false),
    ];
    for (address, plain, sandbox) in cases {
        assert_eq!(may_redirect_to(address, false), plain, "{address:?}");
        assert_eq!(
            may_redirect_to(address, true),
            sandbox,
            "{address:?} in a sandbox"
        );
    }
}

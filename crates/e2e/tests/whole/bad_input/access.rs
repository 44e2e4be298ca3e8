//! Bad credentials, other people's credentials, and ids of nothing.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tender_e2e::json_answer;

use super::{Dialect, Scene, route, routes};

/// Texts that are no token.
const NO_TOKENS: [&str; 5] = [
    "",
    "wrong",
    "Bearer",
    "\u{e9}",
    "tnd_at_00000000000000000000000000000000000000000000",
];

#[tokio::test]
async fn nobody_writes_without_a_good_credential() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    for route in routes(&scene) {
        let plain = || {
            let request = scene
                .server
                .request(route.method.clone(), &route.path)
                .json(&json!({}));
            // Without it a request of om is not even one that could be allowed.
            match route.dialect {
                Dialect::Om => request.header("organization-id", scene.server.secret("/om/organization_id")),
                Dialect::Kseries | Dialect::Kounta | Dialect::Native => request,
            }
        };
        let mut requests = vec![
            plain(),
            plain().basic_auth("nobody", Some("x")),
            plain().header("api-key", "wrong"),
        ];
        // Where this API looks for a credential.
        requests.extend(NO_TOKENS.map(|token| match route.dialect {
            Dialect::Om => plain().header("api-key", token.as_bytes()),
            Dialect::Kseries | Dialect::Kounta | Dialect::Native => {
                plain().header("authorization", [b"Bearer ", token.as_bytes()].concat())
            }
        }));
        for request in requests {
            let answer = request.send().await?;
            let (status, text) = (answer.status(), answer.text().await?);
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{}: {text}", route.path);
            match route.dialect {
                Dialect::Kseries => assert_eq!(text, "", "{}", route.path),
                dialect => {
                    let body: serde_json::Value =
                        serde_json::from_str(&text).with_context(|| text.clone())?;
                    let media_type = if dialect == Dialect::Native {
                        "application/problem+json"
                    } else {
                        "application/json"
                    };
                    match dialect {
                        // A request without credentials has an error of OAuth.
                        Dialect::Kounta => ensure!(body["error"].is_string(), "{body}"),
                        _ => dialect.check(status, media_type, &body)?,
                    }
                }
            }
        }
    }
    assert_eq!(scene.state().await?, before);
    scene.server.healthy().await
}

/// Another merchant's good credentials see and change nothing here, and are told nothing.
#[tokio::test]
async fn another_merchant_reaches_nothing() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let server = &scene.server;
    let before = scene.state().await?;
    let token = server.secret("/other/access_token");
    let pay = |location: serde_json::Value| {
        let mut body = server.pay_body(&scene.order, "foreign", "demo", &json!(1));
        body["businessLocationId"] = location;
        server
            .request(Method::POST, "/o/op/1/pay")
            .bearer_auth(&token)
            .json(&body)
    };
    let (status, mine) =
        json_answer(pay(server.credentials["kseries"]["business_location_id"].clone())).await?;
    assert_eq!(status, StatusCode::FORBIDDEN, "{mine}");
    let (status, none) = json_answer(pay(json!(999))).await?;
    assert_eq!(
        (status, &mine["message"].to_string().len()),
        (StatusCode::FORBIDDEN, &none["message"].to_string().len())
    );

    let admin = server.secret("/other/admin_token");
    let id = scene.id("/id");
    for (method, path) in [
        (Method::GET, format!("/api/v1/orders/{id}")),
        (Method::POST, format!("/api/v1/orders/{id}/close")),
        (Method::POST, format!("/api/v1/orders/{id}/payments")),
        (
            Method::PUT,
            format!("/api/v1/sandbox/tills/{}", server.secret("/till/device_ids/0")),
        ),
    ] {
        let body = match path.rsplit('/').next() {
            Some("payments") => json!({"amount": "1.00"}),
            Some("close") => json!({}),
            _ => json!({"behaviour": "offline"}),
        };
        let request = server.request(method.clone(), &path).bearer_auth(&admin);
        let request = if method == Method::GET {
            request
        } else {
            request.json(&body)
        };
        let (status, body) = json_answer(request).await?;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
    }
    let (status, list) =
        json_answer(server.request(Method::GET, "/api/v1/orders").bearer_auth(&admin)).await?;
    ensure!(
        status == StatusCode::OK && !list.to_string().contains(&id),
        "{list}"
    );

    let om = |organization: &str| {
        let body = json!({"params": {"orderId": scene.id("/om/order_id"), "type": "receipt", "amount": 1}});
        let request = server
            .request(Method::POST, "/v1/om/payments")
            .header("api-key", server.secret("/other/api_key"));
        request
            .header("organization-id", server.secret(organization))
            .json(&body)
    };
    let (status, body) = json_answer(om("/om/organization_id")).await?;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    let (status, body) = json_answer(om("/other/organization_id")).await?;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("ORDER_NOT_FOUND"))
    );

    let company = server.secret("/other/company_id");
    for path in ["orders.json", "payment_methods.json", "sites.json"] {
        let (status, body) =
            json_answer(server.kounta(Method::GET, &format!("/v1/companies/{company}/{path}"))).await?;
        assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    }
    assert_eq!(scene.state().await?, before);
    scene.server.healthy().await
}

#[tokio::test]
async fn ids_of_nothing_are_not_found() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    let company = scene.server.secret("/kounta/company_id");
    let ids = [
        "0",
        "1",
        "-1",
        "99999999999999999999999",
        "nope",
        "1.5",
        "%20",
        "ord_1",
        "ord_",
        "pay_1_1",
        "%F0%9F%92%A9",
    ];
    for id in ids {
        let paths = [
            (
                Dialect::Kounta,
                Method::POST,
                format!("/v1/companies/{company}/orders/{id}/payments.json"),
                json!({"method_id": 1, "amount": 1}),
            ),
            (
                Dialect::Kounta,
                Method::POST,
                format!("/v1/companies/{id}/orders.json"),
                json!({}),
            ),
            (
                Dialect::Om,
                Method::PATCH,
                format!("/v1/om/payments/{id}"),
                json!({"params": {"amount": 1}}),
            ),
            (
                Dialect::Om,
                Method::PATCH,
                format!("/v1/om/payments/{id}/confirm"),
                json!({}),
            ),
            (
                Dialect::Om,
                Method::DELETE,
                format!("/v1/om/payments/{id}"),
                json!({}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/orders/{id}/payments"),
                json!({"amount": "1.00"}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/orders/{id}/close"),
                json!({}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/payments/{id}/confirm"),
                json!({}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/payments/{id}/refund"),
                json!({"amount": "1.00"}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/till/tasks/{id}/confirm"),
                json!({"lease": 1}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/cases/{id}/resolve"),
                json!({"resolution": "x"}),
            ),
            (
                Dialect::Native,
                Method::POST,
                format!("/api/v1/deliveries/{id}/replay"),
                json!({}),
            ),
            (
                Dialect::Native,
                Method::DELETE,
                format!("/api/v1/webhook-endpoints/{id}"),
                json!({}),
            ),
            (
                Dialect::Kseries,
                Method::DELETE,
                format!("/o/wh/1/webhook/{id}"),
                json!({}),
            ),
        ];
        for (dialect, method, path, body) in paths {
            let nothing = route(dialect, method, path);
            let request = dialect
                .request(&scene.server, nothing.method.clone(), &nothing.path)
                .json(&body);
            let (status, body) = scene
                .refused(&nothing, request)
                .await
                .with_context(|| nothing.path.clone())?;
            ensure!(
                [400, 404, 422].contains(&status.as_u16()),
                "{}: {status} {body}",
                nothing.path
            );
        }
    }
    assert_eq!(scene.state().await?, before);
    scene.server.healthy().await
}

/// A credential opens the surfaces that it was made for, and no other.
#[tokio::test]
async fn each_kind_of_credential_opens_its_own_surfaces() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let server = &scene.server;
    let organization = server.secret("/om/organization_id");
    let location = server.credentials["kseries"]["business_location_id"].to_string();
    let heartbeat = json!({"device_id": server.secret("/till/device_ids/0")});
    let get = |path: &str| server.request(Method::GET, path);
    // The same order as the columns below.
    let ask = |token: &str| {
        [
            get(&format!(
                "/o/op/1/onlineOrderReadiness?businessLocationId={location}"
            ))
            .bearer_auth(token),
            get("/v1/companies/me.json").bearer_auth(token),
            get("/v1/om/payment-methods")
                .header("api-key", token)
                .header("organization-id", &organization),
            get("/api/v1/orders").bearer_auth(token),
            get("/api/v1/devices").bearer_auth(token),
            server
                .request(Method::POST, "/api/v1/till/heartbeat")
                .bearer_auth(token)
                .json(&heartbeat),
            get("/oauth/userinfo").bearer_auth(token),
        ]
    };
    let table = [
        // credential: K-Series, Kounta, om, native, native administration, tills, who am I
        ("/kseries/access_token", [200, 200, 401, 403, 403, 403, 200]),
        ("/kounta/access_token", [200, 200, 401, 403, 403, 403, 200]),
        ("/om/api_key", [403, 403, 200, 403, 403, 403, 401]),
        ("/admin/token", [403, 403, 401, 200, 200, 200, 401]),
        ("/till/token", [403, 403, 401, 200, 403, 200, 401]),
        ("/kseries/refresh_token", [401, 401, 401, 401, 401, 401, 401]),
        ("/kounta/refresh_token", [401, 401, 401, 401, 401, 401, 401]),
        ("/kseries/client_id", [401, 401, 401, 401, 401, 401, 401]),
        ("/kseries/client_secret", [401, 401, 401, 401, 401, 401, 401]),
    ];
    for (pointer, expected) in table {
        let mut found = Vec::new();
        for request in ask(&server.secret(pointer)) {
            found.push(request.send().await?.status().as_u16());
        }
        assert_eq!(found, expected, "{pointer}");
    }
    // What is no key of om is answered as a key that nobody has.
    for pointer in [
        "/kseries/access_token",
        "/admin/token",
        "/till/token",
        "/kseries/refresh_token",
    ] {
        let [_, _, om, ..] = ask(&server.secret(pointer));
        let (_, body) = json_answer(om).await?;
        assert_eq!(body["error"]["code"], json!("INVALID_TOKEN"), "{pointer}");
    }
    Ok(())
}

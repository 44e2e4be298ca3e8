//! Every field of a payment with every wrong value, in all dialects.

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use tender_e2e::json_answer;

use super::{Dialect, Route, Scene, route};

/// Values that are no amount, as JSON texts.
const NO_AMOUNTS: [&str; 18] = [
    "\"x\"",
    "\"NaN\"",
    "\"Infinity\"",
    "\"1e400\"",
    "\"0x10\"",
    "\"1,5\"",
    "\"１\"",
    "true",
    "[]",
    "[1]",
    "{}",
    "1e400",
    "1e-400",
    "-1e400",
    "20.061",
    "1e30",
    "99999999999999999999",
    "0.30000000000000004",
];
/// Values that are no id.
const NO_IDS: [&str; 9] = [
    "\"x\"",
    "true",
    "[]",
    "{}",
    "1.5",
    "1e400",
    "99999999999999999999",
    "-99999999999999999999",
    "\"１\"",
];
/// Values that are no text.
const NO_TEXTS: [&str; 2] = ["[]", "{}"];

/// A payment that would work, and what not to put into its fields.
struct Good {
    route: Route,
    body: Value,
    /// A member around the fields.
    below: Option<&'static str>,
    /// Fields with their wrong values.
    fields: Vec<(&'static str, Vec<&'static str>)>,
    required: Vec<&'static str>,
}

impl Good {
    /// The body with a field replaced by a JSON text as it stands.
    fn with(&self, field: &str, text: &str) -> String {
        let mut body = self.body.clone();
        let target = match self.below {
            Some(below) => &mut body[below],
            None => &mut body,
        };
        target[field] = json!("@@@");
        body.to_string().replace("\"@@@\"", text)
    }

    /// The body without a field.
    fn without(&self, field: &str) -> String {
        let mut body = self.body.clone();
        let target = match self.below {
            Some(below) => &mut body[below],
            None => &mut body,
        };
        if let Some(members) = target.as_object_mut() {
            members.remove(field);
        }
        body.to_string()
    }
}

fn payments(scene: &Scene) -> Vec<Good> {
    let server = &scene.server;
    let company = server.secret("/kounta/company_id");
    let kounta = format!(
        "/v1/companies/{company}/orders/{}/payments.json",
        scene.id("/kounta/order_id")
    );
    let with = |more: &[&'static str]| [&NO_AMOUNTS[..], more].concat();
    vec![
        Good {
            route: route(Dialect::Kseries, Method::POST, "/o/op/1/pay"),
            body: server.pay_body(&scene.order, "good", "demo", &json!(1)),
            below: None,
            fields: vec![
                ("paymentAmount", with(&["null", "0", "-1", "\"\""])),
                ("tipAmount", with(&["-0.01"])),
                (
                    "businessLocationId",
                    [&NO_IDS[..], &["null", "999", "0", "-1"]].concat(),
                ),
                ("staffId", NO_IDS.to_vec()),
                ("deviceId", NO_IDS.to_vec()),
                ("targetPrinterProfileId", NO_IDS.to_vec()),
                ("iKaccountId", NO_IDS.to_vec()),
                (
                    "taskTtlInMs",
                    [&NO_IDS[..], &["59999", "0", "-1", "2147483648"]].concat(),
                ),
                ("iKaccountIdentifier", NO_TEXTS.to_vec()),
                ("paymentMethod", NO_TEXTS.to_vec()),
                (
                    "endpointId",
                    [&NO_TEXTS[..], &["null", "\"NOPE\"", "\"DEMO\""]].concat(),
                ),
                (
                    "thirdPartyPaymentReference",
                    [&NO_TEXTS[..], &["null", "\"\""]].concat(),
                ),
            ],
            required: vec![
                "paymentAmount",
                "businessLocationId",
                "endpointId",
                "thirdPartyPaymentReference",
            ],
        },
        Good {
            route: route(Dialect::Kounta, Method::POST, kounta),
            body: json!({"method_id": 1, "amount": 1, "ref": "good"}),
            below: None,
            fields: vec![
                ("amount", with(&["\"\"", "null"])),
                ("tip", with(&[])),
                ("method_id", [&NO_IDS[..], &["999999", "-1"]].concat()),
            ],
            required: vec!["amount", "method_id"],
        },
        Good {
            route: route(Dialect::Om, Method::POST, "/v1/om/payments"),
            body: json!({"params": {"orderId": scene.id("/om/order_id"), "type": "receipt", "amount": 1}}),
            below: Some("params"),
            fields: vec![
                ("amount", with(&["null", "0", "\"1\""])),
                (
                    "orderId",
                    [
                        &NO_TEXTS[..],
                        &[
                            "null",
                            "5",
                            "true",
                            "\"\"",
                            "\"ord_1\"",
                            "\"nope\"",
                            "\"ord_99999999999999999999\"",
                        ],
                    ]
                    .concat(),
                ),
                ("type", [&NO_TEXTS[..], &["null", "5", "\"gift\""]].concat()),
                (
                    "status",
                    [&NO_TEXTS[..], &["null", "5", "\"failed\"", "\"other\""]].concat(),
                ),
                ("transactionRef", [&NO_TEXTS[..], &["5", "true"]].concat()),
                ("note", [&NO_TEXTS[..], &["5", "true"]].concat()),
            ],
            required: vec!["orderId", "type"],
        },
        Good {
            route: route(
                Dialect::Native,
                Method::POST,
                format!("/api/v1/orders/{}/payments", scene.id("/id")),
            ),
            body: json!({"amount": "1.00", "reference": "good", "mode": "immediate"}),
            below: None,
            fields: vec![
                (
                    "amount",
                    with(&[
                        "1",
                        "1.5",
                        "\"\"",
                        "\"0\"",
                        "\"-1\"",
                        "\"20.061\"",
                        "\"1e30\"",
                        "\"99999999999999999999\"",
                    ]),
                ),
                ("tip", with(&["1", "\"-1\"", "\"0.001\""])),
                ("surcharge", with(&["1", "\"-1\""])),
                ("mode", vec!["5", "[]", "\"later\"", "\"\""]),
                ("reference", vec!["5", "[]", "{}", "\"\"", "\"\\u0000\""]),
                ("method_code", vec!["5", "[]", "\"NOPE\"", "\"\""]),
                (
                    "staff_id",
                    vec!["[]", "\"x\"", "true", "\"99999999999999999999\""],
                ),
                ("no_such_field", vec!["1"]),
            ],
            required: vec!["amount"],
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_field_takes_a_wrong_value() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.state().await?;
    for good in payments(&scene) {
        for field in &good.required {
            scene
                .refuses(&good.route, good.without(field).into_bytes())
                .await?;
        }
        for (field, values) in &good.fields {
            for value in values {
                let (status, body) = scene
                    .refuses(&good.route, good.with(field, value).into_bytes())
                    .await?;
                ensure!(
                    [400, 403, 404, 422].contains(&status.as_u16()),
                    "{field} {value}: {status} {body}"
                );
            }
        }
        let text = good.body.to_string();
        // Cut anywhere, it is no request.
        for end in (0..text.len()).step_by(7).skip(1) {
            scene
                .refuses(
                    &good.route,
                    text.as_bytes().get(..end).unwrap_or_default().to_vec(),
                )
                .await?;
        }
    }
    assert_eq!(scene.state().await?, before);
    // None of it took the references: the good bodies still work.
    for good in payments(&scene) {
        let request = good
            .route
            .dialect
            .request(&scene.server, good.route.method.clone(), &good.route.path);
        let (status, body) = json_answer(request.json(&good.body)).await?;
        ensure!(status.is_success(), "{}: {status} {body}", good.route.path);
    }
    scene.server.audit().await?;
    scene.server.healthy().await
}

/// A member given twice: om and the native API refuse it; the others take the last one, as their frameworks do. Nobody
/// takes both.
#[tokio::test]
async fn a_member_given_twice_counts_once_or_never() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for good in payments(&scene) {
        let (field, one, two) = match good.route.dialect {
            Dialect::Kseries => ("paymentAmount", "1", "2"),
            Dialect::Native => ("amount", "\"1.00\"", "\"2.00\""),
            Dialect::Kounta | Dialect::Om => ("amount", "1", "2"),
        };
        let twice = good.with(field, one).replacen(
            &format!("\"{field}\":"),
            &format!("\"{field}\":{two},\"{field}\":"),
            1,
        );
        ensure!(twice.matches(field).count() == 2, "{twice}");
        let request = good
            .route
            .dialect
            .request(&scene.server, good.route.method.clone(), &good.route.path);
        let request = request.header("content-type", "application/json").body(twice);
        let (status, body) = json_answer(request).await?;
        match good.route.dialect {
            Dialect::Kseries | Dialect::Kounta => ensure!(status.is_success(), "{status} {body}"),
            Dialect::Om | Dialect::Native => {
                ensure!(status.as_u16() == 400, "{status} {body}");
            }
        }
    }
    let order = scene.server.order(&scene.id("/id")).await?;
    let amounts: Vec<_> = order["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|payment| &payment["amount"])
        .collect();
    assert_eq!(amounts, [&json!("1.00"), &json!("1.00")]);
    scene.server.healthy().await
}

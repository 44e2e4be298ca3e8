//! `tender pay`: one payment through any dialect, with the demo's credentials or one's own.

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tender_money::Decimal;

use super::remote::{Remote, text};
use crate::args::{Dialect, PayOptions};
use crate::credentials::Credentials;
use crate::{exit, out};

/// Makes the payment and prints what the server answered.
///
/// # Errors
/// With exit code 3 when the server refuses, 4 when it cannot be reached.
pub async fn run(options: PayOptions) -> anyhow::Result<ExitCode> {
    let remote = Remote::new(&options.remote)?;
    let demo = remote.credentials.clone().ok_or_else(|| {
        exit::coded(
            exit::USAGE,
            "tender pay needs --credentials-file: a dialect takes more than a token",
        )
    })?;
    for typed in [&options.amount, &options.tip].into_iter().flatten() {
        number(typed)?;
    }
    let target = find_order(&remote, &demo, &options).await?;
    let amount = match &options.amount {
        Some(amount) => amount.clone(),
        None => text(&target, "/due")?.to_owned(),
    };
    // Made here, so that whoever has no answer can look the payment up, or send it again under the same one.
    let options = PayOptions {
        reference: Some(reference(&options)?),
        ..options
    };
    let answer = match options.dialect {
        Dialect::Native => native(&remote, &demo, &options, &target, &amount).await?,
        Dialect::Kseries => kseries(&remote, &demo, &options, &target, &amount).await?,
        Dialect::Kounta => kounta(&remote, &demo, &options, &target, &amount).await?,
        Dialect::Om => om(&remote, &demo, &options, &target, &amount).await?,
    };
    if options.json {
        out::line(answer)?;
    } else {
        // K-Series answers before a till has taken the payment; the result comes to the endpoint.
        let done = if options.dialect == Dialect::Kseries {
            "sent to the tills, which decide:"
        } else {
            "paid"
        };
        let order = text(&target, "/id").or_else(|_| text(&target, "/kseries/account_identifier"))?;
        let currency = text(&target, "/currency").unwrap_or_default();
        let reference = options.reference.as_deref().unwrap_or_default();
        out::line(format_args!(
            "{done} {amount} {currency} on {order}, reference {reference}"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The order, as the native API shows it, by its id or the table it is at.
async fn find_order(remote: &Remote, demo: &Credentials, options: &PayOptions) -> anyhow::Result<Value> {
    let token = &demo.admin.token;
    if let Some(table) = options.table {
        let path = format!(
            "/api/v1/orders?location_id={}&state=open&table_number={table}&limit=1",
            demo.native.location_id
        );
        let list = remote
            .call(remote.request(Method::GET, &path).bearer_auth(token))
            .await?;
        return list
            .pointer("/items/0")
            .cloned()
            .ok_or_else(|| exit::coded(exit::REFUSED, format!("no open check at table {table}")));
    }
    let order = options.order.as_deref().unwrap_or_default();
    if options.dialect == Dialect::Kseries && order.starts_with('A') {
        return find_check(remote, demo, order).await;
    }
    let id = if order.starts_with("ord_") {
        order.to_owned()
    } else {
        format!("ord_{order}")
    };
    remote
        .call(
            remote
                .request(Method::GET, &format!("/api/v1/orders/{id}"))
                .bearer_auth(token),
        )
        .await
}

/// A check by the identifier that K-Series knows it by, in the form of the native API as far as a payment needs it.
async fn find_check(remote: &Remote, demo: &Credentials, account: &str) -> anyhow::Result<Value> {
    let path = format!(
        "/o/op/1/order/accounts/{account}?businessLocationId={}",
        demo.kseries.business_location_id
    );
    let request = remote
        .request(Method::GET, &path)
        .bearer_auth(&demo.kseries.access_token);
    let check = remote.call(request).await?;
    // A server may be set to show numbers; both are read from their text.
    let money = |name: &str| {
        let shown = &check[name];
        let shown = shown.as_str().map_or_else(|| shown.to_string(), str::to_owned);
        Decimal::parse(&shown).with_context(|| format!("the server's {name} is no amount: {shown}"))
    };
    let due = money("currentAmount")?.checked_sub(money("paidAmount")?)?;
    Ok(json!({"due": due.to_string(), "kseries": {"account_identifier": account}}))
}

fn reference(options: &PayOptions) -> anyhow::Result<String> {
    match &options.reference {
        Some(reference) => Ok(reference.clone()),
        None => {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
            Ok(format!("cli-{}", hex::encode(bytes)))
        }
    }
}

/// An amount as it was typed, as a JSON number: never through a float.
fn number(text: &str) -> anyhow::Result<Box<RawValue>> {
    Decimal::parse(text).map_err(|error| exit::coded(exit::USAGE, format!("{text}: {error}")))?;
    RawValue::from_string(text.to_owned()).context("not a number")
}

/// A request body with numbers kept as typed.
fn body(members: &[(&str, Box<RawValue>)]) -> anyhow::Result<String> {
    let map: std::collections::BTreeMap<_, _> = members.iter().map(|(name, value)| (*name, value)).collect();
    Ok(serde_json::to_string(&map)?)
}

fn raw(value: &Value) -> anyhow::Result<Box<RawValue>> {
    RawValue::from_string(value.to_string()).context("not JSON")
}

async fn native(
    remote: &Remote,
    demo: &Credentials,
    options: &PayOptions,
    target: &Value,
    amount: &str,
) -> anyhow::Result<Value> {
    let mut payment = json!({"amount": amount, "reference": reference(options)?, "mode": "immediate"});
    if let Some(tip) = &options.tip {
        payment["tip"] = json!(tip);
    }
    let path = format!("/api/v1/orders/{}/payments", text(target, "/id")?);
    let request = remote.request(Method::POST, &path).bearer_auth(&demo.admin.token);
    remote.call(request.json(&payment)).await
}

async fn kseries(
    remote: &Remote,
    demo: &Credentials,
    options: &PayOptions,
    target: &Value,
    amount: &str,
) -> anyhow::Result<Value> {
    let endpoint = options
        .endpoint
        .clone()
        .unwrap_or_else(|| demo.kseries.endpoint_id.clone());
    let mut members = vec![
        (
            "iKaccountIdentifier",
            raw(&target["kseries"]["account_identifier"])?,
        ),
        ("thirdPartyPaymentReference", raw(&json!(reference(options)?))?),
        ("endpointId", raw(&json!(endpoint))?),
        (
            "businessLocationId",
            raw(&json!(demo.kseries.business_location_id))?,
        ),
        ("paymentMethod", raw(&json!(demo.kseries.payment_method))?),
        ("paymentAmount", number(amount)?),
    ];
    if let Some(tip) = &options.tip {
        members.push(("tipAmount", number(tip)?));
    }
    let request = remote
        .request(Method::POST, "/o/op/1/pay")
        .bearer_auth(&demo.kseries.access_token);
    remote
        .call(
            request
                .header("content-type", "application/json")
                .body(body(&members)?),
        )
        .await
}

async fn kounta(
    remote: &Remote,
    demo: &Credentials,
    options: &PayOptions,
    target: &Value,
    amount: &str,
) -> anyhow::Result<Value> {
    let method = demo.kounta.payment_methods.first().map(|method| method.id);
    let mut members = vec![
        ("method_id", raw(&json!(method))?),
        ("amount", number(amount)?),
        ("ref", raw(&json!(reference(options)?))?),
    ];
    if let Some(tip) = &options.tip {
        members.push(("tip", number(tip)?));
    }
    let order = &target["kounta"]["order_id"];
    let path = format!(
        "/v1/companies/{}/orders/{order}/payments.json",
        demo.kounta.company_id
    );
    let request = remote
        .request(Method::POST, &path)
        .basic_auth(&demo.kounta.client_id, Some(&demo.kounta.client_secret))
        .header("content-type", "application/json");
    remote.call(request.body(body(&members)?)).await
}

async fn om(
    remote: &Remote,
    demo: &Credentials,
    options: &PayOptions,
    target: &Value,
    amount: &str,
) -> anyhow::Result<Value> {
    if options.tip.is_some() {
        return Err(exit::coded(exit::USAGE, "om payments have no tip"));
    }
    let members = [
        ("orderId", raw(&target["om"]["order_id"])?),
        ("type", raw(&json!("receipt"))?),
        ("status", raw(&json!("complete"))?),
        ("amount", number(amount)?),
        ("transactionRef", raw(&json!(reference(options)?))?),
    ];
    let params = body(&members)?;
    let request = remote
        .request(Method::POST, "/v1/om/payments")
        .header("api-key", &demo.om.api_key)
        .header("organization-id", &demo.om.organization_id)
        .header("content-type", "application/json");
    remote
        .call(request.body(format!("{{\"params\":{params}}}")))
        .await
}

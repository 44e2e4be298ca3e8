//! `tender demo`: the whole server with a restaurant in it, and calls to paste.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tender_service::Settings;

use crate::app::{App, settings};
use crate::args::DemoOptions;
use crate::credentials::Credentials;
use crate::out;
use crate::seed::{self, Check, DEMO_ENDPOINT, Seeded};

/// Runs until stopped.
///
/// # Errors
/// As [`App::start`], or when the credentials file cannot be written.
pub async fn run(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let settings = Settings {
        sandbox: true,
        private_webhooks: true,
        rate_limits: options.rate_limits,
        ..settings(&options.server)
    };
    let seeding = async |tender: tender_service::Tender, address| seed::seed(&tender, address).await;
    let (app, seeded) = App::start(&options.server, settings, seeding).await?;
    let Seeded { credentials, checks } = seeded;
    make_endpoint(&credentials)
        .await
        .context("making the demo's webhook endpoint")?;
    // Written last: whoever waits for the file may call at once.
    if let Some(file) = &options.credentials_file {
        credentials.write(file)?;
    }
    if options.json {
        out::unless_gone(out::write(credentials.to_json()))?;
    } else {
        out::unless_gone(out::write(guide(&credentials, &checks)))?;
    }
    eprintln!(
        "tender: press Ctrl-C to stop; the ledger is kept in {}",
        place(&options)
    );
    app.run_until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

fn place(options: &DemoOptions) -> String {
    match &options.server.store.database_url {
        Some(_) => "PostgreSQL".to_owned(),
        None => options.server.store.data.display().to_string(),
    }
}

/// How long the server may take to answer its own first calls.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where `tender listen` listens when it is not told otherwise.
const LISTENER: &str = "http://127.0.0.1:8090/";

/// Makes the webhook endpoint that the printed calls name, through the same call that an app would use. One that is there
/// stays as it is. Its answer also shows that the server is ready.
async fn make_endpoint(credentials: &Credentials) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let webhook = format!("{}/o/wh/1/webhook", credentials.base_url);
    let token = &credentials.kseries.access_token;
    let known = client
        .get(format!("{webhook}/{DEMO_ENDPOINT}"))
        .bearer_auth(token)
        .send()
        .await?;
    if known.status().is_success() {
        return Ok(());
    }
    let body = serde_json::json!({"endpointId": DEMO_ENDPOINT, "url": LISTENER});
    let request = client
        .put(webhook)
        .bearer_auth(token)
        .header("content-type", "application/json");
    request.body(body.to_string()).send().await?.error_for_status()?;
    Ok(())
}

/// What to paste into a terminal: one payment through each dialect.
fn guide(credentials: &Credentials, checks: &[Check]) -> String {
    let Credentials {
        base_url,
        admin,
        kseries,
        kounta,
        om,
        till,
        person,
        ..
    } = credentials;
    let [first, second, third, ..] = checks else {
        return String::new();
    };
    format!(
        r#"tender demo is ready at {base_url}

K-Series: read the check at table {table}, pay 5.00 of it with a tip of 0.50, read it again
  curl -s '{base_url}/o/op/1/order/table/{table}/getCheck?businessLocationId={location}' -H 'Authorization: Bearer {kseries_token}'
  curl -s -X POST {base_url}/o/op/1/pay -H 'Authorization: Bearer {kseries_token}' -H 'Content-Type: application/json' -d '{{"iKaccountIdentifier":"{account}","thirdPartyPaymentReference":"demo-'$(date +%s)'","endpointId":"{endpoint}","businessLocationId":{location},"paymentMethod":"{method}","paymentAmount":5.00,"tipAmount":0.50}}'

Kounta: pay 4.00 in cash at table {second_table}, which has a service charge
  curl -s -X POST {base_url}/v1/companies/{company}/orders/{second_order}/payments.json -u {client}:{secret} -H 'Content-Type: application/json' -d '{{"method_id":1,"amount":4.00,"tip":0.10,"ref":"demo"}}'
  curl -s {base_url}/v1/companies/{company}/orders/{second_order}.json -u {client}:{secret}

om: a pending receipt of 3.00 at table {third_table}, then all payments of that order
  curl -s -X POST {base_url}/v1/om/payments -H 'api-key: {om_key}' -H 'organization-id: {organization}' -H 'Content-Type: application/json' -d '{{"params":{{"orderId":"ord_{third_order}","type":"receipt","amount":3}}}}'
  curl -s '{base_url}/v1/om/payments?orderId=ord_{third_order}' -H 'api-key: {om_key}' -H 'organization-id: {organization}'

Native: what happened, in order
  curl -s {base_url}/api/v1/events -H 'Authorization: Bearer {admin_token}'

Three virtual tills (devices {devices}) confirm payments at once. Take one off the network:
  curl -s -X PUT {base_url}/api/v1/sandbox/tills/{device} -H 'Authorization: Bearer {admin_token}' -H 'Content-Type: application/json' -d '{{"behaviour":"offline"}}'
Console: {console} and the authorize pages: sign in as {person} with the password {password}
Webhooks of the endpoint "{endpoint}" go to {LISTENER}; receive them with: tender listen
"#,
        table = first.table,
        account = first.account,
        second_table = second.table,
        second_order = second.order,
        third_table = third.table,
        third_order = third.order,
        location = kseries.business_location_id,
        kseries_token = kseries.access_token,
        endpoint = kseries.endpoint_id,
        method = kseries.payment_method,
        console = credentials.console_url,
        person = person.name,
        password = person.password,
        company = kounta.company_id,
        client = kounta.client_id,
        secret = kounta.client_secret,
        admin_token = admin.token,
        om_key = om.api_key,
        organization = om.organization_id,
        devices = till.device_ids.join(", "),
        device = till.device_ids.first().map_or("", String::as_str),
    )
}

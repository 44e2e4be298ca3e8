//! The body of a webhook endpoint: reading it and checking what the framework checks.

use tender_service::check_webhook_url;
use tender_wire::Json;

use super::settings::Subscription;
use crate::errors::{Fault, Refusal};
use crate::request::{Members, Mismatch};
use crate::validation::{JavaType, Violations};

/// Spring's name of the object.
const OBJECT: &str = "webhookEndpointDto";
/// Longest endpoint id. None is published; clients assume 50.
const NAME_LENGTH_MAX: usize = 255;
/// Most opt-ins of an endpoint.
const SUBSCRIPTIONS_MAX: usize = 100;
/// What an opt-in may be about.
static RESOURCES: [&str; 4] = ["order", "payment", "item", "order_api"];

/// A webhook endpoint as sent; absent members are `None`. It holds a password, so nothing prints it.
pub(super) struct EndpointRequest<'j> {
    pub(super) name: &'j str,
    pub(super) url: &'j str,
    pub(super) with_basic_auth: Option<bool>,
    pub(super) username: Option<&'j str>,
    pub(super) password: Option<&'j str>,
    pub(super) provide_account: Option<bool>,
    pub(super) expand_transactions: Option<bool>,
    pub(super) expand_payments: Option<bool>,
    pub(super) subscribe_to: Option<Vec<Subscription>>,
}

/// Reads a webhook endpoint. `private_urls` allows addresses that are not of the public internet.
pub(super) fn decode<'j>(json: &'j Json<'j>, private_urls: bool) -> Result<EndpointRequest<'j>, Refusal> {
    let members = Members::root(json, OBJECT)?;
    let fields = read(members).map_err(|mismatch| mismatch.refusal(OBJECT))?;
    let mut violations = Violations::default();
    if fields.name.is_none() {
        violations.not_null("endpointId", JavaType::String);
    }
    if fields.url.is_none() {
        violations.not_null("url", JavaType::String);
    }
    let (Some(name), Some(url)) = (fields.name, fields.url) else {
        return Err(Refusal::Invalid {
            object: OBJECT,
            violations: violations.into_vec(),
        });
    };
    check(
        name,
        url,
        private_urls,
        fields.subscribe_to.as_deref().unwrap_or_default(),
    )?;
    Ok(EndpointRequest {
        name,
        url,
        with_basic_auth: fields.with_basic_auth,
        username: fields.username,
        password: fields.password,
        provide_account: fields.provide_account,
        expand_transactions: fields.expand_transactions,
        expand_payments: fields.expand_payments,
        subscribe_to: fields.subscribe_to,
    })
}

struct Fields<'j> {
    name: Option<&'j str>,
    url: Option<&'j str>,
    with_basic_auth: Option<bool>,
    username: Option<&'j str>,
    password: Option<&'j str>,
    provide_account: Option<bool>,
    expand_transactions: Option<bool>,
    expand_payments: Option<bool>,
    subscribe_to: Option<Vec<Subscription>>,
}

fn read<'j>(members: Members<'j, '_>) -> Result<Fields<'j>, Mismatch> {
    let subscriptions = members.objects("subscribeTo", |entry| {
        Ok(Subscription {
            name: entry.text("name")?.map(str::to_owned),
            resource: entry.one_of("resource", &RESOURCES)?.map(str::to_owned),
        })
    })?;
    Ok(Fields {
        name: members.text("endpointId")?,
        url: members.text("url")?,
        with_basic_auth: members.flag("withBasicAuth")?,
        username: members.text("username")?,
        password: members.text("password")?,
        provide_account: members.flag("provideAccount")?,
        expand_transactions: members.flag("expandTransactions")?,
        expand_payments: members.flag("expandPayments")?,
        subscribe_to: members.is_given("subscribeTo").then_some(subscriptions),
    })
}

/// Limits of our own, and what could never be delivered to.
fn check(name: &str, url: &str, private_urls: bool, subscriptions: &[Subscription]) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Fault::EndpointIdEmpty.into());
    }
    if name.encode_utf16().count() > NAME_LENGTH_MAX {
        return Err(Fault::EndpointIdTooLong { max: NAME_LENGTH_MAX }.into());
    }
    check_webhook_url(url, private_urls).map_err(Fault::UrlRefused)?;
    if subscriptions.len() > SUBSCRIPTIONS_MAX {
        return Err(Fault::SubscriptionsTooMany {
            max: SUBSCRIPTIONS_MAX,
        }
        .into());
    }
    Ok(())
}

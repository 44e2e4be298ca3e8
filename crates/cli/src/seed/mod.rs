//! The demo's world: a restaurant with three locations, a second merchant, applications, credentials and open checks.
//!
//! Seeding is idempotent: it runs on every start and on every node. What must be random is made once, by whoever
//! comes first, and everything secret is derived from it, so a restart prints the same credentials.

mod access;
mod catalogue;
mod checks;
mod places;

#[cfg(test)]
mod tests;

pub use access::DEMO_ENDPOINT;
pub use checks::Check;

use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use tender_engine::MerchantId;
use tender_service::{Failure, Tender};

use crate::app::base_url;
use crate::credentials::{
    Addon, Admin, Credentials, Kounta, Kseries, NamedMethod, Native, NativeLocation, NumberedMethod, Om,
    Other, Person, Till,
};

/// The restaurant. Kounta's company id.
pub const MERCHANT: MerchantId = MerchantId(5_678);
/// The other merchant.
pub const OTHER_MERCHANT: MerchantId = MerchantId(8_765);

/// What seeding leads to.
pub struct Seeded {
    /// Who may do what.
    pub credentials: Credentials,
    /// Open checks of the euro location.
    pub checks: Vec<Check>,
}

/// Turns a failure of the service into an error for people.
fn told(failure: Failure) -> anyhow::Error {
    anyhow!("the ledger refused the demo's data: {failure:?}")
}

/// Brings the demo's data up to date and answers its credentials.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn seed(tender: &Tender, address: SocketAddr) -> anyhow::Result<Seeded> {
    places::write(tender).await?;
    catalogue::write(tender).await?;
    let access = access::write(tender).await?;
    let checks = checks::open(tender).await.context("opening the demo's checks")?;
    let tables = checks.iter().map(|check| check.table).collect();
    Ok(Seeded {
        credentials: credentials(&base_url(address), access, tables),
        checks,
    })
}

fn credentials(base: &str, access: access::Access, tables: Vec<u32>) -> Credentials {
    let methods = catalogue::METHODS
        .iter()
        .filter(|method| method.visible && !method.is_terminal);
    Credentials {
        base_url: base.to_owned(),
        console_url: format!("{base}/console"),
        admin: Admin { token: access.admin },
        native: Native {
            location_id: places::EUR.to_string(),
            locations: places::LOCATIONS
                .iter()
                .map(|place| NativeLocation {
                    id: place.id.to_string(),
                    currency: place.currency.to_owned(),
                })
                .collect(),
        },
        till: Till {
            token: access.till,
            device_ids: places::EUR_DEVICES.iter().map(u64::to_string).collect(),
        },
        kseries: Kseries {
            access_token: access.kseries_access,
            client_id: access::KSERIES_CLIENT.to_owned(),
            client_secret: access.kseries_secret,
            refresh_token: access.kseries_refresh,
            business_location_id: places::EUR,
            tables,
            payment_method: "OOPAYMENT".to_owned(),
            endpoint_id: access::DEMO_ENDPOINT.to_owned(),
        },
        kounta: Kounta {
            client_id: access::KOUNTA_CLIENT.to_owned(),
            client_secret: access.kounta_secret,
            access_token: access.kounta_access,
            refresh_token: access.kounta_refresh,
            company_id: MERCHANT.0,
            site_id: places::EUR,
            payment_methods: methods
                .clone()
                .map(|method| NumberedMethod {
                    id: method.id,
                    name: method.name.to_owned(),
                })
                .collect(),
        },
        om: Om {
            api_key: access.om_key,
            organization_id: organization(MERCHANT),
            methods: methods
                .map(|method| NamedMethod {
                    id: tender_wire::ids_text::write(tender_wire::ids_text::METHOD, method.id),
                    name: method.name.to_owned(),
                })
                .collect(),
        },
        other: Other {
            admin_token: access.other_admin,
            location_id: places::OTHER.id.to_string(),
            company_id: OTHER_MERCHANT.0,
            organization_id: organization(OTHER_MERCHANT),
            api_key: access.other_om_key,
            access_token: access.other_kseries,
            addon: Addon {
                client_id: access::ADDON_CLIENT.to_owned(),
                client_secret: access.addon_secret,
                method_id: catalogue::TABLE_PAY,
            },
        },
        person: Person {
            name: access::PERSON.to_owned(),
            password: access.person_password,
        },
    }
}

fn organization(merchant: MerchantId) -> String {
    tender_wire::ids_text::write(tender_wire::ids_text::MERCHANT, merchant.0)
}

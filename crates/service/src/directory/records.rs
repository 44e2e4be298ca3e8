//! Directory records. Stored as JSON; unknown members are ignored and missing ones default, so that a record written by
//! another version can be read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A tenant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Merchant {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// IANA time zone of its books.
    pub time_zone: String,
    /// Business registration number.
    pub business_number: Option<String>,
    /// Web site.
    pub website: Option<String>,
    /// When it was made, milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it last changed.
    pub updated_at_ms: i64,
    /// Requests per UTC day of the om dialect; absent: no quota.
    pub daily_quota: Option<u32>,
    /// What a demo derives its credentials from, so that they survive restarts; absent for real merchants.
    pub demo_secret: Option<String>,
}

/// One place with one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Location {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Short code.
    pub code: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// ISO 3166 country code.
    pub country: String,
    /// POS station number, the first part of account identifiers.
    pub station: u64,
    /// Method id used when K-Series names none.
    pub default_method: Option<u64>,
    /// Employee for payments from outside.
    pub api_staff: Option<u64>,
    /// Printers; one may be the default.
    pub printer_profiles: Vec<PrinterProfile>,
    /// Online ordering.
    pub online_ordering: OnlineOrdering,
    /// Floor plans.
    pub floor_plans: Vec<FloorPlan>,
    /// Order profiles.
    pub order_profiles: Vec<OrderProfile>,
    /// Registers.
    pub registers: Vec<Register>,
}

/// A printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct PrinterProfile {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Used when none is named.
    pub is_default: bool,
}

/// Online ordering of a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineOrdering {
    /// Switched on in the back office.
    pub enabled: bool,
    /// Profile used for orders.
    pub order_profile: Option<u64>,
    /// Whether a sales period is open.
    pub period_open: bool,
    /// Whether the tills take online orders.
    pub accepting: bool,
    /// When the state last changed, milliseconds since 1970.
    pub updated_at_ms: i64,
}

impl Default for OnlineOrdering {
    fn default() -> Self {
        Self {
            enabled: true,
            order_profile: None,
            period_open: true,
            accepting: true,
            updated_at_ms: 0,
        }
    }
}

/// A floor plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FloorPlan {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its tables.
    pub tables: Vec<FloorTable>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FloorTable {
    /// Its id.
    pub id: u64,
    /// Its number.
    pub number: u32,
    /// What it is called.
    pub description: String,
    /// Guests it usually seats.
    pub default_covers: u32,
    /// Whether it is in use.
    pub active: bool,
}

/// How orders of a kind are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct OrderProfile {
    /// Its id.
    pub id: u64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `NONE`, `TAKE_AWAY` or `DELIVERY`.
    pub delivery_mode: String,
}

/// A cash register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Register {
    /// Its id.
    pub id: u64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A payment method of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Method {
    /// Its id.
    pub id: u64,
    /// The merchant's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Arabic name, where there is one.
    pub name_ar: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Account in the books.
    pub ledger_code: String,
    /// The till's own card terminal: cannot be used from outside.
    pub is_terminal: bool,
    /// Shown on screens.
    pub visible: bool,
    /// May be used for new payments.
    pub active: bool,
    /// When it was made, milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it last changed.
    pub updated_at_ms: i64,
}

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Staff {
    /// The number under which dialects name the employee.
    pub id: u64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Mail address.
    pub email: String,
    /// Whether the employee administers the merchant.
    pub is_admin: bool,
}

/// An app installed on a till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Device {
    /// Its id, the number that K-Series calls `deviceId`.
    pub id: u64,
    /// Where it stands.
    pub location: u64,
    /// Its name.
    pub name: String,
    /// Played by this server (demo and tests), with this behaviour: `auto`, `offline`, `refuse:<reason>`, `slow:<ms>`,
    /// `lose-confirm`.
    pub behaviour: Option<String>,
}

/// A catalogue item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Item {
    /// Its id (Kounta `product_id`).
    pub id: u64,
    /// Where it is sold; absent: at every location in its currency.
    pub location: Option<u64>,
    /// Its code.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Price of one in major units, tax included, as decimal text.
    pub price: String,
    /// Tax as a fraction, as decimal text.
    pub tax_rate: String,
    /// Whether an order may give it another name and price.
    pub custom_allowed: bool,
    /// Menu group.
    pub group: String,
    /// How many are left; absent: not counted.
    pub stock: Option<u32>,
}

/// A discount of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DiscountRule {
    /// Its id.
    pub id: u64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Percentage as decimal text.
    pub percent: Option<String>,
    /// Amount in major units as decimal text.
    pub amount: Option<String>,
    /// Whether an order may override its size.
    pub manual: bool,
}

/// A group of modifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ModifierGroup {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether several may be chosen.
    pub multiple: bool,
    /// Its modifiers.
    pub options: Vec<ModifierOption>,
}

/// A modifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ModifierOption {
    /// Its id.
    pub id: u64,
    /// What the kitchen reads.
    pub instruction: String,
}

/// An API client. Its token credentials are hashed and stored apart.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Application {
    /// Its id.
    pub id: u64,
    /// The merchant whose back office made it; it may be granted access to others.
    pub merchant: u64,
    /// Its name.
    pub name: String,
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret. Recoverable, because the Kounta dialect signs webhooks with it.
    pub client_secret: String,
    /// Where the authorize page may redirect to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// The payment method that the application itself is, if it is one and switched on.
    pub own_method: Option<u64>,
    /// Switched off: refused everywhere.
    pub disabled: bool,
}

/// A signing secret of a webhook endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct EndpointSecret {
    /// `whsec_` and base64.
    pub value: String,
    /// Until when it signs along after a rotation, milliseconds since 1970; absent: current.
    pub until_ms: Option<i64>,
}

/// A webhook endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Endpoint {
    /// Its id.
    pub id: u64,
    /// Whose it is; other applications do not see it.
    pub application: u64,
    /// `kseries`, `kounta` or `native`: who encodes its messages.
    pub dialect: String,
    /// The client's own name of it (K-Series `endpointId`).
    pub name: String,
    /// Where messages are sent.
    pub url: String,
    /// Standard Webhooks secrets, the current one first.
    pub secrets: Vec<EndpointSecret>,
    /// What the dialect needs to know besides; the service never looks inside.
    pub settings: serde_json::Value,
    /// Disabled after failing for long, or by hand.
    pub disabled: bool,
    /// Since when every attempt failed, milliseconds since 1970.
    pub failing_since_ms: Option<i64>,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it last changed.
    pub updated_at_ms: i64,
}

// What follows keeps secrets out of logs: these records are printed by whoever debugs, secrets by nobody.

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("client_id", &self.client_id)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EndpointSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointSecret")
            .field("until_ms", &self.until_ms)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("dialect", &self.dialect)
            .field("name", &self.name)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

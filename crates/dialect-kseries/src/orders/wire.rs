//! The body of an order: reading it and checking what the framework checks.
//!
//! Constraints are reported in the order in which the fields stand in the specification, and items with their paths.

use tender_money::Decimal;
use tender_wire::Json;

use crate::errors::Refusal;
use crate::pay::TTL_MS_MIN;
use crate::request::{Members, Mismatch};
use crate::validation::{JavaType, Violations};

/// Which of the two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderKind {
    /// Eaten here; may name a table or an open check.
    Local,
    /// Taken away or delivered.
    ToGo,
}

impl OrderKind {
    /// Spring's name of the object.
    pub(super) const fn object(self) -> &'static str {
        match self {
            Self::Local => "localOrder",
            Self::ToGo => "toGoOrder",
        }
    }

    /// How the order remembers its kind.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::ToGo => "toGo",
        }
    }
}

/// Longest reference of an order; the shortest has one character.
const REFERENCE_LENGTH_MAX: usize = 48;
const FIRST_NAME_LENGTH_MAX: usize = 128;
const COLLECTION_CODE_LENGTH_MAX: usize = 8;
const SKU_LENGTH_MAX: usize = 25;

/// An order as sent. Empty texts count as absent where the specification says "blank".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderRequest<'j> {
    pub(super) kind: OrderKind,
    pub(super) location: i64,
    pub(super) endpoint: &'j str,
    pub(super) reference: &'j str,
    pub(super) customer: Customer<'j>,
    pub(super) ttl_ms: Option<i32>,
    pub(super) staff: Option<i64>,
    pub(super) printer_profile: Option<i64>,
    pub(super) profile: Option<&'j str>,
    pub(super) note: Option<&'j str>,
    pub(super) items: Vec<Item<'j>>,
    pub(super) scheduled_at: Option<&'j str>,
    pub(super) collected_at: Option<&'j str>,
    pub(super) payment: Option<EmbeddedPayment<'j>>,
    pub(super) collection_code: Option<&'j str>,
    pub(super) account: Option<&'j str>,
    pub(super) legacy_account: Option<&'j str>,
    pub(super) table_number: Option<&'j str>,
    pub(super) client_count: Option<i32>,
    pub(super) address: Option<Address<'j>>,
}

impl OrderRequest<'_> {
    /// Whether an open check is to be updated instead of a new one opened.
    pub(super) fn is_update(&self) -> bool {
        self.account.is_some() || self.legacy_account.is_some()
    }
}

/// Who orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Customer<'j> {
    pub(super) first_name: Option<&'j str>,
    pub(super) last_name: Option<&'j str>,
    pub(super) reference: Option<&'j str>,
    pub(super) email: Option<&'j str>,
    pub(super) contact_number: Option<&'j str>,
    pub(super) notes: Option<&'j str>,
    pub(super) salutation: Option<&'j str>,
}

/// Where a delivery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'j> {
    pub(super) line1: Option<&'j str>,
    pub(super) line2: Option<&'j str>,
    pub(super) zip: Option<&'j str>,
    pub(super) city: Option<&'j str>,
}

/// A payment that comes with an order. The amount contains the tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EmbeddedPayment<'j> {
    pub(super) amount: Decimal,
    pub(super) method: Option<&'j str>,
    pub(super) tip: Decimal,
}

/// An item, or an item of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item<'j> {
    /// Where it stands: `items[0]`.
    pub(super) path: String,
    pub(super) quantity: i32,
    pub(super) sku: &'j str,
    pub(super) custom_name: Option<&'j str>,
    pub(super) custom_price: Option<Decimal>,
    /// Ids as text.
    pub(super) modifiers: Vec<&'j str>,
    pub(super) discount: Option<&'j str>,
    pub(super) discount_amount: Option<Decimal>,
    pub(super) discount_percent: Option<Decimal>,
    pub(super) course: Option<i32>,
    pub(super) sub_items: Vec<Item<'j>>,
}

/// Reads an order.
pub(super) fn decode<'j>(kind: OrderKind, json: &'j Json<'j>) -> Result<OrderRequest<'j>, Refusal> {
    let object = kind.object();
    let members = Members::root(json, object)?;
    let fields = Fields::read(kind, members).map_err(|mismatch| mismatch.refusal(object))?;
    fields.validate(kind)
}

/// Something that may still miss what is required.
struct Fields<'j> {
    location: Option<i64>,
    endpoint: Option<&'j str>,
    reference: Option<&'j str>,
    customer: Option<Customer<'j>>,
    ttl_ms: Option<i32>,
    staff: Option<i64>,
    printer_profile: Option<i64>,
    profile: Option<&'j str>,
    note: Option<&'j str>,
    items: Vec<ItemFields<'j>>,
    scheduled_at: Option<&'j str>,
    collected_at: Option<&'j str>,
    payment: Option<PaymentFields<'j>>,
    collection_code: Option<&'j str>,
    account: Option<&'j str>,
    legacy_account: Option<&'j str>,
    table_number: Option<&'j str>,
    client_count: Option<i32>,
    address: Option<Address<'j>>,
}

struct PaymentFields<'j> {
    amount: Option<Decimal>,
    method: Option<&'j str>,
    tip: Option<Decimal>,
}

struct ItemFields<'j> {
    path: String,
    quantity: Option<i32>,
    sku: Option<&'j str>,
    custom_name: Option<&'j str>,
    custom_price: Option<Decimal>,
    modifiers: Vec<Option<&'j str>>,
    discount: Option<&'j str>,
    discount_amount: Option<Decimal>,
    discount_percent: Option<Decimal>,
    course: Option<i32>,
    sub_items: Vec<ItemFields<'j>>,
}

impl<'j> Fields<'j> {
    fn read(kind: OrderKind, members: Members<'j, '_>) -> Result<Self, Mismatch> {
        let is_local = kind == OrderKind::Local;
        // What belongs to the other call is an unknown property here, and ignored.
        let local_text = |name: &str| {
            if is_local {
                members.text_or_number(name)
            } else {
                Ok(None)
            }
        };
        Ok(Self {
            location: members.long("businessLocationId")?,
            endpoint: members.text("endpointId")?,
            reference: members.text("thirdPartyReference")?,
            customer: read_customer(members)?,
            ttl_ms: members.int("maxTimeToAttemptOrderDeliverToPos")?,
            staff: members.long("staffId")?,
            printer_profile: members.long("targetPrinterProfileId")?,
            profile: given(members.text("accountProfileCode")?),
            note: given(members.text("orderNote")?),
            items: members.objects("items", |item| ItemFields::read(kind, item, true))?,
            scheduled_at: given(members.text("scheduledTimeForOrderAsIso8601")?),
            collected_at: given(members.text("orderCollectionTimeAsIso8601")?),
            payment: read_payment(members)?,
            collection_code: members.text("collectionCode")?,
            account: given(local_text("accountIdentifier")?),
            legacy_account: given(local_text("accountId")?),
            table_number: given(local_text("tableNumber")?),
            client_count: if is_local {
                members.int("clientCount")?
            } else {
                None
            },
            address: if is_local { None } else { read_address(members)? },
        })
    }

    fn validate(self, kind: OrderKind) -> Result<OrderRequest<'j>, Refusal> {
        let mut violations = Violations::default();
        let missing =
            |violations: &mut Violations, name: &str, java_type| violations.not_null(name, java_type);
        if self.location.is_none() {
            missing(&mut violations, "businessLocationId", JavaType::Long);
        }
        if self.endpoint.is_none() {
            missing(&mut violations, "endpointId", JavaType::String);
        }
        if self.reference.is_none() {
            missing(&mut violations, "thirdPartyReference", JavaType::String);
        }
        violations.size("thirdPartyReference", self.reference, 1, REFERENCE_LENGTH_MAX);
        match &self.customer {
            None => missing(&mut violations, "customerInfo", JavaType::Object),
            Some(Customer { first_name: None, .. }) => {
                missing(&mut violations, "customerInfo.firstName", JavaType::String);
            }
            Some(customer) => {
                violations.size(
                    "customerInfo.firstName",
                    customer.first_name,
                    1,
                    FIRST_NAME_LENGTH_MAX,
                );
            }
        }
        violations.min("maxTimeToAttemptOrderDeliverToPos", self.ttl_ms, TTL_MS_MIN);
        for item in &self.items {
            item.validate(&mut violations);
        }
        if matches!(self.payment, Some(PaymentFields { amount: None, .. })) {
            missing(&mut violations, "payment.paymentAmount", JavaType::BigDecimal);
        }
        violations.size(
            "collectionCode",
            self.collection_code,
            0,
            COLLECTION_CODE_LENGTH_MAX,
        );
        let violations = violations.into_vec();
        match (self.location, self.endpoint, self.reference, self.customer) {
            (Some(location), Some(endpoint), Some(reference), Some(customer)) if violations.is_empty() => {
                Ok(OrderRequest {
                    kind,
                    location,
                    endpoint,
                    reference,
                    customer,
                    ttl_ms: self.ttl_ms,
                    staff: self.staff,
                    printer_profile: self.printer_profile,
                    profile: self.profile,
                    note: self.note,
                    items: self.items.into_iter().map(ItemFields::complete).collect(),
                    scheduled_at: self.scheduled_at,
                    collected_at: self.collected_at,
                    payment: self.payment.map(PaymentFields::complete),
                    collection_code: self.collection_code.filter(|code| !code.trim().is_empty()),
                    account: self.account,
                    legacy_account: self.legacy_account,
                    table_number: self.table_number,
                    client_count: self.client_count,
                    address: self.address,
                })
            }
            _ => Err(Refusal::Invalid {
                object: kind.object(),
                violations,
            }),
        }
    }
}

impl<'j> PaymentFields<'j> {
    /// What validation has found to be there.
    fn complete(self) -> EmbeddedPayment<'j> {
        EmbeddedPayment {
            amount: self.amount.unwrap_or(Decimal::ZERO),
            method: self.method,
            tip: self.tip.unwrap_or(Decimal::ZERO),
        }
    }
}

impl<'j> ItemFields<'j> {
    /// `is_top` tells items from sub-items, which have neither discounts nor courses.
    fn read(kind: OrderKind, members: Members<'j, '_>, is_top: bool) -> Result<Self, Mismatch> {
        let has_course = is_top && kind == OrderKind::Local;
        Ok(Self {
            path: members.path(),
            quantity: members.int("quantity")?,
            sku: members.text("sku")?,
            custom_name: given(members.text("customItemName")?),
            custom_price: members.decimal("customItemPrice")?,
            modifiers: members.objects("modifiers", |modifier| modifier.text_or_number("modifierId"))?,
            discount: if is_top {
                given(members.text("discountCode")?)
            } else {
                None
            },
            discount_amount: if is_top {
                members.decimal("discountAmountOverride")?
            } else {
                None
            },
            discount_percent: if is_top {
                members.decimal("discountPercentOverride")?
            } else {
                None
            },
            course: if has_course { members.int("course")? } else { None },
            sub_items: members.objects("subItems", |item| Self::read(kind, item, false))?,
        })
    }

    fn validate(&self, violations: &mut Violations) {
        let field = |name: &str| format!("{}.{name}", self.path);
        if self.quantity.is_none() {
            violations.not_null(field("quantity"), JavaType::Integer);
        }
        if self.sku.is_none() {
            violations.not_null(field("sku"), JavaType::String);
        }
        violations.size(field("sku"), self.sku, 0, SKU_LENGTH_MAX);
        for (index, modifier) in self.modifiers.iter().enumerate() {
            if modifier.is_none() {
                violations.not_null(field(&format!("modifiers[{index}].modifierId")), JavaType::String);
            }
        }
        violations.min(field("course"), self.course, 0);
        for item in &self.sub_items {
            item.validate(violations);
        }
    }

    /// What validation has found to be there.
    fn complete(self) -> Item<'j> {
        Item {
            path: self.path,
            quantity: self.quantity.unwrap_or_default(),
            sku: self.sku.unwrap_or_default(),
            custom_name: self.custom_name,
            custom_price: self.custom_price,
            modifiers: self.modifiers.into_iter().flatten().collect(),
            discount: self.discount,
            discount_amount: self.discount_amount,
            discount_percent: self.discount_percent,
            course: self.course,
            sub_items: self.sub_items.into_iter().map(Self::complete).collect(),
        }
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn read_customer<'j>(members: Members<'j, '_>) -> Result<Option<Customer<'j>>, Mismatch> {
    let Some(members) = members.object("customerInfo")? else {
        return Ok(None);
    };
    // Mails are nobody's business here, but what a client says about them is read as strictly as everything else.
    members.flag("sendEmailReceipts")?;
    members.one_of("emailNotification", &["ENABLE", "DISABLE", "DONT_CHANGE"])?;
    Ok(Some(Customer {
        first_name: members.text("firstName")?,
        last_name: members.text("lastName")?,
        reference: members.text("thirdPartyReference")?,
        email: members.text("email")?,
        contact_number: members.text("contactNumberAsE164")?,
        notes: members.text("notes")?,
        salutation: members.text("salutation")?,
    }))
}

fn read_address<'j>(members: Members<'j, '_>) -> Result<Option<Address<'j>>, Mismatch> {
    let Some(members) = members.object("deliveryAddress")? else {
        return Ok(None);
    };
    Ok(Some(Address {
        line1: members.text("addressLine1")?,
        line2: members.text("addressLine2")?,
        zip: members.text_or_number("zip")?,
        city: members.text("city")?,
    }))
}

fn read_payment<'j>(members: Members<'j, '_>) -> Result<Option<PaymentFields<'j>>, Mismatch> {
    let Some(members) = members.object("payment")? else {
        return Ok(None);
    };
    Ok(Some(PaymentFields {
        amount: members.decimal("paymentAmount")?,
        method: given(members.text("paymentMethod")?),
        tip: members.decimal("tipAmount")?,
    }))
}

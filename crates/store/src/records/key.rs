//! Keys and aliases: rows that are found by a hash.

use serde::de::{Deserialize, Deserializer, Error as _};
use tender_engine::{Hash128, KeyOutcome, KeyRecord, MerchantId, MoneyField, OrderId, PaymentId, Rejection};

use super::copy::{Copied, UNNAMED, place, write_opened, write_payment};
use super::document::document;
use super::field::{Field, Stored};
use super::json::Json;
use super::{Record, agree, decode, encode, open, small};
use crate::{Row, StoreError, Table};

/// A used key with the name it is found under.
///
/// Where the outcome carries a copy of its payment or order, that copy is of the same merchant and has the outcome's id; an
/// order's is of the key's location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The tenant.
    pub merchant: MerchantId,
    /// Its name.
    pub hash: Hash128,
    /// What it stands for.
    pub record: KeyRecord,
}

/// Another name of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredAlias {
    /// The tenant.
    pub merchant: MerchantId,
    /// The name.
    pub hash: Hash128,
    /// The order.
    pub order: OrderId,
}

document! {
    KeyRecord: space, application, location, text, fields, outcome
}

/// `"payment"`, `{"answered":{"state":2,"payment":{…}}}`, `"order"`, `{"opened":{…}}`, `{"refused":{…}}` or `"burned"`. Which
/// payment or order it is stands in the row's columns.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<P, O, R> {
    Payment,
    Answered(P),
    Order,
    Opened(O),
    Refused(R),
    Burned,
}

impl Field for KeyOutcome {
    fn write(&self, to: &mut Json) {
        match self {
            Self::Payment(_, None) => to.code("payment"),
            Self::Payment(_, Some(payment)) => to.object(|to| {
                to.name("answered");
                write_payment(payment, to);
            }),
            Self::Order(_, None) => to.code("order"),
            Self::Order(_, Some(opened)) => to.object(|to| {
                to.name("opened");
                write_opened(opened, to);
            }),
            Self::Refused(rejection) => to.object(|to| to.member("refused", rejection)),
            Self::Burned => to.code("burned"),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Answer::deserialize(from)? {
            Answer::Payment => Self::Payment(UNNAMED, None),
            Answer::Answered(Copied(payment)) => Self::Payment(UNNAMED, Some(Box::new(payment))),
            Answer::Order => Self::Order(UNNAMED.order, None),
            Answer::Opened(Copied(opened)) => Self::Order(UNNAMED.order, Some(Box::new(opened))),
            Answer::Refused(Stored(rejection)) => Self::Refused(rejection),
            Answer::Burned => Self::Burned,
        })
    }
}

/// A rejection in parts.
#[derive(PartialEq)]
struct Refusal {
    code: String,
    /// The money field at fault.
    money: Option<MoneyField>,
    /// The caller's name of the field in which a reused key differs.
    field: Option<String>,
}

document! {
    Refusal: code, money, field
}

impl Field for Rejection {
    fn write(&self, to: &mut Json) {
        let refusal = Refusal {
            code: self.code().to_owned(),
            money: self.money_field(),
            field: match self {
                Self::KeyReused { field } => Some(field.clone()),
                _ => None,
            },
        };
        refusal.write(to);
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let refusal = Refusal::read(from)?;
        match Self::from_code(&refusal.code, refusal.money) {
            Some(Self::KeyReused { .. }) => Ok(Self::KeyReused {
                field: refusal.field.ok_or_else(|| D::Error::missing_field("field"))?,
            }),
            Some(rejection) => Ok(rejection),
            None => Err(D::Error::custom(format_args!(
                "no rejection has the code {:?}",
                refusal.code
            ))),
        }
    }
}

fn key_columns(merchant: MerchantId, hash: Hash128, record: &KeyRecord) -> [i64; 5] {
    let (order, number) = match &record.outcome {
        KeyOutcome::Payment(id, _) => (id.order.to_i64(), i64::from(id.number)),
        KeyOutcome::Order(order, _) => (order.to_i64(), 0),
        KeyOutcome::Refused(_) | KeyOutcome::Burned => (0, 0),
    };
    [merchant.to_i64(), hash.high, hash.low, order, number]
}

impl StoredKey {
    /// The row of a key, for those who keep the record.
    #[must_use]
    pub fn row(merchant: MerchantId, hash: Hash128, record: &KeyRecord) -> Row {
        if let KeyOutcome::Payment(id, Some(payment)) = &record.outcome {
            debug_assert_eq!((payment.merchant, payment.id), (merchant, *id));
        }
        if let KeyOutcome::Order(id, Some(opened)) = &record.outcome {
            let order = &opened.order;
            debug_assert_eq!(
                (order.merchant, order.location, order.id),
                (merchant, record.location, *id)
            );
        }
        Row {
            table: Self::TABLE,
            columns: key_columns(merchant, hash, record).to_vec(),
            doc: encode(record),
        }
    }
}

impl Record for StoredKey {
    const TABLE: Table = Table::Keys;

    fn to_row(&self) -> Row {
        Self::row(self.merchant, self.hash, &self.record)
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, high, low, order, number] = open::<Self, _>(row)?;
        let mut key = Self {
            merchant: MerchantId::from_i64(merchant),
            hash: Hash128 { high, low },
            record: decode(row, ())?,
        };
        let named = PaymentId {
            order: OrderId::from_i64(order),
            number: small(row, "number", number)?,
        };
        match &mut key.record.outcome {
            KeyOutcome::Payment(id, copy) => {
                *id = named;
                if let Some(payment) = copy {
                    payment.id = named;
                    payment.merchant = key.merchant;
                }
            }
            KeyOutcome::Order(id, copy) => {
                *id = named.order;
                if let Some(opened) = copy {
                    place(opened, key.merchant, key.record.location, named.order);
                }
            }
            KeyOutcome::Refused(_) | KeyOutcome::Burned => {}
        }
        agree(row, &key_columns(key.merchant, key.hash, &key.record))?;
        Ok(key)
    }
}

impl Record for StoredAlias {
    const TABLE: Table = Table::Aliases;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![
                self.merchant.to_i64(),
                self.hash.high,
                self.hash.low,
                self.order.to_i64(),
            ],
            doc: String::new(),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, high, low, order] = open::<Self, _>(row)?;
        Ok(Self {
            merchant: MerchantId::from_i64(merchant),
            hash: Hash128 { high, low },
            order: OrderId::from_i64(order),
        })
    }
}

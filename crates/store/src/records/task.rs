//! Till tasks.

use serde::de::{Deserialize, Deserializer};
use tender_engine::{
    ApplicationId, DeviceId, Discount, EndpointId, LineSpec, LocationId, Maker, MerchantId, OrderId, Payment,
    PaymentId, Task, TaskId, TaskKind, TaskState, Timestamp,
};
use tender_money::Decimal;

use super::copy::{Copied, write_payment};
use super::document::document;
use super::field::{Field, Stored};
use super::json::Json;
use super::{Record, agree, decode, encode, open, present, small};
use crate::{Row, StoreError, Table};

document! {
    Task beside TaskColumns {
        merchant: MerchantId,
        id: TaskId,
        location: LocationId,
        device: Option<DeviceId>,
        leased_until: Timestamp,
        expires_at: Timestamp,
        order: Option<OrderId>,
        payment: Option<PaymentId>,
    }:
    kind,
    state,
    lease,
    leased_to,
    resolved_lease,
    created_at as "created_at_ms",
    has_case,
}

document! {
    LineSpec:
    name,
    sku,
    product_id,
    quantity,
    unit_price,
    price_is_amount,
    price_includes_tax,
    tax_rate or Decimal::ZERO,
    price_variation or Decimal::ONE,
    discount,
    modifiers,
    notes,
    client_line_id,
    parent,
}

/// `"payment"`, `"order"`, `{"lines":[…]}`, `{"update":{"lines":[…],"payments":[…],"maker":{…}}}` where lines come with more, or
/// `{"message":{"text":…,"also_print":…}}`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work<L, P, T> {
    Payment,
    Order,
    Lines(L),
    Update {
        lines: L,
        #[serde(default = "Vec::new")]
        payments: Vec<P>,
        #[serde(default)]
        maker: Option<Asker>,
    },
    Message {
        text: T,
        #[serde(default)]
        also_print: bool,
    },
}

/// `{"application":5,"told":[6,"R-1"]}`, without `told` where no endpoint was named.
#[derive(serde::Deserialize)]
struct Asker {
    application: u64,
    #[serde(default)]
    told: Option<(u64, String)>,
}

fn write_update(lines: &Vec<LineSpec>, payments: &[Payment], maker: Option<&Maker>, to: &mut Json) {
    to.object(|to| {
        to.member("lines", lines);
        if !payments.is_empty() {
            to.name("payments");
            to.array(payments, write_payment);
        }
        if let Some(maker) = maker {
            to.name("maker");
            to.object(|to| {
                to.member("application", &maker.application);
                if let Some((endpoint, text)) = &maker.told {
                    to.name("told");
                    to.pair(endpoint, text);
                }
            });
        }
    });
}

impl Field for TaskKind {
    fn write(&self, to: &mut Json) {
        match self {
            Self::Payment => to.code("payment"),
            Self::Order => to.code("order"),
            Self::Lines {
                lines,
                payments,
                maker: None,
            } if payments.is_empty() => to.object(|to| to.member("lines", lines)),
            Self::Lines {
                lines,
                payments,
                maker,
            } => to.object(|to| {
                to.name("update");
                write_update(lines, payments, maker.as_ref(), to);
            }),
            Self::Message { text, also_print } => to.object(|to| {
                to.name("message");
                to.object(|to| {
                    to.member("text", text);
                    to.member("also_print", also_print);
                });
            }),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Work::deserialize(from)? {
            Work::Payment => Self::Payment,
            Work::Order => Self::Order,
            Work::Lines(Stored(lines)) => Self::Lines {
                lines,
                payments: Vec::new(),
                maker: None,
            },
            Work::Update {
                lines: Stored(lines),
                payments,
                maker,
            } => Self::Lines {
                lines,
                payments: payments.into_iter().map(|Copied(draft)| draft).collect(),
                maker: maker.map(|asker| Maker {
                    application: ApplicationId(asker.application),
                    told: asker.told.map(|(endpoint, text)| (EndpointId(endpoint), text)),
                }),
            },
            Work::Message { text, also_print } => Self::Message { text, also_print },
        })
    }
}

/// How a task ended: `"applied"`, `{"refused":{"code":…}}`, `"expired"` or `"withdrawn"`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum End<F> {
    Applied,
    Refused(F),
    Expired,
    Withdrawn,
}

impl Field for TaskState {
    fn write(&self, to: &mut Json) {
        match self {
            Self::Open => to.null(),
            Self::Applied => to.code("applied"),
            Self::Refused(failure) => to.object(|to| to.member("refused", failure)),
            Self::Expired => to.code("expired"),
            Self::Withdrawn => to.code("withdrawn"),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(from)? {
            None => Self::Open,
            Some(End::Applied) => Self::Applied,
            Some(End::Refused(Stored(failure))) => Self::Refused(failure),
            Some(End::Expired) => Self::Expired,
            Some(End::Withdrawn) => Self::Withdrawn,
        })
    }

    fn absent() -> Option<Self> {
        Some(Self::Open)
    }
}

/// `{"amount":"1.5"}` or `{"percent":"10"}`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reduction<D> {
    Amount(D),
    Percent(D),
}

impl Field for Discount {
    fn write(&self, to: &mut Json) {
        match self {
            Self::None => to.null(),
            Self::Amount(amount) => to.object(|to| to.member("amount", amount)),
            Self::Percent(percent) => to.object(|to| to.member("percent", percent)),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(from)? {
            None => Self::None,
            Some(Reduction::Amount(Stored(amount))) => Self::Amount(amount),
            Some(Reduction::Percent(Stored(percent))) => Self::Percent(percent),
        })
    }

    fn absent() -> Option<Self> {
        Some(Self::None)
    }
}

fn task_columns(task: &Task) -> [i64; 9] {
    [
        task.merchant.to_i64(),
        task.id.to_i64(),
        task.location.to_i64(),
        i64::from(task.state.is_open()),
        task.device.map_or(0, DeviceId::to_i64),
        task.leased_until.0,
        task.expires_at.0,
        task.order.map_or(0, OrderId::to_i64),
        task.payment.map_or(0, |payment| i64::from(payment.number)),
    ]
}

/// A task's payment is one of its order, so the columns `order_id` and `number` name both. Payments that come with lines are of its
/// merchant and order, and have no number yet.
impl Record for Task {
    const TABLE: Table = Table::Tasks;

    fn to_row(&self) -> Row {
        if let Some(payment) = self.payment {
            debug_assert!(payment.has_order() && self.order == Some(payment.order));
        }
        Row {
            table: Self::TABLE,
            columns: task_columns(self).to_vec(),
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [
            merchant,
            id,
            location,
            _,
            device,
            leased_until,
            expires_at,
            order,
            number,
        ] = open::<Self, _>(row)?;
        let order = present(order).map(OrderId::from_i64);
        let number = small(row, "number", number)?;
        let columns = TaskColumns {
            merchant: MerchantId::from_i64(merchant),
            id: TaskId::from_i64(id),
            location: LocationId::from_i64(location),
            device: present(device).map(DeviceId::from_i64),
            leased_until: Timestamp(leased_until),
            expires_at: Timestamp(expires_at),
            order,
            payment: order
                .map(|order| PaymentId { order, number })
                .filter(|payment| payment.has_order()),
        };
        let mut task: Self = decode(row, columns)?;
        if let (TaskKind::Lines { payments, .. }, Some(order)) = (&mut task.kind, order) {
            for draft in payments {
                draft.merchant = task.merchant;
                draft.id = PaymentId { order, number: 0 };
            }
        }
        agree(row, &task_columns(&task))?;
        Ok(task)
    }
}

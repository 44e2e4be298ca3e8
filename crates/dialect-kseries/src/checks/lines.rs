//! The lines of a snapshot, sub-lines inside the line they belong to.

use tender_engine::Line;
use tender_money::{AmountError, Decimal};
use tender_wire::{ArrayWriter, ObjectWriter};

use crate::money::{MoneyForm, line_uuid};
use crate::time::{TimeForm, Written};

/// Writes the lines of an order as an array. `with_details` adds what notifications about known checks leave out.
pub(super) fn write_lines(
    o: &mut ObjectWriter<'_>,
    name: &str,
    lines: &[Line],
    money: MoneyForm,
    with_details: bool,
) {
    let writer = LineWriter {
        lines,
        money,
        with_details,
    };
    o.array(name, |list| {
        // A line whose parent is gone stands on its own.
        let is_top = |line: &Line| {
            line.parent
                .is_none_or(|parent| !lines.iter().any(|other| other.id == parent))
        };
        for line in lines.iter().filter(|line| is_top(line)) {
            writer.write(list, line);
        }
    });
}

struct LineWriter<'l> {
    lines: &'l [Line],
    money: MoneyForm,
    with_details: bool,
}

impl LineWriter<'_> {
    /// The depth is that of the orders that were sent: the limit of their JSON bounds it.
    fn write(&self, list: &mut ArrayWriter<'_>, line: &Line) {
        let money = self.money;
        list.object(|o| {
            o.number("id", line.id);
            if self.with_details {
                o.display("uuid", line_uuid(line.id));
            }
            o.string("itemName", &line.name);
            o.optional("itemSku", line.sku.as_deref(), ObjectWriter::string);
            let (unit_minor, gross_unit_minor) = self.unit_amounts(line);
            money.write(o, "unitAmount", unit_minor);
            o.number("quantity", line.quantity);
            o.array("modifiers", |modifiers| {
                for modifier in &line.modifiers {
                    modifiers.object(|o| {
                        o.string("name", &modifier.name);
                        o.number("quantity", modifier.quantity);
                    });
                }
            });
            // The price of sub-lines is their own: a parent's amount leaves them out.
            money.write(o, "amountWithTax", line.total_minor);
            money.write(
                o,
                "amountLessTax",
                line.total_minor.saturating_sub(line.tax_minor),
            );
            money.write(o, "discountedAmount", line.discount_minor);
            money.write(o, "grossUnitAmount", gross_unit_minor);
            if self.with_details {
                o.display("timeOfTransactionUtc", Written(line.added_at, TimeForm::Offset));
            }
            o.bool("active", true);
            let has_children = self.children(line).next().is_some();
            if self.with_details || has_children {
                o.array("subLineItems", |list| {
                    for child in self.children(line) {
                        self.write(list, child);
                    }
                });
            }
            o.bool("taxIncluded", line.price_includes_tax);
        });
    }

    fn children<'s>(&'s self, parent: &'s Line) -> impl Iterator<Item = &'s Line> {
        self.lines
            .iter()
            .filter(move |line| line.parent == Some(parent.id) && line.id != parent.id)
    }

    /// The price of one as configured, and with tax; rounded for show, the line's total is what counts.
    fn unit_amounts(&self, line: &Line) -> (i64, i64) {
        let digits = self.money.currency.digits();
        let price = line.unit_price.checked_mul(line.price_variation);
        let rounded = |price: Result<Decimal, AmountError>| {
            price
                .and_then(|price| price.round_half_up_minor(digits))
                .unwrap_or_default()
        };
        let unit_minor = rounded(price);
        if line.price_includes_tax {
            return (unit_minor, unit_minor);
        }
        let with_tax = Decimal::ONE
            .checked_add(line.tax_rate)
            .and_then(|factor| price?.checked_mul(factor));
        (unit_minor, rounded(with_tax))
    }
}

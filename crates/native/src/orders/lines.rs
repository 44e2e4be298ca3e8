//! Lines of an order in a request.
//!
//! Owns: the members of a line, and finding its catalogue item. Must not know: what a line costs.

use tender_engine::{Discount, LINES_PER_ORDER_MAX, LineSpec, LocationId, MoneyField, Rejection};
use tender_http::Problem;
use tender_money::{AmountError, Currency, Decimal};
use tender_service::Directory;

use crate::body::{Fields, LONG_TEXT_CHARS_MAX, SHORT_TEXT_CHARS_MAX};
use crate::refusal;

const MEMBERS: [&str; 5] = ["name", "sku", "quantity", "unit_amount", "notes"];
/// Quantities have at most this many digits after the point.
const QUANTITY_DIGITS_MAX: u32 = 3;

/// Reads `lines`, at least `min` of them.
pub(super) fn read_lines(
    fields: &Fields<'_, '_>,
    min: usize,
    location: LocationId,
    currency: Currency,
    directory: &Directory,
) -> Result<Vec<LineSpec>, Problem> {
    let lines = fields.objects("lines", min..=LINES_PER_ORDER_MAX, &MEMBERS, |line| {
        read_line(&line, location, currency, directory)
    })?;
    fields.require("lines", lines)
}

fn read_line(
    fields: &Fields<'_, '_>,
    location: LocationId,
    currency: Currency,
    directory: &Directory,
) -> Result<LineSpec, Problem> {
    let name = fields.require("name", fields.text("name", SHORT_TEXT_CHARS_MAX)?)?;
    let sku = fields.text("sku", SHORT_TEXT_CHARS_MAX)?;
    let quantity = fields.require("quantity", fields.quantity("quantity")?)?;
    let unit_price = fields.require("unit_amount", fields.decimal("unit_amount")?)?;
    let notes = fields.text("notes", LONG_TEXT_CHARS_MAX)?;
    check_quantity(fields, quantity)?;
    check_unit_amount(fields, unit_price, currency)?;
    // A known sku makes the line a product for the dialects that sell from the catalogue; any other is a label.
    let item = sku.and_then(|sku| directory.item_by_sku(location, sku));
    let tax_rate = item.and_then(|item| Decimal::parse(&item.tax_rate).ok());
    Ok(LineSpec {
        name: name.to_owned(),
        sku: sku.map(str::to_owned),
        product_id: item.map(|item| item.id),
        quantity,
        unit_price,
        price_is_amount: true,
        price_includes_tax: true,
        tax_rate: tax_rate.unwrap_or(Decimal::ZERO),
        price_variation: Decimal::ONE,
        discount: Discount::None,
        modifiers: Vec::new(),
        notes: notes.map(str::to_owned),
        client_line_id: None,
        parent: None,
    })
}

/// The ledger checks the same for all lines together; here the problem can name the line.
fn check_quantity(fields: &Fields<'_, '_>, quantity: Decimal) -> Result<(), Problem> {
    if !quantity.is_positive() {
        let title = "The quantity must be above zero.";
        return Err(refusal::meaningless(
            Rejection::NotPositive(MoneyField::Line),
            title,
            fields.path("quantity"),
        ));
    }
    if quantity.fraction_digits() > QUANTITY_DIGITS_MAX {
        let title = "The quantity has more than three digits after the point.";
        return Err(refusal::meaningless(
            Rejection::TooManyDigits(MoneyField::Line),
            title,
            fields.path("quantity"),
        ));
    }
    Ok(())
}

fn check_unit_amount(fields: &Fields<'_, '_>, amount: Decimal, currency: Currency) -> Result<(), Problem> {
    if amount.is_negative() {
        let title = "The amount must not be negative.";
        return Err(refusal::meaningless(
            Rejection::Negative(MoneyField::Line),
            title,
            fields.path("unit_amount"),
        ));
    }
    check_digits(fields, "unit_amount", amount, currency).map(drop)
}

/// An amount in minor units of a currency, exactly.
pub(super) fn check_digits(
    fields: &Fields<'_, '_>,
    name: &str,
    amount: Decimal,
    currency: Currency,
) -> Result<i64, Problem> {
    amount.to_minor(currency.digits()).map_err(|error| {
        let path = fields.path(name);
        match error {
            AmountError::TooManyDigits => {
                let title = "The amount has more digits after the point than its currency.";
                refusal::meaningless(Rejection::TooManyDigits(MoneyField::Line), title, path).detail(format!(
                    "{currency} has {} digits after the point.",
                    currency.digits()
                ))
            }
            _ => refusal::meaningless(
                Rejection::OutOfRange(MoneyField::Line),
                "The amount is too large.",
                path,
            ),
        }
    })
}

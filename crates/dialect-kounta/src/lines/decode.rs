//! What a request says about a line.

use tender_engine::{LineSpec, LocationId};
use tender_money::Decimal;
use tender_wire::{Presence, Reader};

use crate::catalogue::{self, combined_variation, fitting_price, modifier};
use crate::errors::{ApiError, Fault};
use crate::exchange::Exchange;
use crate::field::{self, NAME_BYTES_MAX, NOTES_BYTES_MAX};
use crate::idempotency::Canon;

/// Fraction digits of a quantity.
const QUANTITY_DIGITS_MAX: u32 = 3;
/// Modifiers of one line.
const MODIFIERS_MAX: usize = 100;

/// The fields, as sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineFields {
    pub(crate) product_id: Option<u64>,
    pub(crate) quantity: Option<Decimal>,
    pub(crate) notes: Presence<String>,
    /// Without tax; overrides the catalogue.
    pub(crate) unit_price: Option<Decimal>,
    pub(crate) price_variation: Option<Decimal>,
    /// Ids; a negative one removes a modifier.
    pub(crate) modifiers: Option<Vec<i64>>,
    /// From 1.
    pub(crate) number: Option<u32>,
    pub(crate) line_id: Option<String>,
}

impl LineFields {
    /// Reads the fields.
    ///
    /// # Errors
    /// 400 naming the first field at fault.
    pub(crate) fn read(reader: &Reader<'_, '_>) -> Result<Self, ApiError> {
        Ok(Self {
            product_id: field::id(reader, "product_id")?.value(),
            quantity: quantity(reader)?,
            notes: field::text(reader, "notes", NOTES_BYTES_MAX)?,
            unit_price: field::rate(reader, "unit_price")?.value(),
            price_variation: field::rate(reader, "price_variation")?.value(),
            modifiers: modifiers(reader)?,
            number: number(reader)?,
            line_id: line_id(reader)?,
        })
    }

    /// The place among other lines, counted from zero.
    pub(crate) fn position(&self) -> Option<usize> {
        usize::try_from(self.number?.checked_sub(1)?).ok()
    }

    /// The line for the engine.
    ///
    /// # Errors
    /// 400 without a product that is sold at the site.
    pub(crate) fn spec(
        &self,
        exchange: &Exchange,
        site: LocationId,
        order_variation: Decimal,
        reader: &Reader<'_, '_>,
    ) -> Result<LineSpec, ApiError> {
        let product = self
            .product_id
            .ok_or_else(|| ApiError::required(reader.path_of("product_id")))?;
        let mut spec = self.item(exchange, site, product, reader)?;
        spec.quantity = self.quantity.unwrap_or(Decimal::ONE);
        spec.price_variation =
            combined_variation(self.price_variation.unwrap_or(Decimal::ONE), order_variation);
        if let Some(price) = self.unit_price {
            spec.unit_price = price;
            spec.price_includes_tax = false;
        }
        spec.unit_price = fitting_price(spec.unit_price, spec.quantity, spec.price_variation);
        let ids = self.modifiers.iter().flatten();
        spec.modifiers = ids.map(|id| modifier(&exchange.directory, *id)).collect();
        spec.notes = self.notes.clone().value();
        spec.client_line_id.clone_from(&self.line_id);
        Ok(spec)
    }

    /// The catalogue's line of a product.
    ///
    /// # Errors
    /// 400 when it is not sold at the site.
    pub(crate) fn item(
        &self,
        exchange: &Exchange,
        site: LocationId,
        product: u64,
        reader: &Reader<'_, '_>,
    ) -> Result<LineSpec, ApiError> {
        let item = catalogue::item(&exchange.directory, site, product);
        item.map(catalogue::line_of)
            .ok_or_else(|| ApiError::unknown(reader.path_of("product_id")))
    }

    /// Adds the fields to what is compared under an idempotency key.
    pub(crate) fn describe(&self, path: &str, canon: &mut Canon) {
        canon.id(format!("{path}product_id"), self.product_id);
        canon.decimal(
            format!("{path}quantity"),
            Some(self.quantity.unwrap_or(Decimal::ONE)),
        );
        canon.text(format!("{path}notes"), self.notes.clone().value().as_deref());
        canon.decimal(format!("{path}unit_price"), self.unit_price);
        canon.decimal(
            format!("{path}price_variation"),
            Some(self.price_variation.unwrap_or(Decimal::ONE)),
        );
        canon.add(
            format!("{path}modifiers"),
            format!("{:?}", self.modifiers.as_deref().unwrap_or_default()),
        );
        canon.id(format!("{path}number"), self.number.map(u64::from));
        canon.text(format!("{path}line_id"), self.line_id.as_deref());
    }
}

fn quantity(reader: &Reader<'_, '_>) -> Result<Option<Decimal>, ApiError> {
    let Some(quantity) = reader.decimal("quantity")?.value() else {
        return Ok(None);
    };
    if !quantity.is_positive() {
        return Err(ApiError::of(Fault::NotPositive).at(reader.path_of("quantity")));
    }
    if quantity.fraction_digits() > QUANTITY_DIGITS_MAX {
        return Err(ApiError::of(Fault::QuantityDigits).at(reader.path_of("quantity")));
    }
    Ok(Some(quantity))
}

fn modifiers(reader: &Reader<'_, '_>) -> Result<Option<Vec<i64>>, ApiError> {
    let Some(items) = reader.array("modifiers")?.value() else {
        return Ok(None);
    };
    if items.len() > MODIFIERS_MAX {
        return Err(ApiError::of(Fault::TooMany).at(reader.path_of("modifiers")));
    }
    let mut ids = Vec::with_capacity(items.len());
    for item in items.iter() {
        ids.push(item.read::<i64>()?);
    }
    Ok(Some(ids))
}

fn number(reader: &Reader<'_, '_>) -> Result<Option<u32>, ApiError> {
    let Some(number) = reader.i64("number")?.value() else {
        return Ok(None);
    };
    match u32::try_from(number) {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(ApiError::of(Fault::Range).at(reader.path_of("number"))),
    }
}

/// Clients number their lines or name them.
fn line_id(reader: &Reader<'_, '_>) -> Result<Option<String>, ApiError> {
    let Some(text) = reader.string_or_number("line_id")?.value() else {
        return Ok(None);
    };
    if text.len() > NAME_BYTES_MAX {
        return Err(ApiError::too_long(reader.path_of("line_id")));
    }
    Ok(Some(text.to_owned()))
}

//! JSON of a line.

use tender_engine::{Line, Order};
use tender_money::Amount;
use tender_service::Directory;
use tender_wire::ObjectWriter;

use crate::catalogue::{order_variation, own_variation, unit_price};

/// A line of an order.
pub(crate) fn line(object: &mut ObjectWriter<'_>, line: &Line, order: &Order, directory: &Directory) {
    let amount = |minor| Amount {
        minor,
        currency: order.currency,
    };
    let (price, tax) = unit_price(line, order.currency.digits());
    object.number("id", line.id);
    object.number("number", line.number);
    object.object("product", |product| {
        product.nullable("id", product_id(line, order, directory), ObjectWriter::number);
        product.string("name", &line.name);
    });
    object.number("quantity", line.quantity);
    object.nullable("notes", line.notes.as_deref(), ObjectWriter::string);
    object.number("price_variation", own_variation(line, order_variation(order)));
    object.number("unit_price", price);
    object.number("unit_tax", tax);
    object.money_number(
        "line_total_ex_tax",
        amount(line.total_minor.saturating_sub(line.tax_minor)),
    );
    object.money_number("line_total_tax", amount(line.tax_minor));
    object.array("modifiers", |modifiers| {
        for id in line.modifiers.iter().filter_map(|modifier| modifier.id) {
            modifiers.number(id);
        }
    });
    object.optional("line_id", line.client_line_id.as_deref(), ObjectWriter::string);
}

/// The product of a line. Lines that other dialects made name their item by its code.
fn product_id(line: &Line, order: &Order, directory: &Directory) -> Option<u64> {
    let by_code = || {
        directory
            .item_by_sku(order.location, line.sku.as_deref()?)
            .map(|item| item.id)
    };
    line.product_id.or_else(by_code)
}

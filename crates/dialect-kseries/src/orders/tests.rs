//! Every reason why an order that the wire accepts comes to nothing.

use tender_engine::Failure;

use super::fault::OrderFault;

mod list {
    use super::OrderFault;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    crate::tests::every::every! { OrderFault:
        "ItemUnknown": OrderFault::ItemUnknown { .. } => OrderFault::ItemUnknown { sku: text("NOPE") };
        "CustomNotAllowed": OrderFault::CustomNotAllowed { .. } => OrderFault::CustomNotAllowed { sku: text("21") };
        "PriceMissing": OrderFault::PriceMissing { .. } => OrderFault::PriceMissing { sku: text("UNPRICED") };
        "ModifierUnknown": OrderFault::ModifierUnknown { .. } => OrderFault::ModifierUnknown { id: text("9") };
        "DiscountCodeMissing": OrderFault::DiscountCodeMissing { .. } =>
            OrderFault::DiscountCodeMissing { sku: text("21") };
        "DiscountUnknown": OrderFault::DiscountUnknown { .. } => OrderFault::DiscountUnknown { code: text("NONE") };
        "DiscountFixed": OrderFault::DiscountFixed { .. } => OrderFault::DiscountFixed { code: text("TEN") };
        "DiscountWithoutSize": OrderFault::DiscountWithoutSize { .. } =>
            OrderFault::DiscountWithoutSize { code: text("UNSIZED") };
        "StaffUnknown": OrderFault::StaffUnknown => OrderFault::StaffUnknown;
        "ProfileUnknown": OrderFault::ProfileUnknown { .. } => OrderFault::ProfileUnknown { code: text("XX") };
    }
}

/// Each fault by its name, as the failure that it is told as.
pub(crate) fn order_faults() -> Vec<(&'static str, Failure)> {
    let all = list::all().into_iter();
    all.map(|(name, fault)| (name, fault.into())).collect()
}

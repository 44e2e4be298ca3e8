//! Payment methods, items, discounts and modifiers of the demo.

use tender_service::{DirectoryKind, DiscountRule, Item, Method, ModifierGroup, ModifierOption, Tender};

use super::places::{JPY, KWD, LOCATIONS, OTHER, Place};
use super::{MERCHANT, OTHER_MERCHANT, told};

/// The method used when K-Series names none.
pub const APM: u64 = 2;
/// The method that the demo's add-on application is itself.
pub const TABLE_PAY: u64 = 12;

/// A payment method of the demo.
pub struct DemoMethod {
    /// Its id.
    pub id: u64,
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its Arabic name.
    pub name_ar: &'static str,
    /// Its account.
    pub ledger_code: &'static str,
    /// The till's own card terminal.
    pub is_terminal: bool,
    /// Shown on screens.
    pub visible: bool,
}

const fn method(
    id: u64,
    code: &'static str,
    name: &'static str,
    name_ar: &'static str,
    ledger_code: &'static str,
) -> DemoMethod {
    DemoMethod {
        id,
        code,
        name,
        name_ar,
        ledger_code,
        is_terminal: false,
        visible: true,
    }
}

/// Methods of both merchants.
pub const METHODS: [DemoMethod; 7] = [
    method(1, "CASH", "Cash", "نقدا", "cash-payment"),
    method(APM, "APM", "API Payment", "دفع عبر الواجهة", "api-payment"),
    method(3, "OOPAYMENT", "Online payment", "دفع إلكتروني", "online-payment"),
    method(4, "GIFT", "Gift card", "بطاقة هدية", "gift-card"),
    method(
        TABLE_PAY,
        "TABLEPAY",
        "Table Pay",
        "الدفع على الطاولة",
        "table-pay",
    ),
    DemoMethod {
        is_terminal: true,
        ..method(5, "CARD", "Card terminal", "بطاقة", "card-terminal")
    },
    DemoMethod {
        visible: false,
        ..method(6, "VOUCHER", "Old voucher", "قسيمة قديمة", "voucher")
    },
];

/// An item of the demo.
pub struct DemoItem {
    /// Its code.
    pub sku: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its price, tax included.
    pub price: &'static str,
    /// Its menu group.
    pub group: &'static str,
}

const fn item(sku: &'static str, name: &'static str, price: &'static str, group: &'static str) -> DemoItem {
    DemoItem {
        sku,
        name,
        price,
        group,
    }
}

/// What is sold in euro, and at the other merchant's. The first items make up the demo's checks.
const EUR_ITEMS: [DemoItem; 8] = [
    item("10", "Soup of the day", "5.50", "Starters"),
    item("11", "Croquettes", "9.50", "Starters"),
    item("20", "Steak frites", "20.06", "Mains"),
    item("21", "Mussels", "18.00", "Mains"),
    item("30", "Lager", "3.80", "Drinks"),
    item("31", "House wine", "5.00", "Drinks"),
    item("40", "Chocolate mousse", "6.20", "Desserts"),
    item("90", "Open item", "0.00", "Open"),
];

/// What is sold in yen.
const JPY_ITEMS: [DemoItem; 4] = [
    item("10", "Edamame", "450", "Starters"),
    item("11", "Gyoza", "680", "Starters"),
    item("20", "Tonkotsu ramen", "1080", "Mains"),
    item("30", "Asahi", "620", "Drinks"),
];

/// What is sold in Kuwaiti dinar.
const KWD_ITEMS: [DemoItem; 4] = [
    item("10", "Hummus", "1.250", "Starters"),
    item("11", "Falafel", "1.750", "Starters"),
    item("20", "Machboos", "4.500", "Mains"),
    item("30", "Karak tea", "0.375", "Drinks"),
];

const fn items(location: u64) -> &'static [DemoItem] {
    match location {
        JPY => &JPY_ITEMS,
        KWD => &KWD_ITEMS,
        _ => &EUR_ITEMS,
    }
}

/// The id of a location's item: the location's last digits and the code.
fn item_id(place: &Place, index: u64) -> u64 {
    place.id % 1_000 * 1_000 + index
}

/// Writes them; what is there already stays as it is.
pub async fn write(tender: &Tender) -> anyhow::Result<()> {
    let now = tender.now().0;
    for merchant in [MERCHANT, OTHER_MERCHANT] {
        for method in &METHODS {
            let record = Method {
                id: method.id,
                code: method.code.to_owned(),
                name: method.name.to_owned(),
                name_ar: Some(method.name_ar.to_owned()),
                description: None,
                ledger_code: method.ledger_code.to_owned(),
                is_terminal: method.is_terminal,
                visible: method.visible,
                active: true,
                created_at_ms: now,
                updated_at_ms: now,
            };
            tender
                .add_directory(merchant, DirectoryKind::Method, method.id, &record)
                .await
                .map_err(told)?;
        }
        write_extras(tender, merchant).await?;
    }
    for place in LOCATIONS.iter().chain([&OTHER]) {
        for (item, index) in items(place.id).iter().zip(1..) {
            let record = Item {
                id: item_id(place, index),
                location: Some(place.id),
                sku: item.sku.to_owned(),
                name: item.name.to_owned(),
                price: item.price.to_owned(),
                tax_rate: "0".to_owned(),
                custom_allowed: item.sku == "90",
                group: item.group.to_owned(),
                stock: None,
            };
            tender
                .add_directory(place.merchant, DirectoryKind::Item, record.id, &record)
                .await
                .map_err(told)?;
        }
    }
    Ok(())
}

async fn write_extras(tender: &Tender, merchant: tender_engine::MerchantId) -> anyhow::Result<()> {
    let discounts = [
        DiscountRule {
            id: 1,
            code: "HAPPY".to_owned(),
            name: "Happy hour".to_owned(),
            percent: Some("20".to_owned()),
            ..DiscountRule::default()
        },
        DiscountRule {
            id: 2,
            code: "MANUAL".to_owned(),
            name: "Manager's discount".to_owned(),
            percent: Some("10".to_owned()),
            manual: true,
            ..DiscountRule::default()
        },
    ];
    for discount in &discounts {
        tender
            .add_directory(merchant, DirectoryKind::Discount, discount.id, discount)
            .await
            .map_err(told)?;
    }
    let option = |id, instruction: &str| ModifierOption {
        id,
        instruction: instruction.to_owned(),
    };
    let cooking = ModifierGroup {
        id: 1,
        name: "Cooking".to_owned(),
        multiple: false,
        options: vec![
            option(101, "Rare"),
            option(102, "Medium"),
            option(103, "Well done"),
        ],
    };
    tender
        .add_directory(merchant, DirectoryKind::ModifierGroup, cooking.id, &cooking)
        .await
        .map_err(told)
}

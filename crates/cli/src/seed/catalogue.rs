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
    /// How many are left; absent: not counted.
    pub stock: Option<u32>,
}

const fn item(
    sku: &'static str,
    name: &'static str,
    price: &'static str,
    group: &'static str,
    stock: u32,
) -> DemoItem {
    DemoItem {
        sku,
        name,
        price,
        group,
        stock: Some(stock),
    }
}

/// An item that never runs out.
const fn uncounted(
    sku: &'static str,
    name: &'static str,
    price: &'static str,
    group: &'static str,
) -> DemoItem {
    DemoItem {
        stock: None,
        ..item(sku, name, price, group, 0)
    }
}

/// What is sold in euro, and at the other merchant's. The first items make up the demo's checks. One is sold out, and two are
/// not counted, so that an app meets each of these.
const EUR_ITEMS: [DemoItem; 10] = [
    item("10", "Soup of the day", "5.50", "Starters", 24),
    item("11", "Croquettes", "9.50", "Starters", 30),
    item("20", "Steak frites", "20.06", "Mains", 18),
    item("21", "Mussels", "18.00", "Mains", 0),
    item("30", "Lager", "3.80", "Drinks", 120),
    item("31", "House wine", "5.00", "Drinks", 40),
    item("40", "Chocolate mousse", "6.20", "Desserts", 12),
    uncounted("90", "Open item", "0.00", "Open"),
    item("22", "Vegetable lasagne", "15.50", "Mains", 10),
    uncounted("32", "Coffee", "2.90", "Drinks"),
];

/// What is sold in yen.
const JPY_ITEMS: [DemoItem; 5] = [
    item("10", "Edamame", "450", "Starters", 40),
    item("11", "Gyoza", "680", "Starters", 36),
    item("20", "Tonkotsu ramen", "1080", "Mains", 25),
    item("30", "Asahi", "620", "Drinks", 96),
    item("40", "Matcha ice cream", "520", "Desserts", 0),
];

/// What is sold in Kuwaiti dinar.
const KWD_ITEMS: [DemoItem; 5] = [
    item("10", "Hummus", "1.250", "Starters", 30),
    item("11", "Falafel", "1.750", "Starters", 45),
    item("20", "Machboos", "4.500", "Mains", 20),
    uncounted("30", "Karak tea", "0.375", "Drinks"),
    item("40", "Luqaimat", "1.100", "Desserts", 15),
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
                stock: item.stock,
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
    for group in modifier_groups() {
        tender
            .add_directory(merchant, DirectoryKind::ModifierGroup, group.id, &group)
            .await
            .map_err(told)?;
    }
    Ok(())
}

/// One of which a guest chooses one, one of which several.
fn modifier_groups() -> [ModifierGroup; 2] {
    let group = |id, name: &str, multiple, options: [(u64, &str); 3]| ModifierGroup {
        id,
        name: name.to_owned(),
        multiple,
        options: options
            .map(|(id, instruction)| ModifierOption {
                id,
                instruction: instruction.to_owned(),
            })
            .to_vec(),
    };
    [
        group(
            1,
            "Cooking",
            false,
            [(101, "Rare"), (102, "Medium"), (103, "Well done")],
        ),
        group(
            2,
            "Wishes",
            true,
            [(201, "No onions"), (202, "No salt"), (203, "Sauce apart")],
        ),
    ]
}

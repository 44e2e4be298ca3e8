//! What is configured in the restaurant of the acceptance checklist.

use tender_service::{
    DiscountRule, FloorPlan, FloorTable, Item, Location, Merchant, Method, ModifierGroup, ModifierOption,
    OnlineOrdering, OrderProfile, PrinterProfile,
};

use super::world::{DINAR, L, L2, MERCHANT, PRINTER, UNCOVERED, YEN};

pub(super) fn merchant() -> Merchant {
    Merchant {
        id: MERCHANT.0,
        name: "Tender Restaurants".to_owned(),
        time_zone: "Europe/Brussels".to_owned(),
        ..Merchant::default()
    }
}

pub(super) fn locations() -> Vec<Location> {
    let places = [
        (L, "EUR", 1_234, "Brasserie"),
        (L2, "EUR", 1_235, "Terrace"),
        (YEN, "JPY", 2_345, "Izakaya"),
        (DINAR, "KWD", 3_456, "Diwaniya"),
        (UNCOVERED, "EUR", 9_999, "Not yours"),
    ];
    let location = |(id, currency, station, name): (u64, &str, u64, &str)| Location {
        id,
        name: name.to_owned(),
        currency: currency.to_owned(),
        time_zone: "Europe/Brussels".to_owned(),
        country: "BE".to_owned(),
        station,
        default_method: Some(1),
        api_staff: Some(42),
        printer_profiles: vec![PrinterProfile {
            id: PRINTER,
            name: "Receipts".to_owned(),
            is_default: true,
        }],
        ..Location::default()
    };
    let mut locations: Vec<Location> = places.into_iter().map(location).collect();
    let main = &mut locations[0];
    main.online_ordering = OnlineOrdering {
        enabled: true,
        order_profile: Some(25_769_803_781),
        period_open: true,
        accepting: true,
        updated_at_ms: 1_759_570_800_000,
    };
    main.floor_plans = vec![FloorPlan {
        id: 77,
        name: "Ground floor".to_owned(),
        tables: (1..=3).map(floor_table).collect(),
    }];
    main.order_profiles = [(1, "LOC", "NONE"), (2, "TAKE", "TAKE_AWAY")]
        .into_iter()
        .map(|(id, code, mode)| OrderProfile {
            id,
            code: code.to_owned(),
            name: format!("Profile {code}"),
            delivery_mode: mode.to_owned(),
        })
        .collect();
    locations
}

fn floor_table(number: u32) -> FloorTable {
    FloorTable {
        id: 141_948_669_132_970 + u64::from(number),
        number,
        description: format!("Table {number}"),
        default_covers: 4,
        active: true,
    }
}

pub(super) fn methods() -> Vec<Method> {
    let method = |id: u64, code: &str, name: &str| Method {
        id,
        code: code.to_owned(),
        name: name.to_owned(),
        ledger_code: format!("{}-payment", code.to_ascii_lowercase()),
        active: true,
        ..Method::default()
    };
    vec![
        method(1, "APM", "API Payment"),
        method(2, "OOPAYMENT", "Online ordering"),
        Method {
            is_terminal: true,
            ..method(3, "TERMINAL", "Card terminal")
        },
        Method {
            active: false,
            ..method(4, "OLD", "Switched off")
        },
    ]
}

pub(super) fn items() -> Vec<Item> {
    let item = |id: u64, sku: &str, name: &str, price: &str| Item {
        id,
        sku: sku.to_owned(),
        name: name.to_owned(),
        price: price.to_owned(),
        tax_rate: "0.2".to_owned(),
        group: "Food".to_owned(),
        ..Item::default()
    };
    vec![
        item(501, "21", "Appetizer 2", "4.00"),
        Item {
            stock: Some(5),
            ..item(502, "BURGER", "Burger", "12.00")
        },
        item(503, "CHEESE", "Extra cheese", "2.30"),
        item(505, "UNPRICED", "Catch of the day", ""),
        Item {
            custom_allowed: true,
            group: String::new(),
            ..item(504, "OPEN", "Open item", "1.00")
        },
    ]
    .into_iter()
    .map(|item| Item {
        location: Some(L),
        ..item
    })
    .collect()
}

pub(super) fn discounts() -> Vec<DiscountRule> {
    let rule = |id: u64, code: &str| DiscountRule {
        id,
        code: code.to_owned(),
        name: format!("Discount {code}"),
        ..DiscountRule::default()
    };
    vec![
        DiscountRule {
            percent: Some("10".to_owned()),
            ..rule(601, "TEN")
        },
        DiscountRule {
            amount: Some("1.50".to_owned()),
            ..rule(602, "OFF")
        },
        DiscountRule {
            percent: Some("5".to_owned()),
            manual: true,
            ..rule(603, "MANUAL")
        },
        rule(604, "UNSIZED"),
    ]
}

pub(super) fn modifiers() -> ModifierGroup {
    ModifierGroup {
        id: 123,
        name: "Cooking".to_owned(),
        multiple: false,
        options: vec![
            ModifierOption {
                id: 567,
                instruction: "Well done".to_owned(),
            },
            ModifierOption {
                id: 568,
                instruction: "Rare".to_owned(),
            },
        ],
    }
}

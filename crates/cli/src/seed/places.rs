//! Merchants, locations, tills and staff of the demo.
//!
//! Ids are those of the published samples, so that a call copied from a reference works as it stands.

use tender_engine::MerchantId;
use tender_service::{
    Device, DirectoryKind, FloorPlan, FloorTable, Location, Merchant, OnlineOrdering, OrderProfile,
    PrinterProfile, Register, Staff, Tender,
};

use super::{MERCHANT, OTHER_MERCHANT, told};

/// The location in euro.
pub const EUR: u64 = 45_454_565_682_155;
/// The location in yen.
pub const JPY: u64 = 45_454_565_682_156;
/// The location in Kuwaiti dinar.
pub const KWD: u64 = 45_454_565_682_157;
/// Devices of the euro location.
pub const EUR_DEVICES: [u64; 3] = [12_345_678_980, 12_345_678_981, 12_345_678_982];
/// The employee for payments from outside.
pub const STAFF: u64 = 42;
/// The employee who serves the tables.
pub const WAITER: u64 = 11;
/// Tables of every floor plan.
pub const TABLES: u32 = 20;
/// The one floor plan of each location.
const FLOOR_PLAN: &str = "Main room";
/// Seats of the tables, in turn.
const SEATS: [u32; 4] = [2, 4, 4, 6];
/// The receipt printer.
const PRINTER: u64 = 1_773_881_235;

/// A location of the demo.
pub struct Place {
    /// Its id.
    pub id: u64,
    /// Its merchant.
    pub merchant: MerchantId,
    /// Its name.
    pub name: &'static str,
    /// Its short code.
    pub code: &'static str,
    /// Its currency.
    pub currency: &'static str,
    /// Its time zone.
    pub time_zone: &'static str,
    /// Its country.
    pub country: &'static str,
    /// Its POS station.
    pub station: u64,
    /// Its devices.
    pub devices: &'static [u64],
}

/// Locations of the restaurant.
pub const LOCATIONS: [Place; 3] = [
    Place {
        id: EUR,
        merchant: MERCHANT,
        name: "Brasserie Tender",
        code: "BRU",
        currency: "EUR",
        time_zone: "Europe/Brussels",
        country: "BE",
        station: 1234,
        devices: &EUR_DEVICES,
    },
    Place {
        id: JPY,
        merchant: MERCHANT,
        name: "Izakaya Tender",
        code: "TYO",
        currency: "JPY",
        time_zone: "Asia/Tokyo",
        country: "JP",
        station: 2345,
        devices: &[12_345_678_990],
    },
    Place {
        id: KWD,
        merchant: MERCHANT,
        name: "Diwaniya Tender",
        code: "KWI",
        currency: "KWD",
        time_zone: "Asia/Kuwait",
        country: "KW",
        station: 3456,
        devices: &[12_345_679_000],
    },
];

/// The location of the other merchant.
pub const OTHER: Place = Place {
    id: 45_454_565_682_999,
    merchant: OTHER_MERCHANT,
    name: "Somebody Else's Diner",
    code: "NYC",
    currency: "USD",
    time_zone: "America/New_York",
    country: "US",
    station: 9876,
    devices: &[12_345_679_990],
};

/// What a table is called on its floor plan.
fn table_name(number: u32) -> String {
    format!("Table {number}")
}

/// What the check at a table is called: floor plan and table, the form in which K-Series names a check that has no name.
pub fn check_name(table: u32) -> String {
    format!("{FLOOR_PLAN} {}", table_name(table))
}

/// Writes them. Devices are written only where there are none yet: their behaviour may have been changed since.
pub async fn write(tender: &Tender) -> anyhow::Result<()> {
    for (id, name, time_zone, business_number, website) in [
        (
            MERCHANT,
            "Tender Restaurants",
            "Europe/Brussels",
            Some("BE 0123.456.749"),
            Some("https://tender.example"),
        ),
        (OTHER_MERCHANT, "Somebody Else", "America/New_York", None, None),
    ] {
        let now = tender.now().0;
        let merchant = Merchant {
            id: id.0,
            name: name.to_owned(),
            time_zone: time_zone.to_owned(),
            business_number: business_number.map(str::to_owned),
            website: website.map(str::to_owned),
            created_at_ms: now,
            updated_at_ms: now,
            demo_secret: Some(super::access::new_secret()?),
            ..Merchant::default()
        };
        tender
            .add_directory(id, DirectoryKind::Merchant, id.0, &merchant)
            .await
            .map_err(told)?;
    }
    for place in LOCATIONS.iter().chain([&OTHER]) {
        write_place(tender, place).await?;
    }
    Ok(())
}

async fn write_place(tender: &Tender, place: &Place) -> anyhow::Result<()> {
    let location = location(place, tender.now().0);
    tender
        .add_directory(place.merchant, DirectoryKind::Location, place.id, &location)
        .await
        .map_err(told)?;
    for staff in staff() {
        tender
            .add_directory(place.merchant, DirectoryKind::Staff, staff.id, &staff)
            .await
            .map_err(told)?;
    }
    for (device, number) in place.devices.iter().zip(1..) {
        let record = Device {
            id: *device,
            location: place.id,
            name: format!("{} till {number}", place.code),
            behaviour: Some("auto".to_owned()),
        };
        tender
            .add_directory(place.merchant, DirectoryKind::Device, *device, &record)
            .await
            .map_err(told)?;
    }
    Ok(())
}

fn location(place: &Place, now_ms: i64) -> Location {
    // Every id below a location is the location's with a number, so that no two locations share one.
    let below = |number: u64| place.id % 1_000_000_000 * 1_000 + number;
    let table = |(number, seats): (u32, u32)| FloorTable {
        id: below(100 + u64::from(number)),
        number,
        description: table_name(number),
        default_covers: seats,
        active: true,
    };
    let profile = |number: u64, code: &str, name: &str, mode: &str| OrderProfile {
        id: below(number),
        code: code.to_owned(),
        name: name.to_owned(),
        delivery_mode: mode.to_owned(),
    };
    Location {
        id: place.id,
        name: place.name.to_owned(),
        code: place.code.to_owned(),
        currency: place.currency.to_owned(),
        time_zone: place.time_zone.to_owned(),
        country: place.country.to_owned(),
        station: place.station,
        default_method: Some(super::catalogue::APM),
        api_staff: Some(STAFF),
        printer_profiles: vec![PrinterProfile {
            id: PRINTER,
            name: "Bar printer".to_owned(),
            is_default: true,
        }],
        online_ordering: OnlineOrdering {
            order_profile: Some(below(1)),
            updated_at_ms: now_ms,
            ..OnlineOrdering::default()
        },
        floor_plans: vec![FloorPlan {
            id: below(10),
            name: FLOOR_PLAN.to_owned(),
            tables: (1..=TABLES).zip(SEATS.into_iter().cycle()).map(table).collect(),
        }],
        order_profiles: vec![
            profile(1, "EATIN", "Eat in", "NONE"),
            profile(2, "TAKEAWAY", "Take away", "TAKE_AWAY"),
            profile(3, "DELIVERY", "Delivery", "DELIVERY"),
        ],
        registers: vec![Register {
            id: below(20),
            code: "R1".to_owned(),
            name: "Front register".to_owned(),
        }],
    }
}

fn staff() -> [Staff; 4] {
    let person = |id, first: &str, last: &str, email: &str, is_admin| Staff {
        id,
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: email.to_owned(),
        is_admin,
    };
    [
        person(STAFF, "Online", "Order", "orders@tender.example", false),
        person(7, "Ada", "Peeters", "ada@tender.example", true),
        person(WAITER, "Luc", "Dubois", "luc@tender.example", false),
        person(12, "Noor", "Haddad", "noor@tender.example", false),
    ]
}

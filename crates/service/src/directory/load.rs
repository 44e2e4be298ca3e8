//! A merchant's directory in memory: loading it, finding things in it, and the facts that the engine needs.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use tender_engine::{
    EndpointId, LocationFacts, LocationId, Lookup, MerchantId, MethodId, MethodKind, MethodRef, StaffId,
};
use tender_money::Currency;
use tender_store::{Key, Row, StoreError, Table};

use super::records::{
    Application, Device, DiscountRule, Endpoint, Item, Location, Merchant, Method, ModifierGroup, Staff,
};

/// Kinds of directory records; the numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryKind {
    /// [`Merchant`].
    Merchant = 1,
    /// [`Location`].
    Location = 2,
    /// [`Method`].
    Method = 3,
    /// [`Staff`].
    Staff = 4,
    /// [`Device`].
    Device = 5,
    /// [`Item`].
    Item = 6,
    /// [`DiscountRule`].
    Discount = 7,
    /// [`ModifierGroup`].
    ModifierGroup = 8,
    /// [`Application`].
    Application = 9,
    /// [`Endpoint`].
    Endpoint = 10,
}

impl DirectoryKind {
    /// The stored number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }
}

/// Everything that a merchant has configured.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The merchant.
    pub merchant: Merchant,
    /// By id.
    pub locations: BTreeMap<u64, Location>,
    /// By id.
    pub methods: BTreeMap<u64, Method>,
    /// By id.
    pub staff: BTreeMap<u64, Staff>,
    /// By id.
    pub devices: BTreeMap<u64, Device>,
    /// By id.
    pub items: BTreeMap<u64, Item>,
    /// By id.
    pub discounts: BTreeMap<u64, DiscountRule>,
    /// By id.
    pub modifier_groups: BTreeMap<u64, ModifierGroup>,
    /// By id.
    pub applications: BTreeMap<u64, Application>,
    /// By id.
    pub endpoints: BTreeMap<u64, Endpoint>,
}

/// A directory record from its row.
pub(crate) fn read<T: DeserializeOwned>(row: &Row) -> Result<T, StoreError> {
    serde_json::from_str(&row.doc).map_err(|error| StoreError::Corrupt {
        table: Table::Directory.spec().name,
        what: error.to_string(),
    })
}

/// A directory record from its row, if there is one.
pub(super) fn stored<T: DeserializeOwned>(row: Option<&Row>) -> Result<Option<T>, StoreError> {
    row.map(read).transpose()
}

/// Where a webhook endpoint is stored.
pub(crate) fn endpoint_key(merchant: MerchantId, endpoint: EndpointId) -> Key {
    vec![
        merchant.to_i64(),
        DirectoryKind::Endpoint.number(),
        endpoint.to_i64(),
    ]
}

/// The stored form of a directory record.
pub(crate) fn directory_row<T: serde::Serialize>(
    merchant: MerchantId,
    kind: DirectoryKind,
    id: u64,
    record: &T,
) -> Result<Row, StoreError> {
    let doc = serde_json::to_string(record).map_err(|error| StoreError::Internal(error.to_string()))?;
    let columns = vec![merchant.to_i64(), kind.number(), id.cast_signed()];
    Ok(Row {
        table: Table::Directory,
        columns,
        doc,
    })
}

impl Directory {
    /// Reads a merchant's rows; an empty list is no merchant.
    pub(crate) fn from_rows(rows: &[Row]) -> Result<Option<Self>, StoreError> {
        let mut directory = Self::default();
        let mut found = false;
        for row in rows {
            let id = row.column("id").cast_unsigned();
            match row.column("kind") {
                1 => {
                    directory.merchant = read(row)?;
                    found = true;
                }
                2 => drop(directory.locations.insert(id, read(row)?)),
                3 => drop(directory.methods.insert(id, read(row)?)),
                4 => drop(directory.staff.insert(id, read(row)?)),
                5 => drop(directory.devices.insert(id, read(row)?)),
                6 => drop(directory.items.insert(id, read(row)?)),
                7 => drop(directory.discounts.insert(id, read(row)?)),
                8 => drop(directory.modifier_groups.insert(id, read(row)?)),
                9 => drop(directory.applications.insert(id, read(row)?)),
                10 => drop(directory.endpoints.insert(id, read(row)?)),
                other => {
                    let what = format!("kind {other}");
                    return Err(StoreError::Corrupt {
                        table: Table::Directory.spec().name,
                        what,
                    });
                }
            }
        }
        Ok(found.then_some(directory))
    }

    /// The merchant's id.
    #[must_use]
    pub fn merchant_id(&self) -> MerchantId {
        MerchantId(self.merchant.id)
    }

    /// What rules need to know about a location; `None` when there is none, or its currency is unknown.
    #[must_use]
    pub fn facts(&self, location: LocationId) -> Option<LocationFacts> {
        let location = self.locations.get(&location.0)?;
        let default = location
            .printer_profiles
            .iter()
            .find(|profile| profile.is_default);
        Some(LocationFacts {
            id: LocationId(location.id),
            currency: Currency::from_code(&location.currency)?,
            station: location.station,
            printer_profile: default.map(|profile| profile.id),
            api_staff: location.api_staff.map(StaffId),
        })
    }

    /// A location's currency.
    #[must_use]
    pub fn currency(&self, location: LocationId) -> Option<Currency> {
        Currency::from_code(&self.locations.get(&location.0)?.currency)
    }

    /// A usable method by its code, compared exactly.
    #[must_use]
    pub fn method_by_code(&self, code: &str) -> Lookup<(MethodRef, MethodKind)> {
        let method = self
            .methods
            .values()
            .find(|method| method.active && method.code == code);
        method.map_or(Lookup::Unknown, |method| Lookup::Known(method_ref(method)))
    }

    /// A usable method by its id.
    #[must_use]
    pub fn method_by_id(&self, id: u64) -> Lookup<(MethodRef, MethodKind)> {
        let method = self.methods.get(&id).filter(|method| method.active);
        method.map_or(Lookup::Unknown, |method| Lookup::Known(method_ref(method)))
    }

    /// An employee by id.
    #[must_use]
    pub fn staff_by_id(&self, id: u64) -> Lookup<StaffId> {
        if self.staff.contains_key(&id) {
            Lookup::Known(StaffId(id))
        } else {
            Lookup::Unknown
        }
    }

    /// A catalogue item by its code, at a location.
    #[must_use]
    pub fn item_by_sku(&self, location: LocationId, sku: &str) -> Option<&Item> {
        self.items
            .values()
            .find(|item| item.sku == sku && item.location.is_none_or(|at| at == location.0))
    }
}

/// The method as payments remember it.
fn method_ref(method: &Method) -> (MethodRef, MethodKind) {
    let kind = if method.is_terminal {
        MethodKind::Terminal
    } else {
        MethodKind::Ordinary
    };
    (
        MethodRef {
            id: MethodId(method.id),
            code: method.code.clone(),
            name: method.name.clone(),
        },
        kind,
    )
}

//! The acceptance checklist (spec om 10) row by row, golden files of every route and code, and the properties of section 9.

mod codes;
mod edges;
mod full;
pub(crate) mod goldens;
mod precedence;
mod properties;
mod rows_lists;
mod rows_money;
mod rows_orders;
mod rows_payments;
mod rows_refunds;
mod rows_tenants;
mod rows_wire;
mod states;
mod world;

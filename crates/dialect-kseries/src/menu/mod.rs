//! Menus, modifiers, discounts and item availability, all read from the catalogue (spec, section 10).
//!
//! A location has one menu: its catalogue items in their groups. The menu's id is the location's.

mod availability;
mod encode;
mod route;

pub(crate) use availability::{availability, availability_by_body};
pub(crate) use route::{discounts, list, load_v1, load_v2, modifiers};

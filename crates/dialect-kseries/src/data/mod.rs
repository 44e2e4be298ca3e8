//! What clients read before they pay or order: businesses, floor plans, order profiles, readiness; and messages for the
//! tills (spec, section 10).

mod encode;
mod print;
mod readiness;
mod route;

pub(crate) use print::print_message;
pub use readiness::Readiness;
pub(crate) use readiness::online_order_readiness;
pub(crate) use route::{account_profile, account_profiles, businesses, floor_plan_tables, floor_plans};

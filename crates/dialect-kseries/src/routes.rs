//! The table of routes, and what surrounds it: tidy paths, answers for unknown paths, failed handlers.

use std::borrow::Cow;

use axum::Router;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::MethodRouter;
use tender_http::{Failed, Fallbacks, Missing, Surface, collapse_slashes, rewrite_path};
use tender_service::{Clock, Tender};

use crate::{Kseries, checks, data, finance, menu, orders, pay, visit, webhooks};

/// The whole dialect: its routes, its answers for other paths below `/o` and `/f`, and its tolerance of slashes.
pub fn router(tender: Tender) -> Surface {
    let fallback_tender = tender.clone();
    let fallbacks = Fallbacks::new().on("/", move |parts: Parts, missing: Missing| {
        let tender = fallback_tender.clone();
        async move { visit::missing(&tender, &parts, missing).await }
    });
    // Clients send closing and doubled slashes (spec, section 2).
    rewrite_path(fallbacks.apply(routes(tender)), |path| {
        let tidy = collapse_slashes(path);
        matches!(tidy, Cow::Owned(_)).then_some(tidy)
    })
}

/// The answer to a request of this dialect whose handler gave none.
pub fn failed(failed: &Failed<'_>) -> Response {
    // Who words this answer has no service at hand, so the time is real time, whatever a sandbox did to its clock.
    visit::failed(failed, Clock::new().now())
}

fn routes(tender: Tender) -> Router {
    table().with_state(Kseries { tender })
}

/// Makes the router and, for tests, the list of what it serves out of one table, so that neither can know more than the
/// other.
macro_rules! routes {
    ($($path:literal => $($method:ident $handler:path),+;)+) => {
        fn table() -> Router<Kseries> {
            Router::new()$(.route($path, MethodRouter::new()$(.$method($handler))+))+
        }

        /// Every path with its methods in small letters.
        #[cfg(test)]
        pub(crate) const ROUTES: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),+];
    };
}

routes! {
    "/o/op/1/pay" => post pay::pay;
    "/o/op/1/order/local" => post orders::local;
    "/o/op/1/order/toGo" => post orders::to_go;
    "/o/op/1/order/table/getCheck" => get checks::open_checks;
    "/o/op/1/order/table/{table_number}/getCheck" => get checks::by_table;
    "/o/op/1/order/accounts/{account_identifier}" => get checks::by_account;
    "/o/wh/1/webhook" => put webhooks::create, post webhooks::update;
    "/o/wh/1/webhook/{endpoint_id}" => get webhooks::read, delete webhooks::delete;
    "/o/wh/1/webhook/{endpoint_id}/business-locations" => get webhooks::associations;
    "/o/wh/1/webhook/{endpoint_id}/business-locations/{business_location_id}" =>
        put webhooks::associate, delete webhooks::dissociate;
    "/o/op/data/businesses" => get data::businesses;
    "/o/op/data/account-profiles" => get data::account_profiles;
    "/o/op/data/{business_location_id}/floorplans" => get data::floor_plans;
    "/o/op/data/{business_location_id}/floorplans/{floor_plan_id}/tables" => get data::floor_plan_tables;
    "/o/op/data/{business_location_id}/account-profiles/tagcode/{code}" => get data::account_profile;
    "/o/op/1/onlineOrderReadiness" => get data::online_order_readiness;
    "/o/op/1/printMsg" => post data::print_message;
    "/o/op/1/menu/load/{menu_id}" => get menu::load_v1;
    "/o/op/2/menu/load/{menu_id}" => get menu::load_v2;
    "/o/op/1/menu/modifiers" => get menu::modifiers;
    "/o/op/1/menu/list" => get menu::list;
    "/o/op/1/menu/discounts" => get menu::discounts;
    "/o/op/1/itemAvailability" => get menu::availability, post menu::availability_by_body;
    "/f/finance/{business_location_id}/paymentMethods" => get finance::payment_methods;
    "/f/finance/{business_location_id}/saleByExternalReference" => get finance::sale_by_external_reference;
    "/f/data/businesses" => get finance::businesses;
}

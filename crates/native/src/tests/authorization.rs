//! Every route asks who it is, and tells those who may not use it why.

use std::collections::BTreeMap;

use super::place::{Place, Who};
use crate::routes::{routes, sandbox_routes};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Public,
    Client,
    Reader,
    Till,
    Admin,
}

/// The access of every route, by method and path. A route that is not here fails the test.
fn table() -> BTreeMap<String, Access> {
    let text = "
        public GET    /api/v1/openapi.json
        client POST   /api/v1/orders
        reader GET    /api/v1/orders
        reader GET    /api/v1/orders/{id}
        client POST   /api/v1/orders/{id}/lines
        client POST   /api/v1/orders/{id}/close
        client POST   /api/v1/orders/{id}/cancel
        client POST   /api/v1/orders/{id}/payments
        client GET    /api/v1/payments/by-reference/{ref}
        client POST   /api/v1/payments/by-reference/{ref}/fence
        client GET    /api/v1/payments/{id}
        client GET    /api/v1/payments/{id}/timeline
        client POST   /api/v1/payments/{id}/confirm
        client POST   /api/v1/payments/{id}/void
        client POST   /api/v1/payments/{id}/refund
        client GET    /api/v1/events
        client GET    /api/v1/webhook-endpoints
        client POST   /api/v1/webhook-endpoints
        client GET    /api/v1/webhook-endpoints/{id}
        client PATCH  /api/v1/webhook-endpoints/{id}
        client DELETE /api/v1/webhook-endpoints/{id}
        client POST   /api/v1/webhook-endpoints/{id}/secret
        client GET    /api/v1/deliveries
        client POST   /api/v1/deliveries/replay
        client GET    /api/v1/deliveries/{id}
        client POST   /api/v1/deliveries/{id}/replay
        till   POST   /api/v1/till/claim
        till   GET    /api/v1/till/tasks
        till   POST   /api/v1/till/tasks/{id}/confirm
        till   POST   /api/v1/till/tasks/{id}/refuse
        till   POST   /api/v1/till/heartbeat
        admin  GET    /api/v1/cases
        admin  GET    /api/v1/cases/{id}
        admin  POST   /api/v1/cases/{id}/resolve
        admin  GET    /api/v1/reports/day-close
        client GET    /api/v1/locations
        client GET    /api/v1/methods
        client GET    /api/v1/devices
        admin  GET    /api/v1/sandbox/clock
        admin  POST   /api/v1/sandbox/clock
        admin  PUT    /api/v1/sandbox/tills/{device_id}";
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    rows.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let access = match words[0] {
            "public" => Access::Public,
            "client" => Access::Client,
            "reader" => Access::Reader,
            "till" => Access::Till,
            "admin" => Access::Admin,
            other => panic!("{other}"),
        };
        (format!("{} {}", words[1], words[2]), access)
    })
    .collect()
}

/// What a caller is told before the route does anything: `None` where it may go on.
fn refusal(access: Access, who: Who) -> Option<(u16, &'static str)> {
    if access == Access::Public {
        return None;
    }
    match who {
        Who::Nobody => Some((401, "token-missing")),
        Who::Stranger => Some((401, "token-unknown")),
        Who::Admin | Who::Other => None,
        Who::Unscoped => Some(match access {
            Access::Admin => (403, "admin-token-needed"),
            Access::Till => (403, "till-token-needed"),
            Access::Public | Access::Client | Access::Reader => (403, "insufficient-scope"),
        }),
        Who::App | Who::EurApp => match access {
            Access::Admin => Some((403, "admin-token-needed")),
            Access::Till => Some((403, "till-token-needed")),
            Access::Public | Access::Client | Access::Reader => None,
        },
        Who::Till | Who::OneTill => match access {
            Access::Admin => Some((403, "admin-token-needed")),
            Access::Client => Some((403, "not-for-tills")),
            Access::Public | Access::Reader | Access::Till => None,
        },
    }
}

#[tokio::test]
async fn every_route_asks_who_it_is() {
    let place = Place::new().await;
    let mut table = table();
    for route in routes().into_iter().chain(sandbox_routes()) {
        let name = format!("{} {}", route.method, route.path);
        let access = table
            .remove(&name)
            .unwrap_or_else(|| panic!("{name} is not in the table"));
        let path = route
            .path
            .replace("{id}", "x")
            .replace("{ref}", "x")
            .replace("{device_id}", "x");
        // A token for one device need not name it, and would get a stream that never ends.
        let path = path
            .replace("/till/tasks", "/till/tasks?device_id=1")
            .replace("?device_id=1/", "/");
        for who in Who::ALL {
            let answer = place.call(who, route.method.clone(), &path, &[], "").await;
            let expected = refusal(access, who);
            let context = format!("{} {path} as {}: {}", route.method, who.name(), answer.text);
            match expected {
                Some((status, code)) => {
                    answer.problem(status, code);
                    assert!(answer.has("/detail"), "{context}");
                    assert_eq!(answer.header("tender-money-moved"), "no", "{context}");
                }
                None => assert!(!matches!(answer.status, 401 | 403), "{context}"),
            }
        }
    }
    assert!(table.is_empty(), "no such routes: {table:?}");
}

#[tokio::test]
async fn sandbox_routes_exist_only_where_they_are_switched_on() {
    let place = Place::with(tender_service::Settings::default()).await;
    for route in sandbox_routes() {
        let answer = place
            .call(
                Who::Admin,
                route.method,
                &route.path.replace("{device_id}", "501"),
                &[],
                "",
            )
            .await;
        answer.problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_scheme_of_a_token_may_be_spelt_in_any_case() {
    let place = Place::new().await;
    let token = Who::Admin.token();
    for (value, status) in [
        (format!("bearer {token}"), 200),
        (format!("BEARER  {token}"), 200),
        (format!("Basic {token}"), 401),
        (token.clone(), 401),
        ("Bearer ".to_owned(), 401),
    ] {
        let headers = [("Authorization", value.as_str())];
        let answer = place
            .call(
                Who::Nobody,
                axum::http::Method::GET,
                "/api/v1/methods",
                &headers,
                "",
            )
            .await;
        assert_eq!(answer.status, status, "{value}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"tender\"");
        }
    }
}

//! Lists, filters, pages and limits: rows 9 to 14 of the checklist.

use tender_engine::{
    AddLines, Command, Discount, LineSpec, OnRefusal, OrderChange, OrderId, OrderSelector, StaffId, Stage,
    Via,
};
use tender_service::Settings;

use super::shop::{Bill, Call, DINAR_SITE, Reply, SITE, Shop, TOKEN_A, YEN_SITE, decimal, path, settings};

const ORDERS: &str = "/v1/companies/5678/orders.json";

async fn bills(shop: &Shop, count: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(shop.order().await.0);
    }
    ids.reverse();
    ids
}

async fn ids(shop: &Shop, path: &str) -> Vec<u64> {
    shop.get(path).await.expect(200, &[]).ids()
}

#[tokio::test]
async fn row_09_pages_by_number() {
    let shop = Shop::open().await;
    let newest_first = bills(&shop, 60).await;
    let first = shop.get(ORDERS).await.expect(200, &[]);
    assert_eq!(first.header("X-Pages"), Some("3"));
    let mut seen = first.ids();
    assert_eq!(seen.len(), 25);
    for (page, rows) in [("1", 25), ("2", 10), ("3", 0), ("400", 0), ("99999999", 0)] {
        let reply = shop.send(Call::get(ORDERS).header("X-Page", page)).await;
        assert_eq!(reply.ids().len(), rows, "page {page}");
        assert_eq!(reply.header("X-Pages"), Some("3"));
        seen.extend(reply.ids());
    }
    assert_eq!(seen, newest_first);
}

#[tokio::test]
async fn row_10_pages_by_their_urls() {
    let shop = Shop::open().await;
    let newest_first = bills(&shop, 60).await;
    let start = "/v1/companies/5678/orders/pending?value_gte=1&created_gte=2020-01-01&start=";
    let mut next = Some(format!("http://pos.example{start}"));
    let mut seen = Vec::new();
    while let Some(url) = next {
        let path = url.strip_prefix("http://pos.example").unwrap();
        assert!(path.contains("value_gte=1&created_gte=2020-01-01"), "{path}");
        let reply = shop
            .send(Call::get(path).header("Accept", "*/*"))
            .await
            .expect(200, &[]);
        seen.extend(reply.ids());
        next = reply.header("X-Next-Page").map(str::to_owned);
        if let Some(next) = &next {
            assert!(
                next.starts_with("http://pos.example/v1/companies/5678/orders/pending.json?"),
                "{next}"
            );
            assert_eq!(next.matches("start=").count(), 1, "{next}");
        }
    }
    assert_eq!(seen, newest_first);
    // A loop over `start` ends with an empty list.
    assert!(
        ids(&shop, &format!("{ORDERS}?start={}", newest_first[59]))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn row_11_filters_stand_in_any_order() {
    let shop = Shop::open().await;
    let here = shop.order().await;
    shop.settle(here, OrderChange::Close).await;
    let there = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    shop.settle(there, OrderChange::Close).await;
    shop.order().await;
    for path in [
        "sites/923/orders/complete",
        "orders/sites/923/complete",
        "orders/complete/sites/923",
    ] {
        assert_eq!(
            ids(&shop, &format!("/v1/companies/5678/{path}.json")).await,
            [here.0],
            "{path}"
        );
    }
    assert_eq!(
        ids(&shop, "/v1/companies/5678/orders/complete.json").await,
        [there.0, here.0]
    );
    // All filters are ANDed, also those that contradict each other.
    assert!(
        ids(&shop, "/v1/companies/5678/sites/923/orders/sites/924.json")
            .await
            .is_empty()
    );
    assert!(
        ids(&shop, "/v1/companies/5678/orders/complete/pending.json")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn row_12_created_and_value() {
    let shop = Shop::open().await;
    let order = shop.order().await.0;
    let created = shop.read(OrderId(order)).await.at("/created_at");
    let (today, _) = created.split_once('T').unwrap();
    let found = |query: String| {
        let shop = &shop;
        async move { ids(shop, &format!("{ORDERS}?{query}")).await == [order] }
    };
    for query in [
        format!("created_lte={today}"),
        format!("created_gte={today}"),
        format!("created={today}"),
        format!("created={created}"),
        format!("created_lte={created}"),
        format!("created_gte={}", created.replace('+', "%2B")),
        format!("created={}", created.replace('-', "%2D")),
    ] {
        assert!(found(query.clone()).await, "{query}");
    }
    for query in [
        format!("created_gt={today}"),
        format!("created_lt={today}"),
        format!("created_gt={created}"),
    ] {
        assert!(!found(query.clone()).await, "{query}");
    }
    for query in [
        "value_gte=10.950000000000001&value_lte=11.05",
        "value_gte=10.95000000000000063948846218409017&value_lte=11.0500000000000007105",
        "value=11",
        "value=11.00",
        "value_gt=10.9999999999999999999999",
        "value_lt=11.000000000000000000001",
        "value_lte=1.1e1",
    ] {
        assert!(found(query.to_owned()).await, "{query}");
    }
    for query in [
        "value_gt=11",
        "value_lt=11",
        "value=11.005",
        "value_gte=11.0000000000000000001",
        "value_lte=10.9999999999999999999",
    ] {
        assert!(!found(query.to_owned()).await, "{query}");
    }
}

#[tokio::test]
async fn values_are_compared_in_each_sites_own_currency() {
    let shop = Shop::open().await;
    let dollars = shop.order().await.0;
    let yen = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await
        .0;
    let dinars = shop
        .bill(Bill {
            site: DINAR_SITE,
            goods: "10.000",
            ..Bill::default()
        })
        .await
        .0;
    assert_eq!(ids(&shop, &format!("{ORDERS}?value=11")).await, [dinars, dollars]);
    assert_eq!(ids(&shop, &format!("{ORDERS}?value_gt=11")).await, [yen]);
    assert_eq!(
        ids(&shop, &format!("{ORDERS}?value_gte=10.995")).await,
        [dinars, yen, dollars]
    );
    let counted = shop.get(&format!("{ORDERS}?value_gte=10.995")).await;
    assert_eq!(counted.header("X-Pages"), Some("1"));
}

#[tokio::test]
async fn merged_lists_page_like_others() {
    let shop = Shop::open().await;
    let mut newest_first = Vec::new();
    for round in 0..30 {
        let site = if round % 3 == 0 { DINAR_SITE } else { SITE };
        newest_first.insert(
            0,
            shop.bill(Bill {
                site,
                ..Bill::default()
            })
            .await
            .0,
        );
    }
    let query = format!("{ORDERS}?value=11");
    let first = shop.get(&query).await.expect(200, &[]);
    let second = shop
        .send(Call::get(&query).header("X-Page", "1"))
        .await
        .expect(200, &[]);
    assert_eq!(first.header("X-Pages"), Some("2"));
    assert_eq!([first.ids(), second.ids()].concat(), newest_first);
    let next = first
        .header("X-Next-Page")
        .unwrap()
        .strip_prefix("http://pos.example")
        .unwrap()
        .to_owned();
    let followed = shop.get(&next).await.expect(200, &[]);
    assert_eq!(followed.ids(), second.ids());
    assert_eq!(followed.header("X-Next-Page"), None);
}

#[tokio::test]
async fn every_status_and_link_has_its_list() {
    let shop = Shop::open().await;
    let mut of_stage = Vec::new();
    for stage in [Stage::Pending, Stage::Submitted, Stage::OnHold, Stage::Accepted] {
        of_stage.push(
            shop.bill(Bill {
                stage,
                ..Bill::default()
            })
            .await
            .0,
        );
    }
    let mut settled = Vec::new();
    for change in [
        OrderChange::Close,
        OrderChange::Reject,
        OrderChange::Delete,
        OrderChange::Cancel,
    ] {
        let order = shop.order().await;
        shop.settle(order, change).await;
        settled.push(order.0);
    }
    let served = shop
        .bill(Bill {
            staff: Some(StaffId(41)),
            ..Bill::default()
        })
        .await
        .0;
    let linked = r#"{"site_id":923,"register_id":9232,"customer_id":77,"lines":[{"product_id":5,"price_variation":0.9}]}"#;
    let linked = shop.post(ORDERS, linked).await.expect(201, &[]).json()["id"]
        .as_u64()
        .unwrap();
    let lists = [
        ("orders/pending", vec![linked, served, of_stage[0]]),
        ("orders/submitted", vec![of_stage[1]]),
        ("orders/on_hold", vec![of_stage[2]]),
        ("orders/accepted", vec![of_stage[3]]),
        ("orders/complete", vec![settled[0]]),
        ("orders/rejected", vec![settled[1]]),
        // What another dialect cancelled reads as deleted here.
        ("orders/deleted", vec![settled[3], settled[2]]),
        ("orders/pending/accounts", vec![linked]),
        ("orders/discounted", vec![linked]),
        ("orders/linkedcustomer", vec![linked]),
        ("customers/77/orders", vec![linked]),
        ("orders/customers/78", vec![]),
        ("registers/9232/orders", vec![linked]),
        ("registers/9231/orders", vec![]),
        ("staff/41/orders", vec![served]),
        ("orders/sites/923/staff/41/pending", vec![served]),
        (
            "orders",
            vec![
                linked,
                served,
                settled[1],
                settled[0],
                of_stage[3],
                of_stage[2],
                of_stage[1],
                of_stage[0],
            ],
        ),
    ];
    for (path, expected) in lists {
        assert_eq!(
            ids(&shop, &format!("/v1/companies/5678/{path}.json")).await,
            expected,
            "{path}"
        );
    }
    for path in [
        "registers/1/orders",
        "orders/staff/7",
        "orders/staff/me",
        "orders/on_hold/accounts",
        "complete/orders",
        "orders/x",
    ] {
        shop.get(&format!("/v1/companies/5678/{path}.json"))
            .await
            .expect(404, &[]);
    }
}

#[tokio::test]
async fn reduced_orders_are_found_by_their_lines() {
    let shop = Shop::open().await;
    let plain = shop.order().await;
    let reduced = shop.order().await;
    let line = LineSpec {
        discount: Discount::Amount(decimal("1.00")),
        ..LineSpec::new("Cake", decimal("4.00"))
    };
    let add = AddLines {
        order: OrderSelector::Id(reduced),
        location: None,
        lines: vec![line],
        position: None,
        keys: Vec::new(),
        payments: Vec::new(),
        delivery: None,
        maker: None,
        refusal: None,
        on_refusal: OnRefusal::Reject,
    };
    shop.elsewhere(Via::Native, Command::AddLines(add)).await.unwrap();
    assert_eq!(
        ids(&shop, "/v1/companies/5678/orders/discounted.json").await,
        [reduced.0]
    );
    let line = shop.read(reduced).await;
    // Quantity times price is what the line costs, with the discount in it.
    line.expect(
        200,
        &[
            ("/lines/1/unit_price", "3"),
            ("/lines/1/line_total_ex_tax", "3"),
            ("/total", "14.3"),
        ],
    );
    assert_eq!(shop.read(plain).await.at("/total"), "11");
}

#[tokio::test]
async fn row_13_payment_methods_come_whole() {
    let shop = Shop::open().await;
    for id in 100..138 {
        let method = tender_service::Method {
            id,
            code: format!("M{id}"),
            name: format!("Method {id}"),
            ledger_code: id.to_string(),
            active: true,
            ..tender_service::Method::default()
        };
        let kind = tender_service::DirectoryKind::Method;
        shop.tender
            .put_directory(super::shop::COMPANY, kind, id, &method)
            .await
            .unwrap();
    }
    let reply = shop
        .get("/v1/companies/5678/payment_methods.json")
        .await
        .expect(200, &[]);
    let rows = reply.json().as_array().unwrap().clone();
    // 38 and two of those that every shop here has: one is not active, and one is the till's own card terminal.
    assert_eq!(rows.len(), 40);
    for row in rows {
        assert!(
            row["id"].is_u64() && row["name"].is_string() && row["ledger_code"].is_string(),
            "{row}"
        );
    }
    assert_eq!(reply.header("X-Pages"), Some("1"));
}

#[tokio::test]
async fn row_14_rate_limits_by_application_and_company() {
    let limited = Settings {
        rate_limits: true,
        rate_limit_basic: 3,
        rate_limit_token: 3,
        ..settings()
    };
    let shop = Shop::with(limited).await;
    let call = || Call::get("/v1/companies/me.json");
    for remaining in ["2", "1", "0"] {
        let reply = shop.send(call()).await.expect(200, &[]);
        assert_eq!(reply.header("X-Ratelimit-Limit"), Some("3"));
        assert_eq!(reply.header("X-Ratelimit-Remaining"), Some(remaining));
    }
    let refused = shop
        .send(call())
        .await
        .expect(429, &[("/error", "Limit exceeded")]);
    let number = |reply: &Reply, name: &str| reply.header(name).unwrap().parse::<i64>().unwrap();
    assert!((1..=60).contains(&number(&refused, "Retry-After")));
    assert!(number(&refused, "X-Ratelimit-Reset") > shop.tender.now().0 / 1_000);
    // Others have their own.
    shop.send(call().by(TOKEN_A)).await.expect(200, &[]);
    shop.send(call().header("Authorization", super::shop::BASIC_B))
        .await
        .expect(200, &[]);
    // Waiting as long as one is told is always enough.
    shop.clock
        .advance(u32::try_from(number(&refused, "Retry-After") * 1_000).unwrap());
    shop.send(call()).await.expect(200, &[]);

    let unlimited = Shop::open().await.send(call()).await.expect(200, &[]);
    assert!(
        unlimited
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("x-ratelimit"))
    );
    let zero = Settings {
        rate_limits: true,
        rate_limit_token: 0,
        ..settings()
    };
    let zero = Shop::with(zero).await.send(call()).await.expect(200, &[]);
    assert_eq!(zero.header("X-Ratelimit-Limit"), None);
}

#[tokio::test]
async fn list_rows_hold_what_clients_sum() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "5", "0").await;
    let row = shop.get(ORDERS).await.json()[0].clone();
    let whole = shop.get(&path(order)).await.json();
    assert_eq!(row, whole);
    for key in [
        "id",
        "id_str",
        "company_id",
        "site_id",
        "register_id",
        "staff_member_id",
        "sale_number",
        "status",
        "notes",
        "total",
        "total_tax",
        "paid",
        "tips",
        "customer",
        "lines",
        "payments",
        "created_at",
        "updated_at",
    ] {
        assert!(row.get(key).is_some(), "{key}");
    }
}

#[tokio::test]
async fn a_list_over_very_many_sites_names_one() {
    let shop = Shop::open().await;
    shop.open_many_sites().await;
    let order = shop.order().await.0;
    // The whole company is one scan, and so is one site; bounds in three currencies would be a scan for each site.
    assert_eq!(ids(&shop, ORDERS).await, [order]);
    assert_eq!(
        ids(&shop, "/v1/companies/me/orders/sites/923.json?value=11").await,
        [order]
    );
    shop.get(&format!("{ORDERS}?value=11"))
        .await
        .expect(400, &[("/field", "site_id")]);
}

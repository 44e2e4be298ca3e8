//! A company in a box: the real service on a scratch database, this dialect's router in front of it, and short words
//! for asking it something.

use std::collections::BTreeSet;
use std::sync::Arc;

use tender_engine::{
    AmountSpec, ApplicationId, Command, DeviceId, Direction, LineSpec, LocationId, MerchantId, OpenOrder,
    OrderChange, OrderId, OrderSelector, Outcome, PaymentId, PaymentSpec, PaymentState, ServiceCharge,
    Settle, SettleOrder, StaffId, Stage, TaskSpec, Via,
};
use tender_http::Surface;
use tender_money::Decimal;
use tender_service::{
    Application, Caller, Clock, Device, DirectoryKind, Failure, Item, Location, Merchant, Method,
    ModifierGroup, ModifierOption, Register, Settings, Staff, Tender, TokenKind, TokenSpec,
};
use tender_store_sqlite::SqliteStore;
use tender_testbed::Breakable;

pub(super) use super::call::{Call, Reply};

pub(super) const COMPANY: MerchantId = MerchantId(5678);
pub(super) const SITE: LocationId = LocationId(923);
pub(super) const YEN_SITE: LocationId = LocationId(924);
pub(super) const DINAR_SITE: LocationId = LocationId(925);
/// A company with one site.
pub(super) const SMALL_COMPANY: MerchantId = MerchantId(6000);
pub(super) const SMALL_SITE: LocationId = LocationId(950);

/// The application that is payment method 12 itself.
pub(super) const APP_A: ApplicationId = ApplicationId(71);
/// An application without a method of its own. Calls are made by it unless they say otherwise.
pub(super) const APP_B: ApplicationId = ApplicationId(72);
/// An application of the small company.
pub(super) const APP_C: ApplicationId = ApplicationId(81);

pub(super) const TOKEN_A: &str = "token-of-application-a";
pub(super) const TOKEN_B: &str = "token-of-application-b";
pub(super) const TOKEN_C: &str = "token-of-application-c";
/// A token of application B that reaches site 923 alone.
pub(super) const TOKEN_SITE: &str = "token-of-one-site-only";
pub(super) const TOKEN_TILL: &str = "token-of-some-till-app";
/// `app-b:secret-b`
pub(super) const BASIC_B: &str = "Basic YXBwLWI6c2VjcmV0LWI=";
pub(super) const SECRET_B: &str = "secret-b";

/// A service with two companies.
pub(super) struct Shop {
    pub(super) tender: Tender,
    pub(super) router: Surface,
    pub(super) clock: Clock,
    pub(super) store: Arc<Breakable>,
}

pub(super) fn settings() -> Settings {
    Settings {
        rate_limits: false,
        private_webhooks: true,
        retry_jitter_percent: 0,
        ..Settings::default()
    }
}

impl Shop {
    pub(super) async fn open() -> Self {
        Self::with(settings()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let store = Breakable::new(Arc::new(SqliteStore::open_in_memory().unwrap()));
        let clock = Clock::new();
        let encoders = vec![crate::encoder(&settings)];
        let tender = Tender::start(store.clone(), clock.clone(), encoders, settings)
            .await
            .unwrap();
        let shop = Self {
            router: crate::router(tender.clone()),
            tender,
            clock,
            store,
        };
        shop.furnish().await.unwrap();
        shop.hire().await;
        shop
    }

    async fn furnish(&self) -> Result<(), Failure> {
        let put = &self.tender;
        for (id, name, website) in [
            (COMPANY, "Harbour Café", Some("https://harbour.example")),
            (SMALL_COMPANY, "Corner Bar", None),
        ] {
            let merchant = Merchant {
                id: id.0,
                name: name.to_owned(),
                time_zone: "Australia/Sydney".to_owned(),
                business_number: Some("51 824 753 556".to_owned()),
                website: website.map(str::to_owned),
                created_at_ms: 1_700_000_000_000,
                updated_at_ms: 1_700_000_000_000,
                ..Merchant::default()
            };
            put.put_directory(id, DirectoryKind::Merchant, id.0, &merchant)
                .await?;
            for (method, name, active) in [
                (1, "Cash", true),
                (12, "Table Pay", true),
                (13, "Cheque", false),
                (14, "Card terminal", true),
            ] {
                let method = Method {
                    id: method,
                    code: name.to_uppercase(),
                    name: name.to_owned(),
                    ledger_code: format!("{}", 1_000 + method),
                    is_terminal: method == 14,
                    visible: true,
                    active,
                    ..Method::default()
                };
                put.put_directory(id, DirectoryKind::Method, method.id, &method)
                    .await?;
            }
            for (staff, first_name, is_admin) in [(41, "Mia", false), (42, "Noah", true)] {
                let staff = Staff {
                    id: staff,
                    first_name: first_name.to_owned(),
                    last_name: "Wong".to_owned(),
                    email: format!("{}@harbour.example", first_name.to_lowercase()),
                    is_admin,
                };
                put.put_directory(id, DirectoryKind::Staff, staff.id, &staff)
                    .await?;
            }
        }
        let places = [
            (COMPANY, SITE, "Harbour", "AUD", "Australia/Sydney"),
            (COMPANY, YEN_SITE, "Tokyo", "JPY", "Asia/Tokyo"),
            (COMPANY, DINAR_SITE, "Kuwait", "KWD", "Asia/Kuwait"),
            (SMALL_COMPANY, SMALL_SITE, "Corner", "AUD", "Australia/Sydney"),
        ];
        for (merchant, id, name, currency, time_zone) in places {
            let register = |offset: u64| Register {
                id: id.0 * 10 + offset,
                code: format!("R{offset}"),
                name: format!("{name} {offset}"),
            };
            let location = Location {
                id: id.0,
                name: name.to_owned(),
                code: name.to_uppercase(),
                currency: currency.to_owned(),
                time_zone: time_zone.to_owned(),
                country: "AU".to_owned(),
                station: id.0,
                registers: vec![register(1), register(2)],
                ..Location::default()
            };
            put.put_directory(merchant, DirectoryKind::Location, id.0, &location)
                .await?;
            let items = [
                (4, "Flat white", "1.50", "0.1"),
                (5, "Lunch", "11.00", "0.1"),
                (6, "Voucher", "5.00", "0"),
            ];
            for (item, name, price, tax_rate) in items {
                let item = Item {
                    id: if id == YEN_SITE { item + 100 } else { item },
                    location: (id == YEN_SITE).then_some(id.0),
                    name: name.to_owned(),
                    sku: format!("SKU{item}"),
                    price: price.to_owned(),
                    tax_rate: tax_rate.to_owned(),
                    ..Item::default()
                };
                put.put_directory(merchant, DirectoryKind::Item, item.id, &item)
                    .await?;
            }
        }
        let group = ModifierGroup {
            id: 1,
            name: "Milk".to_owned(),
            multiple: false,
            options: vec![ModifierOption {
                id: 2,
                instruction: "Soy".to_owned(),
            }],
        };
        put.put_directory(COMPANY, DirectoryKind::ModifierGroup, 1, &group)
            .await?;
        let device = Device {
            id: 31,
            location: SITE.0,
            name: "Counter".to_owned(),
            behaviour: None,
        };
        put.put_directory(COMPANY, DirectoryKind::Device, 31, &device)
            .await
    }

    /// Applications and their tokens.
    async fn hire(&self) {
        let applications = [
            (APP_A, COMPANY, "app-a", "secret-a", Some(12), TOKEN_A),
            (APP_B, COMPANY, "app-b", SECRET_B, None, TOKEN_B),
            (APP_C, SMALL_COMPANY, "app-c", "secret-c", None, TOKEN_C),
        ];
        for (id, merchant, client_id, client_secret, own_method, token) in applications {
            let application = Application {
                id: id.0,
                merchant: merchant.0,
                name: client_id.to_owned(),
                client_id: client_id.to_owned(),
                client_secret: client_secret.to_owned(),
                own_method,
                ..Application::default()
            };
            self.tender.put_application(&application).await.unwrap();
            self.issue(TokenKind::Access, merchant, id, None, None, token)
                .await;
        }
        let one_site = Some(BTreeSet::from([SITE]));
        self.issue(TokenKind::Access, COMPANY, APP_B, one_site, None, TOKEN_SITE)
            .await;
        self.issue(TokenKind::Till, COMPANY, ApplicationId(0), None, None, TOKEN_TILL)
            .await;
    }

    pub(super) async fn issue(
        &self,
        kind: TokenKind,
        merchant: MerchantId,
        application: ApplicationId,
        locations: Option<BTreeSet<LocationId>>,
        ttl_ms: Option<i64>,
        text: &str,
    ) {
        let spec = TokenSpec {
            kind,
            merchant,
            application,
            owner: merchant,
            locations,
            scopes: BTreeSet::new(),
            device: (kind == TokenKind::Till).then_some(DeviceId(31)),
            actor: "test".to_owned(),
            label: "test".to_owned(),
            ttl_ms,
            text: Some(text.to_owned()),
        };
        self.tender.issue_token(spec).await.unwrap();
    }

    /// A token of application B that was taken back, or whose life is over.
    pub(super) async fn issue_useless(&self, text: &str, revoked: bool) {
        let spec = TokenSpec {
            kind: TokenKind::Access,
            merchant: COMPANY,
            application: APP_B,
            owner: COMPANY,
            locations: None,
            scopes: BTreeSet::new(),
            device: None,
            actor: "test".to_owned(),
            label: "test".to_owned(),
            ttl_ms: Some(1_000),
            text: Some(text.to_owned()),
        };
        let (_, record) = self.tender.issue_token(spec).await.unwrap();
        if revoked {
            self.tender.revoke_credential(record.id).await.unwrap();
        } else {
            self.clock.advance(1_000);
        }
    }

    /// Switches application C off.
    pub(super) async fn switch_off(&self) {
        let application = Application {
            id: APP_C.0,
            merchant: SMALL_COMPANY.0,
            name: "app-c".to_owned(),
            client_id: "app-c".to_owned(),
            client_secret: "secret-c".to_owned(),
            disabled: true,
            ..Application::default()
        };
        self.tender.put_application(&application).await.unwrap();
    }

    /// Gives the company more sites than one list is merged from.
    pub(super) async fn open_many_sites(&self) {
        for id in 2_000..2_063 {
            let site = Location {
                id,
                currency: "AUD".to_owned(),
                ..Location::default()
            };
            let kind = DirectoryKind::Location;
            self.tender.put_directory(COMPANY, kind, id, &site).await.unwrap();
        }
    }

    /// Does something as somebody who speaks another protocol.
    pub(super) async fn elsewhere(&self, via: Via, command: Command) -> Result<Outcome, Failure> {
        let caller = Caller {
            merchant: COMPANY,
            application: ApplicationId(0),
            via,
        };
        Ok(self.tender.execute(&caller, command).await?.outcome.unwrap())
    }

    /// The order of the checklist: goods 10.00, service 10 %, total 11.00, pending, unpaid.
    pub(super) async fn order(&self) -> OrderId {
        self.bill(Bill::default()).await
    }

    pub(super) async fn bill(&self, bill: Bill) -> OrderId {
        let command = Command::OpenOrder(Box::new(bill.command()));
        match self.elsewhere(Via::Native, command).await.unwrap() {
            Outcome::Opened(opened) => opened.order.id,
            other => panic!("not an order: {other:?}"),
        }
    }

    pub(super) async fn settle(&self, order: OrderId, change: OrderChange) {
        let command = Command::SettleOrder(SettleOrder { order, change });
        self.elsewhere(Via::Till, command).await.unwrap();
    }

    /// An order that waits for a till.
    pub(super) fn proposal(&self) -> Command {
        let delivery = Some(TaskSpec {
            ttl_ms: 60_000,
            device: None,
            not_before: None,
        });
        Command::OpenOrder(Box::new(OpenOrder {
            delivery,
            ..Bill::default().command()
        }))
    }

    /// A payment that another dialect keeps pending.
    pub(super) async fn reserve(&self, order: OrderId, amount: &str) -> PaymentId {
        let spec = PaymentSpec::new(
            OrderSelector::Id(order),
            Direction::Receipt,
            AmountSpec::Exact(decimal(amount)),
            Settle::Open(PaymentState::Pending),
        );
        match self
            .elsewhere(Via::Om, Command::Pay(Box::new(spec)))
            .await
            .unwrap()
        {
            Outcome::Payment(payment) => payment.id,
            other => panic!("not a payment: {other:?}"),
        }
    }

    pub(super) async fn send(&self, call: Call) -> Reply {
        let answer = tender_testbed::call(&self.router, call.request()).await;
        Reply {
            status: answer.head.status.as_u16(),
            headers: answer.head.headers,
            text: answer.body,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Call::get(path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Reply {
        self.send(Call::post(path, body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &str) -> Reply {
        self.send(Call::put(path, body)).await
    }

    /// Pays with cash.
    pub(super) async fn pay(&self, order: OrderId, amount: &str, tip: &str) -> Reply {
        let body = format!(r#"{{"method_id":1,"amount":{amount},"tip":{tip}}}"#);
        self.post(&payments(order), &body).await
    }

    /// The order as it reads.
    pub(super) async fn read(&self, order: OrderId) -> Reply {
        let reply = self.get(&path(order)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    /// R: `total − paid` from a GET of the order.
    pub(super) async fn remaining(&self, order: OrderId) -> String {
        let reply = self.read(order).await;
        let (total, paid) = (decimal(&reply.at("/total")), decimal(&reply.at("/paid")));
        total.checked_sub(paid).unwrap().to_string()
    }

    /// `remaining`, `paid` and `tips` of an order.
    pub(super) async fn sums(&self, order: OrderId) -> [String; 3] {
        let reply = self.read(order).await;
        [self.remaining(order).await, reply.at("/paid"), reply.at("/tips")]
    }
}

pub(super) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// The path of an order, with the suffix.
pub(super) fn path(order: OrderId) -> String {
    format!("/v1/companies/5678/orders/{}.json", order.0)
}

/// The path of an order's payments.
pub(super) fn payments(order: OrderId) -> String {
    format!("/v1/companies/5678/orders/{}/payments.json", order.0)
}

/// The path of one payment.
pub(super) fn payment(order: OrderId, number: u32) -> String {
    format!("/v1/companies/5678/orders/{}/payments/{number}.json", order.0)
}

/// An order that another dialect makes.
pub(super) struct Bill {
    pub(super) site: LocationId,
    pub(super) goods: &'static str,
    pub(super) service: ServiceCharge,
    pub(super) close_when_paid: bool,
    pub(super) locked: bool,
    pub(super) stage: Stage,
    pub(super) external: Option<String>,
    pub(super) staff: Option<StaffId>,
}

impl Default for Bill {
    fn default() -> Self {
        Self {
            site: SITE,
            goods: "10.00",
            service: ServiceCharge::Rate(decimal("0.1")),
            close_when_paid: false,
            locked: false,
            stage: Stage::Pending,
            external: None,
            staff: None,
        }
    }
}

impl Bill {
    pub(super) fn of(goods: &'static str, service: ServiceCharge) -> Self {
        Self {
            goods,
            service,
            ..Self::default()
        }
    }

    fn command(self) -> OpenOrder {
        let line = LineSpec::new("Dinner", decimal(self.goods));
        OpenOrder {
            service_charge: self.service,
            close_when_paid: self.close_when_paid,
            payments_locked: self.locked,
            stage: self.stage,
            staff: self.staff,
            external_reference: self.external,
            ..OpenOrder::new(self.site, vec![line])
        }
    }
}

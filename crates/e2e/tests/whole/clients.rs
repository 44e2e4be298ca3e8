//! Clients that pay without pause and remember what they were told, and the comparison with the ledger afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Received, Receiver, Server, json_answer, lock};
use tokio::task::JoinSet;

/// How long a condition may take to become true.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often such a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a client leaves a server alone that said it was busy.
const PAUSE: Duration = Duration::from_millis(20);

/// What each payment is about.
const CENTS: u32 = 1;
/// Of so many payments one goes on under another reference once it is told that no money moved; the others repeat the same one.
const FRESH_EVERY: u32 = 2;

/// How K-Series refuses a reference that a payment has.
pub(super) const ALREADY_THERE: &str = "reference has already been used";

/// The K-Series webhook endpoint that payments name; tests make it.
pub(super) const ENDPOINT: &str = "load";

/// Waits until something is so.
pub(super) async fn until(
    what: &str,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let waiting = async {
        while !is_so().await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .with_context(|| format!("waited in vain for {what}"))?
}

/// The native id of an order.
pub(super) fn id_of(order: &Value) -> anyhow::Result<&str> {
    order["id"].as_str().context("an order has an id")
}

/// Through which API a client pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Api {
    KSeries,
    Kounta,
    Om,
    Native,
}

impl Api {
    pub(super) const ALL: [Self; 4] = [Self::KSeries, Self::Kounta, Self::Om, Self::Native];

    /// A payment of so many cents of an order, but for its reference.
    pub(super) fn form(self, server: &Server, order: &Value, cents: u32) -> anyhow::Result<Form> {
        let text = format!("{}.{:02}", cents / 100, cents % 100);
        let amount: Value = serde_json::from_str(&text)?;
        Ok(match self {
            Self::KSeries => Form {
                request: server.kseries(Method::POST, "/o/op/1/pay"),
                body: server.pay_body(order, "", ENDPOINT, &amount),
                references: &["/thirdPartyPaymentReference"],
            },
            Self::Kounta => {
                let (company, number) = (&order["kounta"]["company_id"], &order["kounta"]["order_id"]);
                let path = format!("/v1/companies/{company}/orders/{number}/payments.json");
                let method = &server.credentials["kounta"]["payment_methods"][0]["id"];
                Form {
                    request: server.kounta(Method::POST, &path),
                    body: json!({"method_id": method, "amount": amount, "ref": ""}),
                    references: &["/ref"],
                }
            }
            Self::Om => Form {
                request: server.om(Method::POST, "/v1/om/payments"),
                body: json!({"params": {
                    "orderId": order["om"]["order_id"],
                    "type": "receipt",
                    "status": "complete",
                    "amount": amount,
                    "transactionRef": "",
                    "note": "",
                }}),
                references: &["/params/transactionRef", "/params/note"],
            },
            Self::Native => Form {
                request: server.native(
                    Method::POST,
                    &format!("/api/v1/orders/{}/payments", id_of(order)?),
                ),
                body: json!({"amount": text, "mode": "immediate", "reference": ""}),
                references: &["/reference"],
            },
        })
    }
}

/// A request to be sent many times under different references.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) request: RequestBuilder,
    pub(super) body: Value,
    /// Where the reference goes in the body.
    pub(super) references: &'static [&'static str],
}

impl Form {
    /// The request under a reference. Where it is a label only, the key makes a repeat the same payment.
    pub(super) fn fill(&self, reference: &str) -> Option<RequestBuilder> {
        let mut body = self.body.clone();
        for place in self.references {
            *body.pointer_mut(place)? = json!(reference);
        }
        let request = self.request.try_clone()?;
        Some(request.header("idempotency-key", reference).json(&body))
    }
}

/// What all clients were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The order by the reference of a payment.
    pub(super) accepted: BTreeMap<String, String>,
    /// The order of payments of which every answer said that no money moved, by reference. Nobody repeated them any more: a
    /// client that goes on pays under another reference.
    pub(super) denied: BTreeMap<String, String>,
    /// How often which refusal came.
    pub(super) refused: BTreeMap<Refusal, u32>,
    /// References of clients that the server hung up on: nobody told them what became of the payment.
    pub(super) cut: Vec<String>,
    /// When each node, by its address, accepted payments.
    pub(super) moments: BTreeMap<String, Vec<Instant>>,
    /// The slowest answer.
    pub(super) slowest: Duration,
}

impl Told {
    /// Requires that payments were given up because no money had moved: a test that lets servers refuse has to have some, or
    /// nobody has looked whether that was true.
    pub(super) fn require_denials(&self) -> anyhow::Result<()> {
        ensure!(!self.denied.is_empty(), "nobody was told that no money moved");
        Ok(())
    }

    /// Every refusal says what became of the money and what to do: nothing was changed and when to come again, or that the
    /// database went away while it committed, so that nobody can say; two dialects have a 500 for that.
    pub(super) fn check_refusals(&self) -> anyhow::Result<()> {
        for refusal in self.refused.keys() {
            let is_good = match refusal.money_moved.as_str() {
                "no" => refusal.status == 503 && !refusal.retry_after.is_empty(),
                "unknown" => matches!(refusal.status, 500 | 503),
                _ => false,
            };
            ensure!(is_good, "{refusal:?}");
        }
        Ok(())
    }
}

/// An answer that is not a success.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Its header `Retry-After`.
    pub(super) retry_after: String,
    /// Its header `Tender-Money-Moved`, or the native member.
    pub(super) money_moved: String,
    pub(super) message: String,
}

impl Refusal {
    async fn read(answer: Response) -> Self {
        let header = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (status, retry_after, header) = (
            answer.status().as_u16(),
            header("retry-after"),
            header("tender-money-moved"),
        );
        let body: Value = answer.json().await.unwrap_or_default();
        let told = ["/message", "/detail", "/error/message", "/error"];
        let message = told.iter().find_map(|place| body.pointer(place));
        Self {
            status,
            retry_after,
            money_moved: body["money_moved"].as_str().map_or(header, str::to_owned),
            message: message.unwrap_or(&body).to_string(),
        }
    }
}

/// Clients at work.
#[derive(Debug, Default)]
pub(super) struct Clients {
    running: JoinSet<()>,
    stop: Arc<AtomicBool>,
    sequence: Arc<AtomicU32>,
    told: Arc<Mutex<Told>>,
}

impl Clients {
    /// Sends this many clients to a node to pay cents of an order.
    pub(super) fn send(
        &mut self,
        count: usize,
        api: Api,
        server: &Server,
        order: &Value,
    ) -> anyhow::Result<()> {
        for _ in 0..count {
            let client = Client {
                form: api.form(server, order, CENTS)?,
                address: server.address(),
                order: id_of(order)?.to_owned(),
                stop: Arc::clone(&self.stop),
                sequence: Arc::clone(&self.sequence),
                told: Arc::clone(&self.told),
            };
            self.running.spawn(client.pay());
        }
        Ok(())
    }

    /// How many payments were accepted so far.
    pub(super) fn accepted(&self) -> usize {
        lock(&self.told).accepted.len()
    }

    /// How many payments a node accepted so far.
    pub(super) fn accepted_by(&self, server: &Server) -> usize {
        lock(&self.told)
            .moments
            .get(&server.address())
            .map_or(0, Vec::len)
    }

    /// How many requests were refused so far.
    pub(super) fn refused(&self) -> u32 {
        lock(&self.told).refused.values().sum()
    }

    /// Calls all clients back.
    pub(super) async fn call_back(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while self.running.join_next().await.is_some() {}
        self.stop.store(false, Ordering::Relaxed);
    }

    /// What they were told, once they are back.
    pub(super) fn told(&self) -> Told {
        std::mem::take(&mut *lock(&self.told))
    }
}

struct Client {
    form: Form,
    address: String,
    order: String,
    stop: Arc<AtomicBool>,
    sequence: Arc<AtomicU32>,
    told: Arc<Mutex<Told>>,
}

/// What came of one request.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Accepted,
    /// The server says whether money moved: "no", or that it does not know.
    Refused {
        is_denied: bool,
    },
    /// There was none.
    Cut,
}

impl Client {
    /// Pays until called back, or until the server is gone. What a busy server says about the outcome is "no" or
    /// "unknown", and either way its advice is to repeat the same request. After a "no" some pay under another reference instead,
    /// which makes two payments of one if it was not true. After an "unknown" only the same reference is safe for good.
    async fn pay(self) {
        while !self.is_called() {
            let number = self.sequence.fetch_add(1, Ordering::Relaxed);
            let goes_on_afresh = number.is_multiple_of(FRESH_EVERY);
            let (mut reference, mut tries, mut is_in_doubt) = (reference_for(number, 0), 0, false);
            loop {
                match self.ask(&reference).await {
                    Answer::Accepted => break,
                    Answer::Cut => {
                        lock(&self.told).cut.push(reference);
                        return;
                    }
                    Answer::Refused { is_denied } => is_in_doubt |= !is_denied,
                }
                let is_called = self.is_called();
                if !is_in_doubt && (is_called || goes_on_afresh) {
                    lock(&self.told).denied.insert(reference, self.order.clone());
                    tries += 1;
                    reference = reference_for(number, tries);
                }
                if is_called {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn is_called(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn ask(&self, reference: &str) -> Answer {
        let began = Instant::now();
        let Some(request) = self.form.fill(reference) else {
            return Answer::Cut;
        };
        let Ok(answer) = request.send().await else {
            return Answer::Cut;
        };
        let took = began.elapsed();
        let refusal = match answer.status().is_success() {
            true => None,
            false => Some(Refusal::read(answer).await),
        };
        let mut told = lock(&self.told);
        told.slowest = told.slowest.max(took);
        match refusal {
            // K-Series answers a repeat of what it has accepted as a refusal.
            Some(refusal) if !refusal.message.contains(ALREADY_THERE) => {
                let is_denied = refusal.money_moved == "no";
                *told.refused.entry(refusal).or_default() += 1;
                Answer::Refused { is_denied }
            }
            _ => {
                told.accepted.insert(reference.to_owned(), self.order.clone());
                let moments = told.moments.entry(self.address.clone()).or_default();
                moments.push(Instant::now());
                Answer::Accepted
            }
        }
    }
}

/// The reference of a payment at one of the tries to make it.
fn reference_for(number: u32, tries: u32) -> String {
    format!("load-{number}-{tries}")
}

/// Waits until every payment of the orders has reached a final state; virtual tills are at it.
pub(super) async fn settle(server: &Server, orders: &[String]) -> anyhow::Result<()> {
    for order in orders {
        until("a final state of every payment", async || {
            Ok(server.order(order).await?["reserved"] == json!("0.00"))
        })
        .await?;
    }
    Ok(())
}

/// How many denied references are looked up one by one.
const LOOKED_UP: usize = 50;

/// Every accepted payment is there once, nothing is there twice, and nothing that was told as not having moved money.
pub(super) async fn check_ledger(server: &Server, orders: &[String], told: &Told) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for id in orders {
        found.push((id.clone(), server.order(id).await?));
    }
    check_orders(&found, told)?;
    for reference in told.denied.keys().take(LOOKED_UP) {
        let path = format!("/api/v1/payments/by-reference/{reference}");
        let (status, body) = json_answer(server.native(Method::GET, &path)).await?;
        ensure!(
            status.is_success() || status == StatusCode::NOT_FOUND,
            "{reference}: {status} {body}"
        );
        ensure!(
            body["payment"].is_null()
                && !["applied", "in-flight"].contains(&body["state"].as_str().unwrap_or_default()),
            "no money had moved for {reference}, and there is {body}"
        );
    }
    Ok(())
}

/// The same of orders by their ids, as the native API shows them.
fn check_orders(orders: &[(String, Value)], told: &Told) -> anyhow::Result<()> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut made = BTreeSet::new();
    for (id, order) in orders {
        let payments = order["payments"].as_array().context("an order has payments")?;
        for payment in payments {
            let reference = reference_of(payment).context("a payment has its reference")?;
            ensure!(
                seen.insert(reference.to_owned(), id.clone()).is_none(),
                "{reference} is there twice"
            );
            if let Some(order) = told.denied.get(reference) {
                bail!("no money had moved for {reference} of {order}, and there is {payment}");
            }
            // Whatever anybody was told: a payment that was tried under several references is made once.
            let intention = reference
                .rsplit_once('-')
                .map_or(reference, |(intention, _)| intention);
            ensure!(
                made.insert(intention.to_owned()),
                "{intention} was paid twice, also as {reference}"
            );
            ensure!(
                payment["state"] == json!("complete"),
                "{reference} ended as {}",
                payment["state"]
            );
        }
        let paid = format!("{}.{:02}", payments.len() / 100, payments.len() % 100);
        ensure!(
            order["paid"] == json!(paid),
            "{id} shows {} for {} payments",
            order["paid"],
            payments.len()
        );
    }
    for (reference, order) in &told.accepted {
        ensure!(
            seen.get(reference) == Some(order),
            "{reference} was accepted and is not on {order}"
        );
    }
    Ok(())
}

/// The comparison is what finds a lie, so it has to find one.
#[test]
fn a_false_no_is_found() {
    let ledger = |references: &[&str]| {
        let payments: Vec<Value> = (references.iter())
            .map(|reference| json!({"reference": reference, "state": "complete"}))
            .collect();
        let paid = format!("0.{:02}", payments.len());
        vec![("ord_1".to_owned(), json!({"payments": payments, "paid": paid}))]
    };
    let mut told = Told::default();
    told.accepted.insert("load-1-1".to_owned(), "ord_1".to_owned());
    told.denied.insert("load-1-0".to_owned(), "ord_1".to_owned());
    told.denied.insert("load-2-0".to_owned(), "ord_1".to_owned());
    check_orders(&ledger(&["load-1-1", "load-3-0"]), &told).expect("everything is as it was told");
    for lie in [
        // Given up after a "no", and there.
        ["load-1-1", "load-2-0"].as_slice(),
        // Paid again after a "no", and there twice.
        &["load-1-1", "load-1-0"],
        &["load-1-1", "load-1-2"],
        // Accepted, and not there.
        &["load-3-0"],
    ] {
        assert!(check_orders(&ledger(lie), &told).is_err(), "{lie:?}");
    }
}

/// A payment's reference as the native API shows it. What om calls one is a label that no other API shows, so clients of om
/// write it into the note as well.
pub(super) fn reference_of(payment: &Value) -> Option<&str> {
    payment["reference"].as_str().or_else(|| payment["note"].as_str())
}

/// Every accepted payment's success was told, in the words of K-Series or in those of the native API.
pub(super) async fn check_messages(receivers: &[&Receiver], told: &Told) -> anyhow::Result<()> {
    let untold = || -> Vec<&String> {
        let messages = receivers.iter().flat_map(|receiver| receiver.received());
        let references: BTreeSet<String> = messages.filter_map(|message| success(&message.body)).collect();
        let accepted = told.accepted.keys();
        accepted
            .filter(|reference| !references.contains(*reference))
            .collect()
    };
    until("a message of every accepted payment", async || {
        Ok(untold().is_empty())
    })
    .await
    .with_context(|| {
        let untold = untold();
        format!(
            "{} of {} have none: {untold:?}",
            untold.len(),
            told.accepted.len()
        )
    })
}

/// The reference of the payment whose success a message tells.
fn success(body: &Value) -> Option<String> {
    let reference = match (body["type"].as_str()?, body["status"].as_str()) {
        ("PAYMENT", Some("SUCCESS")) => body["thirdPartyReference"].as_str(),
        ("payment.completed", _) => reference_of(&body["payment"]),
        _ => None,
    };
    reference.map(str::to_owned)
}

/// The first arrivals of the messages of each order have rising sequence numbers.
pub(super) fn in_order(messages: &[Received]) -> anyhow::Result<()> {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for message in messages {
        if !known.insert(message.header("webhook-id")) {
            continue;
        }
        let sequence: u64 = message
            .header("tender-sequence")
            .parse()
            .context("a sequence number")?;
        let account = message.body["ikentooAccountIdentifier"].as_str();
        let account = account.or_else(|| message.body["order"]["id"].as_str());
        let account = account.with_context(|| format!("no order in {}", message.body))?;
        let before = last.insert(account, sequence).unwrap_or_default();
        ensure!(before < sequence, "{account}: {sequence} came after {before}");
    }
    eprintln!(
        "{} messages, {} of them repeats, {} orders",
        messages.len(),
        messages.len() - known.len(),
        last.len()
    );
    ensure!(last.len() > 1, "too little came");
    Ok(())
}

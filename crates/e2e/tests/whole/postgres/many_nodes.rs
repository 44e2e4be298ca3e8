//! A town of guests, tills and payment apps on nodes that come and go: two to four of them run at any time.
//!
//! Everybody repeats what was left open, on whichever node is there, until the answer is definite. So at the end nobody is
//! in doubt, and everything that anybody was told has to be true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Receiver, Server, json_answer, lock};
use tender_testkit::postgres::Cluster;
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use super::{Scene, id_of, make_native_endpoint, until};
use crate::clients::{ALREADY_THERE, Api, ENDPOINT, Form, in_order, reference_of};

/// Nodes when all run.
const NODES: usize = 4;
/// How many of them run at least.
const NODES_MIN: usize = 2;
/// Guests paying at the same time, several at each bill.
const GUESTS: u64 = 10;
/// Bills that are open from the start, and more in every round.
const BILLS: usize = 6;
const BILLS_PER_ROUND: usize = 3;
/// What a bill is about; payments take up to [`CENTS_MAX`] of it, so that many are refused for what is left.
const BILL: &str = "150.00";
const CENTS_MAX: u64 = 1_500;
/// How long everybody is at work.
const DURATION: Duration = Duration::from_secs(35);
/// How long a client leaves a server alone that said it was busy.
const PAUSE: Duration = Duration::from_millis(20);
/// Every choice follows from it, but for what the nodes' races decide.
const SEED: u64 = 20;
/// Leases of tills whose node died end soon, so that others get the task.
const LEASES: [&str; 2] = ["--lease-ms", "2000"];

/// Choices that are the same in every run.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.below(from.len() as u64);
        &from[usize::try_from(index).unwrap_or_default()]
    }
}

/// What somebody was told for good about a payment or refund.
#[derive(Debug)]
struct Told {
    api: Api,
    order: String,
    cents: u64,
    is_accepted: bool,
    is_refund: bool,
}

#[derive(Debug, Default)]
struct Notes {
    /// By reference.
    told: BTreeMap<String, Told>,
    /// What a till was told about its answer, by the payment's reference: whether it was a confirmation.
    tills: BTreeMap<String, bool>,
    /// How often tills were told that somebody else had answered.
    superseded: u32,
}

struct Town {
    nodes: RwLock<Vec<Option<Server>>>,
    bills: Mutex<Vec<Value>>,
    notes: Mutex<Notes>,
    is_over: AtomicBool,
    repeats: AtomicU32,
}

impl Town {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Makes a request for one of the nodes that run.
    async fn request(
        &self,
        dice: &mut Dice,
        make: impl Fn(&Server) -> anyhow::Result<RequestBuilder>,
    ) -> anyhow::Result<RequestBuilder> {
        let nodes = self.nodes.read().await;
        let running: Vec<&Server> = nodes.iter().flatten().collect();
        make(dice.pick::<&Server>(&running))
    }

    /// Sends a request, and sends it again to any node while the outcome is open. Answers the first definite answer.
    async fn insist(
        &self,
        dice: &mut Dice,
        make: impl Fn(&Server) -> anyhow::Result<RequestBuilder>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        loop {
            let request = self.request(dice, &make).await?;
            if let Ok(answer) = request.send().await {
                let unknown = answer
                    .headers()
                    .get("tender-money-moved")
                    .is_some_and(|moved| moved == "unknown");
                let status = answer.status();
                // A node may die in the middle of its answer.
                if let Ok(text) = answer.text().await {
                    let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
                    let unknown = unknown || body["money_moved"] == json!("unknown");
                    if status != StatusCode::SERVICE_UNAVAILABLE && !(status.is_server_error() && unknown) {
                        return Ok((status, body));
                    }
                }
            }
            self.repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn open_bills(&self, count: usize, dice: &mut Dice) -> anyhow::Result<()> {
        for _ in 0..count {
            let key = format!("bill-{}", dice.below(u64::MAX));
            let closes = dice.below(2) == 0;
            let (status, bill) = self
                .insist(dice, |node| {
                    let body = json!({
                        "location_id": node.secret("/native/location_id"),
                        "lines": [{"name": "Meal", "quantity": 1, "unit_amount": BILL}],
                        "close_when_paid": closes,
                    });
                    let request = node.native(Method::POST, "/api/v1/orders");
                    Ok(request.header("idempotency-key", &key).json(&body))
                })
                .await?;
            ensure!(status == StatusCode::CREATED, "opening a bill: {status} {bill}");
            lock(&self.bills).push(bill);
        }
        Ok(())
    }

    /// Pays parts of bills through any API, and takes some native payments back in part.
    async fn dine(self: Arc<Self>, guest: u64) -> anyhow::Result<()> {
        let mut dice = Dice(SEED + 1 + guest);
        for number in 0.. {
            if !self.goes_on() {
                break;
            }
            // Among the newest bills, so that several guests share each.
            let bill = {
                let bills = lock(&self.bills);
                let newest = bills.len().saturating_sub(BILLS);
                dice.pick(&bills[newest..]).clone()
            };
            let api = *dice.pick(&Api::ALL);
            let cents = 1 + dice.below(CENTS_MAX);
            let reference = format!("guest-{guest}-{number}");
            let (status, body) = self
                .insist(&mut dice, |node| {
                    let form = api.form(node, &bill, u32::try_from(cents)?)?;
                    form.fill(&reference).context("a request can be repeated")
                })
                .await?;
            let is_accepted = is_accepted(status, &body, &reference)?;
            let payment = body["id"].as_str().filter(|_| api == Api::Native && is_accepted);
            self.note(reference, api, &bill, cents, is_accepted, false)?;
            if let Some(payment) = payment.filter(|_| dice.below(3) == 0) {
                let reference = format!("refund-{guest}-{number}");
                self.refund(&mut dice, &bill, payment, cents.div_ceil(2), reference)
                    .await?;
            }
        }
        Ok(())
    }

    async fn refund(
        &self,
        dice: &mut Dice,
        bill: &Value,
        payment: &str,
        cents: u64,
        reference: String,
    ) -> anyhow::Result<()> {
        let (status, body) = self
            .insist(dice, |node| {
                let form = Form {
                    request: node.native(Method::POST, &format!("/api/v1/payments/{payment}/refund")),
                    body: json!({"amount": money(cents), "reference": ""}),
                    references: &["/reference"],
                };
                form.fill(&reference).context("a request can be repeated")
            })
            .await?;
        let is_accepted = is_accepted(status, &body, &reference)?;
        self.note(reference, Api::Native, bill, cents, is_accepted, true)
    }

    fn note(
        &self,
        reference: String,
        api: Api,
        bill: &Value,
        cents: u64,
        is_accepted: bool,
        is_refund: bool,
    ) -> anyhow::Result<()> {
        let told = Told {
            api,
            order: id_of(bill)?.to_owned(),
            cents,
            is_accepted,
            is_refund,
        };
        lock(&self.notes).told.insert(reference, told);
        Ok(())
    }

    /// Is a till: takes tasks from any node, confirms most and refuses some.
    async fn work(self: Arc<Self>, device: u64) -> anyhow::Result<()> {
        let mut dice = Dice(SEED + 1_000 + device);
        while self.goes_on() {
            let (status, claimed) = self
                .insist(&mut dice, |node| {
                    let device = node.secret(&format!("/till/device_ids/{device}"));
                    let claim = json!({"device_id": device, "max": 4, "wait_ms": 200});
                    Ok(node.till("/api/v1/till/claim", &claim))
                })
                .await?;
            ensure!(status == StatusCode::OK, "claiming: {status} {claimed}");
            for task in claimed["tasks"].as_array().context("a list of tasks")? {
                self.answer(&mut dice, task).await?;
            }
        }
        Ok(())
    }

    async fn answer(&self, dice: &mut Dice, task: &Value) -> anyhow::Result<()> {
        let confirms = dice.below(6) > 0;
        let id = id_of(task)?;
        let (status, answer) = self
            .insist(dice, |node| {
                Ok(if confirms {
                    let lease = json!({"lease": task["lease"]});
                    node.till(&format!("/api/v1/till/tasks/{id}/confirm"), &lease)
                } else {
                    let refusal = json!({"lease": task["lease"], "reason": "UPDATE_FAILED"});
                    node.till(&format!("/api/v1/till/tasks/{id}/refuse"), &refusal)
                })
            })
            .await?;
        ensure!(status == StatusCode::OK, "answering {task}: {status} {answer}");
        let reference = reference_of(&answer["payment"]).context("a task's payment has a reference")?;
        let mut notes = lock(&self.notes);
        match answer["outcome"].as_str() {
            Some("applied") if confirms => notes.tills.insert(reference.to_owned(), true),
            Some("refused") if !confirms => notes.tills.insert(reference.to_owned(), false),
            Some("superseded") => {
                notes.superseded += 1;
                None
            }
            _ => bail!("answering {task}: {answer}"),
        };
        Ok(())
    }

    /// Kills nodes and starts them again, two to four running; all of them in the end. Answers how many were killed.
    async fn disturb(&self) -> anyhow::Result<u32> {
        let mut dice = Dice(SEED);
        let mut killed = 0;
        let mut away: Vec<(usize, Server)> = Vec::new();
        let began = Instant::now();
        while began.elapsed() < DURATION {
            tokio::time::sleep(Duration::from_millis(300 + dice.below(900))).await;
            self.open_bills(BILLS_PER_ROUND, &mut dice).await?;
            let may_kill = NODES - away.len() > NODES_MIN;
            if may_kill && (away.is_empty() || dice.below(2) == 0) {
                let victim = {
                    let mut nodes = self.nodes.write().await;
                    let running: Vec<usize> = (0..NODES).filter(|place| nodes[*place].is_some()).collect();
                    let place = *dice.pick(&running);
                    nodes[place].take().map(|node| (place, node))
                };
                let (place, mut node) = victim.context("a node that runs")?;
                node.kill().await?;
                killed += 1;
                away.push((place, node));
            } else {
                let (place, node) = away.remove(0);
                let node = node.restart().await?;
                self.nodes.write().await[place] = Some(node);
            }
        }
        for (place, node) in away {
            let node = node.restart().await?;
            self.nodes.write().await[place] = Some(node);
        }
        Ok(killed)
    }
}

/// Whether a definite answer is a yes. What is neither yes nor a refusal of the request fails the test.
fn is_accepted(status: StatusCode, body: &Value, reference: &str) -> anyhow::Result<bool> {
    let is_there = body["message"]
        .as_str()
        .is_some_and(|text| text.contains(ALREADY_THERE));
    ensure!(
        status.is_success() || status.is_client_error(),
        "{reference}: {status} {body}"
    );
    Ok(status.is_success() || is_there)
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The cents of an amount of the native API.
fn cents(amount: &Value) -> anyhow::Result<u64> {
    let text = amount.as_str().context("an amount is a text")?;
    Ok(text.replace('.', "").parse()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_come_and_go_lose_double_and_overpay_nothing() -> anyhow::Result<()> {
    let (kseries, native) = (Receiver::start().await?, Receiver::start().await?);
    let scene = Scene::start(Cluster::shared(), NODES, &LEASES).await?;
    scene.endpoint(ENDPOINT, &kseries.url).await?;
    make_native_endpoint(&scene.nodes, &native.url, &[]).await?;
    // The tills are ours to be.
    scene.behave("offline").await?;
    let Scene {
        nodes,
        cluster: _cluster,
        ..
    } = scene;
    let town = Arc::new(Town {
        nodes: RwLock::new(nodes.into_iter().map(Some).collect()),
        bills: Mutex::default(),
        notes: Mutex::default(),
        is_over: AtomicBool::new(false),
        repeats: AtomicU32::new(0),
    });
    town.open_bills(BILLS, &mut Dice(SEED + 2_000)).await?;
    let mut guests = JoinSet::new();
    for guest in 0..GUESTS {
        guests.spawn(Arc::clone(&town).dine(guest));
    }
    let mut tills = JoinSet::new();
    for device in 0..3 {
        tills.spawn(Arc::clone(&town).work(device));
    }
    let killed = town.disturb().await?;
    town.is_over.store(true, Ordering::Relaxed);
    for mut crowd in [guests, tills] {
        while let Some(ended) = crowd.join_next().await {
            ended??;
        }
    }
    let town = Arc::into_inner(town).context("everybody has gone home")?;
    let nodes: Vec<Server> = town.nodes.into_inner().into_iter().flatten().collect();
    let (bills, notes) = (town.bills.into_inner(), town.notes.into_inner());
    let bills = bills.unwrap_or_else(PoisonError::into_inner);
    let notes = notes.unwrap_or_else(PoisonError::into_inner);
    let accepted = notes.told.values().filter(|told| told.is_accepted).count();
    let refunds = notes
        .told
        .values()
        .filter(|told| told.is_refund && told.is_accepted)
        .count();
    eprintln!(
        "{killed} kills, {} bills, {} requests, {accepted} accepted, {refunds} of them refunds, {} repeats, {} answers of tills, \
         {} superseded",
        bills.len(),
        notes.told.len(),
        town.repeats.into_inner(),
        notes.tills.len(),
        notes.superseded
    );
    ensure!(
        killed >= 8 && accepted > 200 && refunds > 10,
        "too little happened to say anything"
    );

    // Whoever is left at a till does the rest.
    nodes[0].behave("auto").await?;
    for bill in &bills {
        until("a final state of every payment", async || {
            Ok(nodes[1].order(id_of(bill)?).await?["reserved"] == json!("0.00"))
        })
        .await?;
    }
    let ended = check_ledger(&nodes[2], &bills, &notes).await?;
    for node in &nodes {
        // What killed nodes had under way is leased to them for a minute, and every node has a clock of its own.
        node.advance(61_000).await?;
    }
    check_messages(&nodes[3], &kseries, &native, &ended).await?;
    for node in &nodes {
        node.healthy().await?;
    }
    // The simulator's auditor, over everything.
    nodes[0].audit().await
}

/// Everything that anybody was told is so: accepted payments are there once, with their amount, on their bill; refused ones are
/// not; bills add up and are not overpaid. Answers the final states of all payments by reference.
async fn check_ledger(
    node: &Server,
    bills: &[Value],
    notes: &Notes,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut ended = BTreeMap::new();
    for bill in bills {
        let order = node.order(id_of(bill)?).await?;
        let mut paid = 0;
        for payment in order["payments"].as_array().context("an order has payments")? {
            let reference = reference_of(payment).context("a payment has its reference")?;
            let told = notes
                .told
                .get(reference)
                .with_context(|| format!("nobody made {payment}"))?;
            ensure!(
                told.order == id_of(bill)? && told.cents == cents(&payment["amount"])?,
                "{told:?} became {payment}"
            );
            let state = payment["state"].as_str().context("a payment has a state")?;
            match (state, told.is_refund) {
                ("complete", false) => paid += i64::try_from(told.cents)?,
                ("complete", true) => paid -= i64::try_from(told.cents)?,
                ("failed", false) if told.api == Api::KSeries => {}
                _ => bail!("{told:?} ended as {payment}"),
            }
            ensure!(
                told.is_accepted || state == "failed",
                "{told:?} was refused, and there is {payment}"
            );
            if let Some(is_confirmed) = notes.tills.get(reference) {
                ensure!(
                    *is_confirmed == (state == "complete"),
                    "a till was told the contrary of {payment}"
                );
            }
            let is_new = ended.insert(reference.to_owned(), state.to_owned()).is_none();
            ensure!(is_new, "{reference} is there twice");
        }
        ensure!(
            paid == i64::try_from(cents(&order["paid"])?)?
                && cents(&order["paid"])? <= cents(&order["total"])?,
            "{paid} were paid of {order}"
        );
    }
    let accepted = notes.told.iter().filter(|(_, told)| told.is_accepted);
    for (reference, told) in accepted {
        ensure!(
            ended.contains_key(reference),
            "{reference} was accepted and is lost: {told:?}"
        );
    }
    Ok(ended)
}

/// Every message that the ledger has for a receiver came, in the order of each bill; and of every payment's end there was one.
async fn check_messages(
    node: &Server,
    kseries: &Receiver,
    native: &Receiver,
    ended: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    until("every delivery", async || {
        let deliveries = deliveries(node).await?;
        Ok(deliveries
            .iter()
            .all(|delivery| delivery["state"] == json!("delivered")))
    })
    .await?;
    let due: BTreeSet<String> = (deliveries(node).await?.iter())
        .filter_map(|delivery| delivery["message_id"].as_str().map(str::to_owned))
        .collect();
    let mut came = BTreeSet::new();
    let mut ends = BTreeMap::new();
    for receiver in [kseries, native] {
        let messages = receiver.received();
        in_order(&messages)?;
        let mut sequences = BTreeSet::new();
        for message in &messages {
            came.insert(message.header("webhook-id").to_owned());
            sequences.insert(message.header("tender-sequence").parse::<u64>()?);
            let state = match message.body["type"].as_str() {
                Some("payment.completed") => "complete",
                Some("payment.failed") => "failed",
                _ => continue,
            };
            let reference = reference_of(&message.body["payment"]).context("a payment has its reference")?;
            ends.insert(reference.to_owned(), state.to_owned());
        }
        let last = sequences.last().copied().unwrap_or_default();
        ensure!(
            last == sequences.len() as u64,
            "{last} messages, {} came",
            sequences.len()
        );
    }
    let missing: Vec<_> = due.difference(&came).collect();
    ensure!(missing.is_empty(), "messages that never came: {missing:?}");
    let untold: Vec<_> = ended
        .iter()
        .filter(|(reference, state)| ends.get(*reference) != Some(state))
        .collect();
    ensure!(untold.is_empty(), "ends that were not told: {untold:?}");
    Ok(())
}

/// All deliveries of the merchant.
async fn deliveries(node: &Server) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut path = "/api/v1/deliveries?limit=100".to_owned();
    loop {
        let (status, page) = json_answer(node.native(Method::GET, &path)).await?;
        ensure!(status == StatusCode::OK, "{status}: {page}");
        all.extend(page["items"].as_array().context("a list")?.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return Ok(all);
        };
        path = format!("/api/v1/deliveries?limit=100&after={next}");
    }
}

//! Readers of the feed: who stays, who moves, who is slow, who reads pages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tender_e2e::{Server, client, lock};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// Events after which a reader that moves goes to the other node. No divisor of the entries that streams read at once.
const STAY: usize = 37;
/// How long a reader waits before it tries again what failed, or looks again where nothing was.
const PAUSE: Duration = Duration::from_millis(5);
/// A slow reader takes one event, then nothing for so long: a small part of what is written meanwhile.
const SLOWNESS: Duration = Duration::from_millis(40);
/// What a slow reader's system takes for it in advance.
const SLOW_BUFFER_BYTES: u32 = 4_096;
/// Events on a page.
const PAGE: u32 = 50;

/// One event as a reader sees it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: String,
    /// Entries that belong to no order name none.
    pub(super) order: Option<String>,
    pub(super) seq: i64,
}

impl Event {
    fn read(body: &Value) -> anyhow::Result<Self> {
        let id = body["id"].as_str().context("an event has an id")?.to_owned();
        let seq = body["chain"]["seq"].as_i64().context("an event has a seq")?;
        let order = body["order_id"].as_str().map(str::to_owned);
        Ok(Self { id, order, seq })
    }
}

/// Where a node listens, and the administrator's token.
#[derive(Debug, Clone)]
pub(super) struct Home {
    address: String,
    token: String,
}

/// A node's home.
pub(super) fn home(server: &Server) -> Home {
    Home {
        address: server.address(),
        token: server.secret("/admin/token"),
    }
}

/// Where the nodes are; one that was started again is elsewhere.
#[derive(Debug)]
pub(super) struct Nodes {
    homes: Mutex<Vec<Home>>,
    is_urgent: AtomicBool,
}

impl Nodes {
    pub(super) fn new(servers: &[Server]) -> Arc<Self> {
        Arc::new(Self {
            homes: Mutex::new(servers.iter().map(home).collect()),
            is_urgent: AtomicBool::new(false),
        })
    }

    pub(super) fn moved(&self, number: usize, server: &Server) {
        lock(&self.homes)[number] = home(server);
    }

    /// From now on nobody is slow.
    pub(super) fn hurry(&self) {
        self.is_urgent.store(true, Ordering::Relaxed);
    }

    fn home(&self, number: usize) -> Home {
        let homes = lock(&self.homes);
        homes[number % homes.len()].clone()
    }
}

/// A stream over a bare connection, so that its reader decides how much is read in advance.
#[derive(Debug)]
pub(super) struct Stream {
    connection: BufReader<TcpStream>,
}

impl Stream {
    /// Opens a stream, which goes on after the last event handled.
    pub(super) async fn open(
        home: &Home,
        path: &str,
        last: Option<&str>,
        buffer_bytes: Option<u32>,
    ) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = buffer_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        let mut connection = socket.connect(home.address.parse()?).await?;
        // The body of an answer in HTTP/1.0 is the stream itself, without sizes of chunks in between.
        let mut request = format!(
            "GET {path} HTTP/1.0\r\nhost: {}\r\naccept: text/event-stream\r\nauthorization: Bearer {}\r\n",
            home.address, home.token
        );
        if let Some(last) = last {
            request.push_str(&format!("last-event-id: {last}\r\n"));
        }
        request.push_str("\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut stream = Self {
            connection: BufReader::with_capacity(1_024, connection),
        };
        let status = stream.line().await?;
        ensure!(status.contains(" 200 "), "a stream was answered {status}");
        while !stream.line().await?.is_empty() {}
        Ok(stream)
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.connection.read_line(&mut line).await?;
        ensure!(line.ends_with('\n'), "the stream has ended");
        Ok(line.trim_end().to_owned())
    }

    /// The next event. One whose end never came is none.
    pub(super) async fn next(&mut self) -> anyhow::Result<Event> {
        let (mut id, mut data) = (String::new(), String::new());
        loop {
            let line = self.line().await?;
            match line.split_once(": ") {
                Some(("id", value)) => id = value.to_owned(),
                Some(("data", value)) => data = value.to_owned(),
                _ if line.is_empty() && !data.is_empty() => {
                    let event = Event::read(&serde_json::from_str(&data)?)?;
                    assert_eq!(event.id, id, "an event has one id");
                    return Ok(event);
                }
                _ => {}
            }
        }
    }
}

/// How somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// One stream, for as long as its node lives.
    Stays,
    /// Drops its stream in the middle and goes on at the other node, in turn by header and by `after`.
    Moves,
    /// Takes less than comes.
    Slow,
    /// Reads pages, in turn of both nodes.
    Pages,
}

impl Habit {
    pub(super) const ALL: [Self; 4] = [Self::Stays, Self::Moves, Self::Slow, Self::Pages];
}

/// What happened to a reader.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// How often it went on in the middle.
    pub(super) resumed: usize,
    /// How often its stream ended without its doing.
    pub(super) ended: usize,
}

#[derive(Debug, Default)]
struct Notes {
    seen: Vec<Event>,
    counts: Counts,
}

/// Somebody who reads the whole feed until dropped.
pub(super) struct Reader {
    pub(super) habit: Habit,
    home: usize,
    notes: Arc<Mutex<Notes>>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {}", self.habit, self.home)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reader {
    pub(super) fn start(nodes: Arc<Nodes>, habit: Habit, home: usize) -> Self {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let reading = Reading {
            nodes,
            habit,
            home,
            notes: Arc::clone(&notes),
        };
        let task = tokio::spawn(reading.run());
        Self {
            habit,
            home,
            notes,
            task,
        }
    }

    pub(super) fn seen(&self) -> Vec<Event> {
        lock(&self.notes).seen.clone()
    }

    pub(super) fn counts(&self) -> Counts {
        lock(&self.notes).counts
    }
}

struct Reading {
    nodes: Arc<Nodes>,
    habit: Habit,
    home: usize,
    notes: Arc<Mutex<Notes>>,
}

impl Reading {
    /// Goes on where it was, whatever happens to the nodes.
    async fn run(self) {
        let mut turn = self.home;
        loop {
            let outcome = match self.habit {
                Habit::Pages => self.page(turn).await,
                Habit::Stays | Habit::Moves | Habit::Slow => self.stream(turn).await,
            };
            // Who lost its stream goes on at the same node, if only to find it gone for a while.
            if matches!(self.habit, Habit::Moves | Habit::Pages) {
                turn += 1;
            }
            if outcome.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn last(&self) -> Option<String> {
        lock(&self.notes).seen.last().map(|event| event.id.clone())
    }

    fn note(&self, event: Event) {
        lock(&self.notes).seen.push(event);
    }

    async fn stream(&self, turn: usize) -> anyhow::Result<()> {
        let last = self.last();
        let mut path = "/api/v1/events".to_owned();
        let mut header = last.as_deref();
        if let (true, Some(last)) = (turn / 2 % 2 == 1, &last) {
            path = format!("{path}?after={last}");
            header = None;
        }
        let buffer_bytes = (self.habit == Habit::Slow).then_some(SLOW_BUFFER_BYTES);
        let mut stream = Stream::open(&self.nodes.home(turn), &path, header, buffer_bytes).await?;
        lock(&self.notes).counts.resumed += usize::from(last.is_some());
        let mut taken = 0;
        while self.habit != Habit::Moves || taken < STAY {
            match stream.next().await {
                Ok(event) => self.note(event),
                Err(error) => {
                    lock(&self.notes).counts.ended += 1;
                    return Err(error);
                }
            }
            taken += 1;
            if self.habit == Habit::Slow && !self.nodes.is_urgent.load(Ordering::Relaxed) {
                tokio::time::sleep(SLOWNESS).await;
            }
        }
        Ok(())
    }

    async fn page(&self, turn: usize) -> anyhow::Result<()> {
        let after = self.last().unwrap_or_else(|| "0-0".to_owned());
        let home = self.nodes.home(turn);
        let url = format!("http://{}/api/v1/events?limit={PAGE}&after={after}", home.address);
        let answer = client()?.get(url).bearer_auth(&home.token).send().await?;
        let body: Value = answer.error_for_status()?.json().await?;
        let items = body["items"].as_array().context("a page has items")?;
        ensure!(!items.is_empty(), "nothing new");
        for item in items {
            self.note(Event::read(item)?);
        }
        Ok(())
    }
}

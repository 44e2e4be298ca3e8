//! The command line, parsed into plain values. What they mean is each command's business.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tender_service::CredentialId;

use crate::descriptions::Api;

/// The order-payments server: payment apps pay restaurant and retail orders, tills hear about it, and every payment
/// lands exactly once.
#[derive(Debug, Parser)]
#[command(name = "tender", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Write logs as JSON lines.
    #[arg(long, global = true, env = "TENDER_LOG_JSON")]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 refused by the server, \
4 unreachable or busy, or a ledger that is not there or has to be migrated first (tender migrate), \
5 a check found something.\nTENDER_LOG filters the log, for example TENDER_LOG=debug.";

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the server.
    Serve(ServeOptions),
    /// Run the server with a restaurant, open checks, virtual tills and ready-to-paste calls.
    Demo(DemoOptions),
    /// Be a till in the terminal: take tasks and answer them.
    Till(TillOptions),
    /// Receive webhooks, verify their signatures and print them.
    Listen(ListenOptions),
    /// Make one payment through any dialect.
    Pay(PayOptions),
    /// Create, list and revoke credentials.
    Token(TokenOptions),
    /// Write a merchant's configuration: locations, methods, staff, devices, items, applications.
    Directory(DirectoryOptions),
    /// Send webhook deliveries again.
    Replay(ReplayOptions),
    /// Write the journal as JSON lines.
    Export(ExportOptions),
    /// Copy the embedded ledger into a file while the server runs.
    Backup(BackupOptions),
    /// Check the books.
    Audit(AuditOptions),
    /// Bring a database up to date, or copy an embedded ledger into PostgreSQL.
    Migrate(MigrateOptions),
    /// Look for what would keep payments from working.
    Doctor(DoctorOptions),
    /// Write shell completions.
    Completions(CompletionsOptions),
    /// Write the OpenAPI document of an API.
    #[command(hide = true)]
    Openapi(OpenapiOptions),
}

/// Where the ledger is.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// Folder of the embedded database.
    #[arg(
        global = true,
        long,
        value_name = "DIR",
        default_value = "tender-data",
        env = "TENDER_DATA"
    )]
    pub data: PathBuf,
    /// PostgreSQL instead of the embedded database: postgres://user:password@host:port/database
    #[arg(
        global = true,
        long,
        value_name = "URL",
        env = "TENDER_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
}

/// Settings of a running server.
#[derive(Debug, Clone, Args)]
pub struct ServerArguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8080",
        env = "TENDER_LISTEN"
    )]
    pub listen: SocketAddr,
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// Origin of the URLs that the server emits, such as https://pay.example.com
    #[arg(long, value_name = "URL", env = "TENDER_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// How long a payment is offered to the tills when the app does not say, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 300_000, value_parser = clap::value_parser!(i64).range(1_000..=86_400_000))]
    pub ttl_ms: i64,
    /// How long a till keeps a claimed task to itself, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(i64).range(1_000..=3_600_000))]
    pub lease_ms: i64,
    /// K-Series checks and webhooks show money as JSON numbers instead of strings.
    #[arg(long)]
    pub kseries_money_as_numbers: bool,
    /// Kounta requests per minute with Basic credentials; 0 is no limit.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub rate_limit_basic: u32,
    /// Kounta requests per minute with a token; 0 is no limit.
    #[arg(long, value_name = "N", default_value_t = 180)]
    pub rate_limit_token: u32,
    /// Jitter of webhook retries, in percent of the wait.
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=50))]
    pub retry_jitter_percent: u8,
    /// om: refuse to delete payments that are not pending or in progress.
    #[arg(long)]
    pub om_delete_open_only: bool,
    /// om: refuse to confirm a payment that is complete already.
    #[arg(long)]
    pub om_confirm_once: bool,
    /// Most open connections.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub connections_max: u32,
    /// Threads that serve requests [default: one for each core but the one that the writer to the ledger keeps busy, at least one]
    #[arg(long, value_name = "N", env = "TENDER_THREADS", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
}

impl ServerArguments {
    /// Threads that serve requests.
    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads
            .map_or_else(|| cores().saturating_sub(1).max(1), usize::from)
    }
}

/// `tender serve`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender serve --data /var/lib/tender --public-url https://pay.example.com\n  tender serve --database-url postgres://tender@db/tender"
)]
pub struct ServeOptions {
    /// Server settings.
    #[command(flatten)]
    pub server: ServerArguments,
    /// Offer the sandbox routes: a clock to move, tills to steer. Never where real money is.
    #[arg(long)]
    pub sandbox: bool,
    /// Let webhooks call private and loopback addresses.
    #[arg(long)]
    pub allow_private_webhooks: bool,
}

/// `tender demo`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender demo\n  tender demo --listen 127.0.0.1:0 --credentials-file credentials.json"
)]
pub struct DemoOptions {
    /// Server settings.
    #[command(flatten)]
    pub server: ServerArguments,
    /// Write the demo's credentials to this file, once the server is ready.
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// Print the credentials as JSON on stdout instead of the guide.
    #[arg(long)]
    pub json: bool,
    /// Apply rate limits and quotas, which a demo leaves out.
    #[arg(long)]
    pub rate_limits: bool,
}

/// Where a running server is, and who asks.
#[derive(Debug, Clone, Args)]
pub struct RemoteOptions {
    /// A demo's credentials file; the other options win over it.
    #[arg(long, value_name = "FILE", env = "TENDER_CREDENTIALS")]
    pub credentials_file: Option<PathBuf>,
    /// The server's origin.
    #[arg(long, value_name = "URL", env = "TENDER_URL")]
    pub url: Option<String>,
    /// The token to use.
    #[arg(long, value_name = "TOKEN", env = "TENDER_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// `tender till`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender till --credentials-file credentials.json\n  tender till --url https://pay.example.com --token TOKEN --device 12345678980 --refuse UPDATE_FAILED"
)]
pub struct TillOptions {
    /// The server.
    #[command(flatten)]
    pub remote: RemoteOptions,
    /// The device to be; absent: the demo's first.
    #[arg(long, value_name = "ID")]
    pub device: Option<String>,
    /// Confirm every task without asking.
    #[arg(long, conflicts_with = "refuse")]
    pub auto: bool,
    /// Refuse every task with this reason.
    #[arg(long, value_name = "REASON")]
    pub refuse: Option<String>,
    /// Stop after this many tasks.
    #[arg(long, value_name = "N")]
    pub count: Option<u32>,
}

/// `tender listen`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender listen\n  tender listen --secret whsec_… --json --count 1\n  tender listen --status 500"
)]
pub struct ListenOptions {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Signing secret (whsec_…); unsigned or wrongly signed messages are marked and answered 401.
    #[arg(
        long,
        value_name = "SECRET",
        env = "TENDER_WEBHOOK_SECRET",
        hide_env_values = true
    )]
    pub secret: Option<String>,
    /// Answer with this status.
    #[arg(long, value_name = "STATUS", default_value_t = 204, value_parser = clap::value_parser!(u16).range(200..600))]
    pub status: u16,
    /// Print one JSON object per message.
    #[arg(long)]
    pub json: bool,
    /// Stop after this many messages.
    #[arg(long, value_name = "N")]
    pub count: Option<u32>,
}

/// Which wire API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// Lightspeed K-Series Order & Pay.
    Kseries,
    /// Kounta.
    Kounta,
    /// om.
    Om,
    /// The native API.
    Native,
}

/// `tender pay`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender pay --credentials-file credentials.json --table 1\n  tender pay --credentials-file credentials.json --dialect kseries --table 2 --amount 5.00 --tip 0.50"
)]
pub struct PayOptions {
    /// The server.
    #[command(flatten)]
    pub remote: RemoteOptions,
    /// Through which API.
    #[arg(long, value_enum, default_value_t = Dialect::Native)]
    pub dialect: Dialect,
    /// The order: its id in the dialect (K-Series: the account identifier).
    #[arg(long, value_name = "ID", required_unless_present = "table")]
    pub order: Option<String>,
    /// The open check at this table of the demo's first location instead.
    #[arg(long, value_name = "N", conflicts_with = "order")]
    pub table: Option<u32>,
    /// How much, in major units; absent: all that is due.
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// Tip in major units.
    #[arg(long, value_name = "AMOUNT")]
    pub tip: Option<String>,
    /// Unique reference; absent: a new one.
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// K-Series: the webhook endpoint that hears the result.
    #[arg(long, value_name = "ID")]
    pub endpoint: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `tender token`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender token --data /var/lib/tender create --merchant 1 --for admin --label \"back office\"\n  tender token --data /var/lib/tender list --merchant 1 --json"
)]
pub struct TokenOptions {
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// What to do.
    #[command(subcommand)]
    pub action: TokenAction,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenFor {
    /// Everything of a merchant.
    Admin,
    /// The tills of a location.
    Till,
    /// A service user of the om dialect.
    Om,
    /// An application of the native API, K-Series or Kounta.
    Application,
}

/// `tender token …`
#[derive(Debug, Clone, Subcommand)]
pub enum TokenAction {
    /// Make a token; it is shown once.
    Create {
        /// The merchant.
        #[arg(long, value_name = "ID")]
        merchant: u64,
        /// What for.
        #[arg(long = "for", value_enum)]
        purpose: TokenFor,
        /// Only this location.
        #[arg(long, value_name = "ID")]
        location: Option<u64>,
        /// Words to know it by.
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List tokens; never the tokens themselves.
    List {
        /// The merchant.
        #[arg(long, value_name = "ID")]
        merchant: u64,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token by the id that `list` shows.
    Revoke {
        /// Its id.
        #[arg(value_parser = credential_id)]
        id: CredentialId,
    },
}

/// `tender directory`
#[derive(Debug, Clone, Args)]
pub struct DirectoryOptions {
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// What to do.
    #[command(subcommand)]
    pub action: DirectoryAction,
}

/// `tender directory …`
#[derive(Debug, Clone, Subcommand)]
pub enum DirectoryAction {
    /// Write the records of a JSON file; those with the same id are replaced, others stay.
    Import {
        /// The file: {"merchant":{…},"locations":[…],"methods":[…],"staff":[…],"devices":[…],"items":[…],"applications":[…]}
        file: PathBuf,
    },
}

/// `tender replay`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  tender replay --credentials-file credentials.json dlv_488123453775872")]
pub struct ReplayOptions {
    /// The server.
    #[command(flatten)]
    pub remote: RemoteOptions,
    /// Deliveries to send again, by the ids that the console and /api/v1/deliveries show.
    #[arg(required = true)]
    pub deliveries: Vec<String>,
}

/// `tender export`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender export --data /var/lib/tender > journal.jsonl\n  tender export --merchant 1 | jq .kind"
)]
pub struct ExportOptions {
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// The merchant; absent: all.
    #[arg(long, value_name = "ID")]
    pub merchant: Option<u64>,
}

/// `tender backup`
#[derive(Debug, Clone, Args)]
pub struct BackupOptions {
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// The new file; one that is there already is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// `tender audit`
#[derive(Debug, Clone, Args)]
pub struct AuditOptions {
    /// What to do.
    #[command(subcommand)]
    pub action: AuditAction,
}

/// `tender audit …`
#[derive(Debug, Clone, Subcommand)]
pub enum AuditAction {
    /// Check every sum, every hash chain and every key of the ledger. Works while the server runs.
    Verify {
        /// Where the ledger is.
        #[command(flatten)]
        store: StoreOptions,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `tender migrate`
#[derive(Debug, Clone, Args)]
pub struct MigrateOptions {
    /// Where the ledger is.
    #[command(flatten)]
    pub store: StoreOptions,
    /// Copy the ledger of this folder, as sqlite:DIR, into another database. No server may be running on either.
    #[arg(long, value_name = "sqlite:DIR", requires = "to", value_parser = sqlite_folder)]
    pub from: Option<PathBuf>,
    /// The empty database to copy into: postgres://user:password@host:port/database
    #[arg(long, value_name = "URL", requires = "from", value_parser = postgres_url)]
    pub to: Option<String>,
}

fn credential_id(text: &str) -> Result<CredentialId, String> {
    text.parse()
        .map_err(|_| "that is no credential's id; tender token list shows them".to_owned())
}

fn sqlite_folder(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:") {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => Err("a ledger to copy is given as sqlite:DIR".to_owned()),
    }
}

fn postgres_url(text: &str) -> Result<String, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        Ok(text.to_owned())
    } else {
        Err("a ledger is copied into postgres://…".to_owned())
    }
}

/// `tender doctor`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  tender doctor --credentials-file credentials.json\n  tender doctor --url https://pay.example.com --token TOKEN --json"
)]
pub struct DoctorOptions {
    /// The server.
    #[command(flatten)]
    pub remote: RemoteOptions,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `tender completions`
#[derive(Debug, Clone, Args)]
pub struct CompletionsOptions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// `tender openapi`
#[derive(Debug, Clone, Args)]
pub struct OpenapiOptions {
    /// The API.
    pub api: Api,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Arguments, Verb};

    /// The threads of a server that is started with these arguments.
    fn threads(arguments: &[&str]) -> Result<usize, clap::Error> {
        let arguments = Arguments::try_parse_from(["tender", "serve"].iter().chain(arguments))?;
        match arguments.verb {
            Verb::Serve(options) => Ok(options.server.threads()),
            _ => unreachable!("it is `serve`"),
        }
    }

    #[test]
    fn one_core_is_left_for_the_writer_unless_somebody_says_otherwise() {
        let cores = std::thread::available_parallelism().expect("counted").get();
        assert_eq!(threads(&[]).expect("fine"), (cores - 1).max(1));
        assert_eq!(threads(&["--threads", "7"]).expect("fine"), 7);
        for wrong in ["0", "1025", "-1", "many"] {
            assert!(threads(&["--threads", wrong]).is_err(), "{wrong}");
        }
    }
}

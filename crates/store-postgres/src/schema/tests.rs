use std::collections::BTreeMap;
use std::time::Duration;

use tender_store::{Migrate, Op, Scan, StoreError, Table};
use tokio_postgres::Client;

use super::{LOCK, MIGRATIONS, SCHEMA_VERSION, VERSIONS_TABLE, is_postgres, migrate};
use crate::session::Session;
use crate::tests::OneNode;
use crate::{PostgresOptions, PostgresStore};

/// Columns, tables and indexes that are this backend's own.
const JOURNAL_EXTRA_COLUMN: &str = "position bigint NO";
const EXTRA_TABLES: [&str; 2] = ["nodes", "tender_schema"];
const EXTRA_INDEX: &str = "journal_feed";

async fn migrated() -> (OneNode, Session) {
    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    migrate(&session).await.expect("the schema");
    (database, session)
}

async fn strings(client: &Client, text: &str, parameter: &str) -> Vec<String> {
    let rows = client.query(text, &[&parameter]).await.expect(text);
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_schema_is_what_the_tables_say() {
    let (_database, session) = migrated().await;
    let client = session.client();
    let tables = strings(
        client,
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1",
        "public",
    )
    .await;
    let mut expected: Vec<&str> = Table::ALL.map(|table| table.spec().name).to_vec();
    expected.extend(EXTRA_TABLES);
    expected.sort_unstable();
    assert_eq!(tables, expected);

    for table in Table::ALL {
        let spec = table.spec();
        let mut columns = strings(
            client,
            "SELECT format('%s %s %s', column_name, data_type, is_nullable) \
             FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
            spec.name,
        )
        .await;
        if table == Table::Journal {
            assert_eq!(columns.pop().as_deref(), Some(JOURNAL_EXTRA_COLUMN));
        }
        let mut wanted: Vec<String> = (spec.columns.iter())
            .map(|column| format!("{column} bigint NO"))
            .collect();
        wanted.extend(spec.has_doc.then(|| "doc text NO".to_owned()));
        assert_eq!(columns, wanted, "{}", spec.name);

        let definitions = strings(
            client,
            "SELECT indexdef FROM pg_indexes WHERE tablename = $1",
            spec.name,
        )
        .await;
        let mut found: BTreeMap<String, String> = definitions.iter().map(|text| split(text)).collect();
        let key = spec.columns[..spec.key_len].join(", ");
        let primary = found.remove(&format!("{}_pkey", spec.name));
        assert_eq!(primary, Some(format!("({key})")), "{}", spec.name);
        if table == Table::Journal {
            assert!(found.remove(EXTRA_INDEX).is_some());
        }
        let wanted: BTreeMap<String, String> = (spec.indexes.iter())
            .map(|index| {
                let only = index
                    .only
                    .map(|(flag, value)| format!(" WHERE ({flag} = {value})"));
                let columns = format!("({}){}", index.columns.join(", "), only.unwrap_or_default());
                (index.name.to_owned(), columns)
            })
            .collect();
        assert_eq!(found, wanted, "{}", spec.name);
    }
}

/// Name and columns (with the condition) of an index, from its definition as the server prints it.
fn split(definition: &str) -> (String, String) {
    let (head, columns) = definition.split_once(" USING btree ").expect("a definition");
    let (_, name) = head.split_once(" INDEX ").expect("a definition");
    let (name, _) = name.split_once(" ON ").expect("a definition");
    (name.to_owned(), columns.to_owned())
}

#[tokio::test]
async fn migrations_are_numbered_and_run_once() {
    for (migration, number) in MIGRATIONS.iter().zip(1..) {
        assert!(
            migration.name.starts_with(&format!("{number:04}_")),
            "{}",
            migration.name
        );
    }
    let (_database, session) = migrated().await;
    migrate(&session).await.expect("nothing to do");
    let names = strings(
        session.client(),
        "SELECT name FROM tender_schema WHERE name <> $1 ORDER BY version",
        "",
    )
    .await;
    assert_eq!(names, MIGRATIONS.map(|migration| migration.name));
}

/// A database as the first release made it, with messages that wait and messages that have arrived.
async fn first_release() -> (OneNode, Session) {
    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    let text = format!(
        "{VERSIONS_TABLE}; {} \
         INSERT INTO tender_schema (version, name, oldest_program) VALUES (1, '{}', 1); \
         INSERT INTO deliveries SELECT 1, n, 50 + n % 3, n / 5, n % 2, 1000 + n, n, '{{}}' FROM generate_series(1, 500) AS n; \
         INSERT INTO journal SELECT 1, n / 5, n % 5, 100 + n % 2, 3, 1000 + n, '{{}}' FROM generate_series(1, 500) AS n;",
        MIGRATIONS[0].sql, MIGRATIONS[0].name
    );
    session
        .client()
        .batch_execute(&text)
        .await
        .expect("the first step");
    (database, session)
}

async fn indexes_of(client: &Client) -> Vec<String> {
    strings(
        client,
        "SELECT indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY 1",
        "public",
    )
    .await
}

#[tokio::test]
async fn a_database_of_the_first_release_is_migrated_with_all_it_holds() {
    let (_fresh, fresh) = migrated().await;
    let expected = indexes_of(fresh.client()).await;
    for is_prepared in [false, true] {
        let (database, session) = first_release().await;
        if is_prepared {
            // What the release notes advise for large ledgers: the step then finds the index.
            let text = "CREATE INDEX CONCURRENTLY deliveries_by_order ON deliveries (merchant_id, order_id, delivery_id)";
            session.client().batch_execute(text).await.expect("built");
        }
        let store = database.start().await;
        assert_eq!(indexes_of(session.client()).await, expected);
        let text =
            "SELECT count(*)::text || ' ' || sum(delivery_id * sequence)::text FROM deliveries WHERE $1 = ''";
        assert_eq!(strings(session.client(), text, "").await, ["500 41791750"]);
        let scan = Scan::new(Table::Journal, 1_000)
            .equals("merchant_id", 1)
            .equals("location_id", 101)
            .filter("at_ms", Op::Ge, 1_401);
        let found = tender_store::conformance::select(&store, scan).await;
        assert_eq!(found.len(), 50);
        // Nodes of the first release go on meanwhile: the step only expands.
        let text = "SELECT max(oldest_program)::text FROM tender_schema WHERE name <> $1";
        assert_eq!(strings(session.client(), text, "").await, ["1"]);
    }
}

/// What keeps an opening from working on the database.
async fn refusal(url: &str, migrate: Migrate) -> Option<StoreError> {
    let options = PostgresOptions {
        migrate,
        ..PostgresOptions::default()
    };
    PostgresStore::connect(url, options).await.err()
}

fn is_told_to_migrate(refusal: Option<&StoreError>) -> bool {
    matches!(refusal, Some(StoreError::Internal(text)) if text.contains("tender migrate"))
}

fn is_told_to_try_again(refusal: Option<&StoreError>, table: &str) -> bool {
    let table = format!("the table {table} ");
    matches!(refusal, Some(StoreError::Unavailable(text)) if text.contains(&table) && text.contains("try again"))
}

#[tokio::test]
async fn a_database_is_migrated_by_nobody_who_may_not() {
    let tables = "SELECT count(*)::text FROM information_schema.tables WHERE table_schema = $1";
    let versions = "SELECT max(version)::text FROM tender_schema WHERE name <> $1";
    let (database, session) = first_release().await;
    for migrate in [Migrate::Never, Migrate::Empty] {
        let refusal = refusal(database.url(), migrate).await;
        assert!(is_told_to_migrate(refusal.as_ref()), "{migrate:?}: {refusal:?}");
    }
    assert_eq!(strings(session.client(), versions, "").await, ["1"]);

    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    let found = refusal(database.url(), Migrate::Never).await;
    assert!(is_told_to_migrate(found.as_ref()), "{found:?}");
    assert_eq!(strings(session.client(), tables, "public").await, ["0"]);
    assert!(refusal(database.url(), Migrate::Empty).await.is_none());
    assert_eq!(
        strings(session.client(), versions, "").await,
        [SCHEMA_VERSION.to_string()]
    );

    // What is up to date is opened as it is, also when it is from before the column.
    let older = "ALTER TABLE tender_schema DROP COLUMN oldest_program";
    session.client().batch_execute(older).await.expect("dropped");
    for migrate in [Migrate::Never, Migrate::Empty] {
        assert!(refusal(database.url(), migrate).await.is_none(), "{migrate:?}");
    }
    let column = "SELECT column_name::text FROM information_schema.columns WHERE column_name = $1";
    let added = strings(session.client(), column, "oldest_program").await;
    assert!(added.is_empty(), "somebody who only looks changed a table");
}

/// A dump reads all tables for as long as it runs.
#[tokio::test]
async fn a_step_gives_up_a_table_that_somebody_reads_and_names_it() {
    let (database, reader) = first_release().await;
    let reads = "BEGIN; SELECT count(*) FROM deliveries";
    reader.client().batch_execute(reads).await.expect("read");
    let refusal = refusal(database.url(), Migrate::Behind).await;
    assert!(
        is_told_to_try_again(refusal.as_ref(), "deliveries"),
        "{refusal:?}"
    );
    reader.client().batch_execute("COMMIT").await.expect("ended");
    let versions = "SELECT max(version)::text FROM tender_schema WHERE name <> $1";
    assert_eq!(strings(reader.client(), versions, "").await, ["2"]);
    assert!(self::refusal(database.url(), Migrate::Behind).await.is_none());
}

/// A database from before the oldest program was noted needs a column more, which a dump does not let it have.
#[tokio::test]
async fn the_table_of_versions_is_given_up_too_when_somebody_reads_it() {
    let (database, reader) = first_release().await;
    let older = "ALTER TABLE tender_schema DROP COLUMN oldest_program";
    reader.client().batch_execute(older).await.expect("dropped");
    let reads = "BEGIN; SELECT count(*) FROM tender_schema";
    reader.client().batch_execute(reads).await.expect("read");
    let refusal = refusal(database.url(), Migrate::Behind).await;
    assert!(
        is_told_to_try_again(refusal.as_ref(), "tender_schema"),
        "{refusal:?}"
    );
    reader.client().batch_execute("COMMIT").await.expect("ended");
    assert!(self::refusal(database.url(), Migrate::Behind).await.is_none());
}

/// Another program's migration may take longer than any wait for a table.
#[tokio::test]
async fn a_program_waits_for_the_migration_of_another_without_a_limit() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let other = database.session().await;
    let locks = format!("SELECT pg_advisory_lock({LOCK})");
    other.client().batch_execute(&locks).await.expect("locked");
    let opening = refusal(database.url(), Migrate::Behind);
    tokio::pin!(opening);
    // Longer than a migration's limit and than that of every session.
    let waited = tokio::time::timeout(Duration::from_secs(6), &mut opening).await;
    assert!(waited.is_err(), "{waited:?}");
    let unlocks = format!("SELECT pg_advisory_unlock({LOCK})");
    other.client().batch_execute(&unlocks).await.expect("unlocked");
    assert!(opening.await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_start_together_migrate_once() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let starts = (0..6).map(|_| database.start());
    let stores = futures_util::future::join_all(starts).await;
    let session = database.session().await;
    let rows = session
        .client()
        .query("SELECT version FROM tender_schema", &[])
        .await
        .expect("versions");
    assert_eq!(rows.len(), MIGRATIONS.len());
    drop(stores);
}

#[tokio::test]
async fn a_newer_database_is_used_as_long_as_it_only_grew() {
    let (database, session) = migrated().await;
    let migrated_to = async |version: u32, oldest_program: u32| {
        let text = format!(
            "INSERT INTO tender_schema (version, name, oldest_program) \
             VALUES ({version}, 'from the future', {oldest_program})"
        );
        session.client().batch_execute(&text).await.expect("inserted");
        PostgresStore::connect(database.url(), PostgresOptions::default()).await
    };
    // A table and a column more are no matter to a program that does not know them.
    let grown = "CREATE TABLE news (id bigint); \
                 ALTER TABLE cases ADD COLUMN more bigint NOT NULL DEFAULT 0";
    session.client().batch_execute(grown).await.expect("grown");
    let store = migrated_to(SCHEMA_VERSION + 1, SCHEMA_VERSION)
        .await
        .expect("it can still be used");
    let case = tender_store::conformance::row(Table::Cases, &[1, 1], 1, "{}");
    tender_store::conformance::put(&store, vec![case.clone()])
        .await
        .expect("put");
    let found = tender_store::conformance::get(&store, Table::Cases, vec![vec![1, 1]]).await;
    assert_eq!(found, [case]);

    let outcome = migrated_to(SCHEMA_VERSION + 2, SCHEMA_VERSION + 1).await;
    match outcome {
        Err(StoreError::Internal(text)) => {
            assert!(text.contains("newer") && text.contains("a later one"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// The table of versions of a database from before it knew programs.
#[tokio::test]
async fn a_database_that_does_not_name_the_oldest_program_is_taken_over() {
    let (database, session) = migrated().await;
    let text = "ALTER TABLE tender_schema DROP COLUMN oldest_program";
    session.client().batch_execute(text).await.expect("dropped");
    let store = database.start().await;
    tender_store::conformance::put(&store, Vec::new())
        .await
        .expect("it commits");
    let oldest = strings(
        session.client(),
        "SELECT DISTINCT oldest_program::text FROM tender_schema WHERE name <> $1",
        "",
    )
    .await;
    assert_eq!(oldest, ["1"]);
}

#[test]
fn steps_never_take_back_which_programs_may_come() {
    let oldest = MIGRATIONS.map(|migration| migration.oldest_program);
    assert!(oldest.is_sorted(), "{oldest:?}");
    for (oldest, version) in oldest.into_iter().zip(1..) {
        assert!((1..=version).contains(&oldest), "step {version}: {oldest}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_character_is_refused() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    session
        .client()
        .batch_execute("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0")
        .await
        .expect("created");
    let outcome = PostgresStore::connect(&database.sibling("bytes"), PostgresOptions::default()).await;
    match outcome {
        Err(StoreError::Internal(text)) => assert!(text.contains("SQL_ASCII"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn engines_that_only_speak_the_language_are_told_apart() {
    for (version, expected) in [
        (
            "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu",
            true,
        ),
        ("PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu", false),
        ("CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)", false),
        ("", false),
    ] {
        assert_eq!(is_postgres(version), expected, "{version}");
    }
}

#[tokio::test]
async fn a_missing_server_is_unavailable() {
    let nowhere = "postgres://someone@%2Fno%20such%20folder/ledger";
    let outcome = PostgresStore::connect(nowhere, PostgresOptions::default()).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    session
        .client()
        .batch_execute("CREATE TABLE counters (of_somebody_else int)")
        .await
        .expect("created");
    let outcome = migrate(&session).await;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    let tables = strings(
        session.client(),
        "SELECT table_name::text FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_name <> $1 ORDER BY 1",
        "tender_schema",
    )
    .await;
    assert_eq!(tables, ["counters"]);
    session
        .client()
        .batch_execute("DROP TABLE counters")
        .await
        .expect("dropped");
    migrate(&database.session().await)
        .await
        .expect("the lock is free and the schema complete");
}

use std::collections::BTreeMap;

use rusqlite::Connection;
use tender_store::{Migrate, StoreError, Table};

use super::{MIGRATIONS, SCHEMA_VERSION, migrate, prepare, require_current};

/// Columns that are this backend's own: they serve the feed.
const JOURNAL_EXTRA_COLUMN: &str = "position";
/// Indexes that are this backend's own: they serve the feed.
const EXTRA_INDEXES: [&str; 1] = ["journal_feed"];

fn migrated() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    migrate(&connection).expect("the schema");
    connection
}

fn strings(connection: &Connection, text: &str, parameter: &str) -> Vec<String> {
    let mut statement = connection.prepare(text).expect(text);
    let rows = statement.query_map([parameter], |row| row.get(0)).expect(text);
    rows.collect::<Result<_, _>>().expect(text)
}

/// Name, unique, origin ("c" made by CREATE INDEX, "u" and "pk" by constraints) and columns of a table's indexes.
fn indexes(connection: &Connection, table: &str) -> Vec<(String, bool, String, Vec<String>)> {
    let mut statement = connection
        .prepare("SELECT name, \"unique\", origin FROM pragma_index_list(?1) ORDER BY name")
        .expect("prepared");
    let rows = statement
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("indexes");
    rows.map(|row| {
        let (name, unique, origin): (String, bool, String) = row.expect("an index");
        let columns = strings(
            connection,
            "SELECT name FROM pragma_index_info(?1) ORDER BY seqno",
            &name,
        );
        (name, unique, origin, columns)
    })
    .collect()
}

#[test]
fn the_schema_is_what_the_tables_say() {
    let connection = migrated();
    let tables = strings(
        &connection,
        "SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite_%' ORDER BY name",
        "table",
    );
    let mut expected = Table::ALL.map(|table| table.spec().name.to_owned());
    expected.sort();
    assert_eq!(tables, expected);

    for table in Table::ALL {
        let spec = table.spec();
        let mut columns = strings(
            &connection,
            "SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info(?1) ORDER BY cid",
            spec.name,
        );
        if table == Table::Journal {
            assert_eq!(columns.remove(0), format!("{JOURNAL_EXTRA_COLUMN} INTEGER 0"));
        }
        let mut wanted: Vec<String> = (spec.columns.iter())
            .map(|column| format!("{column} INTEGER 1"))
            .collect();
        wanted.extend(spec.has_doc.then(|| "doc TEXT 1".to_owned()));
        assert_eq!(columns, wanted, "{}", spec.name);

        let key = &spec.columns[..spec.key_len];
        let found = indexes(&connection, spec.name);
        let unique: Vec<_> = found.iter().filter(|(_, unique, _, _)| *unique).collect();
        assert_eq!(unique.len(), 1, "{}: {found:?}", spec.name);
        assert_eq!(unique[0].3, key, "{}", spec.name);

        let made: BTreeMap<&str, &[String]> = (found.iter())
            .filter(|(name, _, origin, _)| origin == "c" && !EXTRA_INDEXES.contains(&name.as_str()))
            .map(|(name, _, _, columns)| (name.as_str(), columns.as_slice()))
            .collect();
        let names: Vec<&str> = made.keys().copied().collect();
        let mut wanted: Vec<&str> = spec.indexes.iter().map(|index| index.name).collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted, "{}", spec.name);
        for index in spec.indexes {
            assert_eq!(made[index.name], index.columns, "{}", index.name);
            let text = &strings(
                &connection,
                "SELECT sql FROM sqlite_schema WHERE name = ?1",
                index.name,
            )[0];
            match index.only {
                Some((flag, value)) => {
                    assert!(text.ends_with(&format!("WHERE {flag} = {value}")), "{text}");
                }
                None => assert!(!text.contains("WHERE"), "{text}"),
            }
        }
    }
}

#[test]
fn migrations_are_numbered_and_run_once() {
    for (migration, number) in MIGRATIONS.iter().zip(1..) {
        assert!(
            migration.name.starts_with(&format!("{number:04}_")),
            "{}",
            migration.name
        );
    }
    let connection = migrated();
    migrate(&connection).expect("nothing to do");
    require_current(&connection).expect("current");
    let version: u32 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("version");
    assert_eq!(version, SCHEMA_VERSION);
}

/// A database as the first release made it, with entries, messages that wait and messages that have arrived.
fn first_release() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    let step = format!(
        "{} PRAGMA user_version = 1; PRAGMA application_id = {};",
        MIGRATIONS[0].sql,
        super::APPLICATION_ID
    );
    connection.execute_batch(&step).expect("the first step");
    let rows = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500) \
        INSERT INTO deliveries SELECT 1, n, 50 + n % 3, n / 5, n % 2, 1000 + n, n, '{}' FROM n; \
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500) \
        INSERT INTO journal SELECT n, 1, n / 5, n % 5, 100 + n % 2, 3, 1000 + n, '{}' FROM n;";
    connection.execute_batch(rows).expect("rows");
    connection
}

fn schema_of(connection: &Connection) -> Vec<String> {
    strings(
        connection,
        "SELECT type || name || tbl_name || coalesce(sql, '') FROM sqlite_schema WHERE name <> ?1 ORDER BY 1",
        "",
    )
}

#[test]
fn a_database_of_the_first_release_is_migrated_with_all_it_holds() {
    let connection = first_release();
    let rows = |table: &str| {
        strings(
            &connection,
            &format!("SELECT count(*) || ' ' || sum(delivery_id * sequence) FROM {table} WHERE ?1 = ''"),
            "",
        )
    };
    let before = rows("deliveries");
    migrate(&connection).expect("migrated");
    require_current(&connection).expect("current");
    assert_eq!(schema_of(&connection), schema_of(&migrated()), "as a new one");
    assert_eq!(rows("deliveries"), before);
    // What is found through the new indexes is what is there.
    let counts = [
        (
            "deliveries INDEXED BY deliveries_next WHERE pending = 1 AND endpoint_id = 51",
            84,
        ),
        (
            "deliveries INDEXED BY deliveries_in_order WHERE pending = 1 AND endpoint_id = 51 AND order_id = 2",
            1,
        ),
        (
            "deliveries INDEXED BY deliveries_by_order WHERE merchant_id = 1 AND order_id = 2",
            5,
        ),
        (
            "journal INDEXED BY journal_by_moment WHERE merchant_id = 1 AND location_id = 101 AND at_ms >= 1401",
            50,
        ),
    ];
    for (what, expected) in counts {
        let count: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0))
            .expect(what);
        assert_eq!(count, expected, "{what}");
    }
    let sound = strings(
        &connection,
        "SELECT integrity_check FROM pragma_integrity_check WHERE ?1 = ''",
        "",
    );
    assert_eq!(sound, ["ok"]);
}

#[test]
fn a_newer_database_is_refused() {
    let connection = migrated();
    connection
        .execute_batch(&format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1))
        .expect("set");
    for outcome in [migrate(&connection), require_current(&connection)] {
        match outcome {
            Err(StoreError::Internal(text)) => assert!(text.contains("newer"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn another_programs_database_is_refused() {
    let others = [
        "CREATE TABLE notes (text TEXT)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 5; CREATE TABLE orders (id INTEGER PRIMARY KEY)",
    ];
    for text in others {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch(text).expect(text);
        let outcome = migrate(&connection);
        assert!(
            matches!(outcome, Err(StoreError::Corrupt { .. })),
            "{text}: {outcome:?}"
        );
    }
}

#[test]
fn a_database_is_migrated_by_nobody_who_may_not() {
    let is_refused =
        |outcome| matches!(outcome, Err(StoreError::Internal(text)) if text.contains("tender migrate"));
    let older = first_release();
    let before = schema_of(&older);
    assert!(is_refused(require_current(&older)));
    for which in [Migrate::Never, Migrate::Empty] {
        assert!(is_refused(prepare(&older, which)), "{which:?}");
    }
    assert_eq!(schema_of(&older), before);

    let empty = Connection::open_in_memory().expect("a database");
    assert!(is_refused(require_current(&empty)));
    assert!(is_refused(prepare(&empty, Migrate::Never)));
    assert_eq!(schema_of(&empty), [""; 0]);
    prepare(&empty, Migrate::Empty).expect("made");
    assert_eq!(schema_of(&empty), schema_of(&migrated()));
    prepare(&empty, Migrate::Never).expect("current");
}

//! Both backends have the schema that `tender_store::Table` describes, and the same one: read back from real databases
//! after their migrations, not from the text of these.

use std::collections::{BTreeMap, BTreeSet};

use tender_store::{Table, TableSpec};
use tender_store_postgres::{PostgresOptions, PostgresStore};
use tender_store_sqlite::{SqliteOptions, SqliteStore};
use tender_testkit::postgres::Cluster;

/// What only one backend has. `position` orders the feed: SQLite's is the rowid, PostgreSQL's a column numbered by
/// a sequence.
const OWN_COLUMNS: [(&str, &str); 1] = [("journal", "position")];
const OWN_INDEXES: [&str; 1] = ["journal_feed"];
const OWN_TABLES: [&str; 2] = ["nodes", "tender_schema"];

/// A table as a database says it is, in words of neither backend.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// Name and type, in order.
    columns: Vec<(String, &'static str)>,
    /// The columns of the key.
    key: Vec<String>,
    /// Name, columns and condition.
    indexes: BTreeMap<String, (Vec<String>, Option<String>)>,
}

type Schema = BTreeMap<String, Found>;

fn type_of(name: &str) -> &'static str {
    match name {
        "INTEGER" | "bigint" => "integer of 64 bits",
        "TEXT" | "text" => "text",
        other => panic!("a column of type {other}"),
    }
}

/// A condition without the parentheses that PostgreSQL puts around it.
fn condition(text: &str) -> String {
    text.trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .to_owned()
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

fn described(spec: &TableSpec) -> Found {
    let mut columns: Vec<_> = (spec.columns.iter())
        .map(|name| ((*name).to_owned(), "integer of 64 bits"))
        .collect();
    if spec.has_doc {
        columns.push(("doc".to_owned(), "text"));
    }
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Found {
        columns,
        key: owned(&spec.columns[..spec.key_len]),
        indexes: (spec.indexes.iter())
            .map(|index| {
                let only = index.only.map(|(flag, value)| format!("{flag} = {value}"));
                (index.name.to_owned(), (owned(index.columns), only))
            })
            .collect(),
    }
}

async fn sqlite() -> anyhow::Result<Schema> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.db");
    drop(SqliteStore::open(&path, SqliteOptions::default())?);
    let connection = rusqlite::Connection::open(&path)?;
    let strings = |text: &str, parameter: &str| -> rusqlite::Result<Vec<Vec<String>>> {
        let mut statement = connection.prepare(text)?;
        let width = statement.column_count();
        let rows = statement.query_map([parameter], |row| (0..width).map(|at| row.get(at)).collect())?;
        rows.collect()
    };
    let mut schema = Schema::new();
    let tables = "SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    for table in strings(tables, "table")?.concat() {
        let columns = strings(
            "SELECT name, type, CAST(\"notnull\" OR pk AS TEXT) FROM pragma_table_info(?1) ORDER BY cid",
            &table,
        )?;
        assert!(
            columns.iter().all(|column| column[2] == "1"),
            "{table}: {columns:?}"
        );
        let listed = strings(
            "SELECT name, CAST(\"unique\" AS TEXT), origin FROM pragma_index_list(?1)",
            &table,
        )?;
        let (mut key, mut indexes) = (Vec::new(), BTreeMap::new());
        for index in listed {
            let columns =
                strings("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", &index[0])?.concat();
            if index[1] == "1" {
                assert!(key.is_empty(), "{table} has two unique keys");
                key = columns;
                continue;
            }
            let text = strings("SELECT sql FROM sqlite_schema WHERE name = ?1", &index[0])?
                .concat()
                .concat();
            let only = text.split_once(" WHERE ").map(|(_, only)| condition(only));
            indexes.insert(index[0].clone(), (columns, only));
        }
        let columns = (columns.into_iter())
            .map(|column| (column[0].clone(), type_of(&column[1])))
            .collect();
        schema.insert(
            table,
            Found {
                columns,
                key,
                indexes,
            },
        );
    }
    Ok(schema)
}

async fn postgres() -> anyhow::Result<Schema> {
    let cluster = Cluster::shared();
    let url = cluster.create_database().await;
    drop(PostgresStore::connect(&url, PostgresOptions::default()).await?);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let mut schema = Schema::new();
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text \
                   FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position";
    for row in client.query(columns, &[]).await? {
        let (table, name): (String, String) = (row.get(0), row.get(1));
        if OWN_TABLES.contains(&table.as_str()) {
            continue;
        }
        assert_eq!(row.get::<_, &str>(3), "NO", "{table}.{name}");
        let found = schema.entry(table).or_insert_with(|| Found {
            columns: Vec::new(),
            key: Vec::new(),
            indexes: BTreeMap::new(),
        });
        found.columns.push((name, type_of(row.get(2))));
    }
    let indexes =
        "SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'";
    for row in client.query(indexes, &[]).await? {
        let (table, name, definition): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let Some(found) = schema.get_mut(&table) else {
            continue;
        };
        let (_, rest) = definition
            .split_once(" USING btree (")
            .expect("an ordinary index");
        let (columns, rest) = rest.split_once(')').expect("columns");
        if name == format!("{table}_pkey") {
            found.key = names(columns);
        } else {
            let only = rest.strip_prefix(" WHERE ").map(condition);
            found.indexes.insert(name, (names(columns), only));
        }
    }
    Ok(schema)
}

/// Takes away what only one backend has.
fn shared(mut schema: Schema) -> Schema {
    for (table, column) in OWN_COLUMNS {
        let found = schema.get_mut(table).expect("the table is there");
        let before = found.columns.len();
        found.columns.retain(|(name, _)| name != column);
        assert_eq!(found.columns.len() + 1, before, "{table} has no {column}");
    }
    for index in OWN_INDEXES {
        let count = (schema.values_mut())
            .filter_map(|found| found.indexes.remove(index))
            .count();
        assert_eq!(count, 1, "{index}");
    }
    schema
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_backends_have_the_described_schema_and_the_same() -> anyhow::Result<()> {
    let described: Schema = (Table::ALL.iter())
        .map(|table| (table.spec().name.to_owned(), described(table.spec())))
        .collect();
    let (sqlite, postgres) = (shared(sqlite().await?), shared(postgres().await?));
    assert_eq!(sqlite, postgres);
    assert_eq!(sqlite, described);
    Ok(())
}

/// What a distributed engine can place by merchant, and what it has to keep everywhere.
#[test]
fn every_key_begins_with_the_merchant_but_one() {
    let others: BTreeSet<&str> = (Table::ALL.iter())
        .map(|table| table.spec())
        .filter(|spec| spec.columns[0] != "merchant_id" || spec.key_len < 2)
        .map(|spec| spec.name)
        .collect();
    // Looked up by the hash of a secret, before anybody knows whose it is.
    assert_eq!(others, BTreeSet::from(["credentials"]));
}

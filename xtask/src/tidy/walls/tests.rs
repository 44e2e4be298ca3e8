use serde_json::{Value, json};

use super::{Metadata, check};

/// The crates that walls are about, with the dependencies that they may have.
const GOOD: [(&str, &[&str]); 20] = [
    ("tender-money", &["iso_currency"]),
    ("tender-engine", &["tender-money", "sha2"]),
    ("tender-store", &["tender-engine", "tender-money"]),
    (
        "tender-store-sqlite",
        &[
            "tender-store",
            "rusqlite",
            "dev:tender-engine",
            "dev:tender-money",
        ],
    ),
    (
        "tender-store-postgres",
        &["tender-store", "tokio", "dev:tender-testkit"],
    ),
    (
        "tender-service",
        &[
            "tender-engine",
            "tender-store",
            "tokio",
            "dev:tender-store-sqlite",
        ],
    ),
    ("tender-wire", &["tender-money"]),
    ("tender-http", &["axum"]),
    ("tender-oauth", &["tender-service", "tender-http", "tender-wire"]),
    (
        "tender-dialect-kseries",
        &[
            "tender-service",
            "tender-http",
            "tender-oauth",
            "axum",
            "dev:tender-testkit",
        ],
    ),
    ("tender-dialect-om", &["tender-service", "axum"]),
    ("tender-native", &["tender-service", "axum"]),
    (
        "tender-cli",
        &["tender-store-sqlite", "tender-store-postgres", "tender-native"],
    ),
    ("tender-console", &["tender-service", "tender-http"]),
    ("tender-sim", &["tender-engine", "tender-money"]),
    ("tender-testkit", &["tokio"]),
    ("tender-testbed", &["tender-service", "tender-store-sqlite"]),
    ("tender-bench", &["tender-store-sqlite"]),
    ("tender-e2e", &["tender-store-postgres"]),
    ("xtask", &[]),
];

const REGISTRY: [(&str, &[&str]); 9] = [
    ("axum", &["http"]),
    ("http", &[]),
    ("iso_currency", &["build:serde"]),
    ("rusqlite", &[]),
    ("serde", &[]),
    ("sha2", &["digest"]),
    ("digest", &["dev:getrandom"]),
    ("getrandom", &[]),
    ("tokio", &[]),
];

/// Metadata of the good workspace, with dependencies added: `kind:name`, or `name` for what is shipped.
fn metadata(added: &[(&str, &str)]) -> Metadata {
    let packages = GOOD.iter().chain(&REGISTRY).map(|(name, dependencies)| {
        let more = added
            .iter()
            .filter(|(to, _)| to == name)
            .map(|(_, dependency)| *dependency);
        (
            *name,
            dependencies
                .iter()
                .copied()
                .chain(more)
                .map(parse)
                .collect::<Vec<_>>(),
        )
    });
    let (mut described, mut nodes) = (Vec::<Value>::new(), Vec::<Value>::new());
    for (name, dependencies) in packages {
        let declared: Vec<Value> = dependencies
            .iter()
            .map(|(kind, name)| json!({"name": name, "kind": kind, "optional": false}))
            .collect();
        let resolved: Vec<Value> = dependencies
            .iter()
            .map(|(kind, name)| json!({"pkg": id(name), "dep_kinds": [{"kind": kind, "target": null}]}))
            .collect();
        described.push(json!({"id": id(name), "name": name, "dependencies": declared}));
        nodes.push(json!({"id": id(name), "deps": resolved}));
    }
    let members: Vec<String> = GOOD.iter().map(|(name, _)| id(name)).collect();
    let text = json!({"packages": described, "workspace_members": members, "resolve": {"nodes": nodes}});
    Metadata::parse(&text.to_string()).unwrap()
}

fn parse(dependency: &str) -> (Option<&str>, &str) {
    dependency
        .split_once(':')
        .map_or((None, dependency), |(kind, name)| (Some(kind), name))
}

fn id(name: &str) -> String {
    format!("path+{name}@1")
}

fn breaches(added: &[(&str, &str)]) -> Vec<(String, String)> {
    check(&metadata(added))
        .into_iter()
        .map(|problem| (problem.place, problem.what))
        .collect()
}

#[test]
fn the_workspace_as_it_is_meant_breaks_no_wall() {
    assert_eq!(breaches(&[]), []);
}

#[test]
fn every_wall_is_seen_when_it_is_broken() {
    for (package, dependency) in [
        ("tender-money", "tender-engine"),
        ("tender-money", "dev:tender-engine"),
        ("tender-engine", "tender-store"),
        ("tender-engine", "dev:tender-sim"),
        ("tender-engine", "digest"),
        ("tender-store", "tender-service"),
        ("tender-store-postgres", "tender-money"),
        ("tender-store-postgres", "dev:tender-service"),
        ("tender-store-sqlite", "tender-engine"),
        ("tender-service", "tender-http"),
        ("tender-service", "tender-dialect-om"),
        ("tender-service", "axum"),
        ("tender-service", "build:http"),
        ("tender-dialect-om", "tender-store"),
        ("tender-dialect-om", "tender-dialect-kseries"),
        ("tender-dialect-om", "tender-native"),
        ("tender-native", "tender-dialect-om"),
        ("tender-native", "tender-store"),
        ("tender-sim", "tender-dialect-om"),
        ("tender-sim", "tender-service"),
        ("tender-sim", "tender-store"),
        ("tender-sim", "dev:tender-service"),
        ("tender-wire", "tender-engine"),
        ("tender-wire", "dev:tender-engine"),
        ("tender-http", "tender-service"),
        ("tender-oauth", "tender-store"),
        ("tender-oauth", "tender-dialect-om"),
        ("tender-console", "tender-native"),
        ("tender-console", "tender-store"),
        ("tender-native", "tender-testkit"),
        ("tender-native", "tender-testbed"),
        ("tender-dialect-om", "tender-testbed"),
        ("tender-testkit", "tender-engine"),
        ("tender-testkit", "dev:tender-engine"),
        ("tender-testbed", "tender-dialect-om"),
        ("tender-cli", "tender-testkit"),
        ("tender-native", "tender-e2e"),
        ("tender-cli", "build:tender-bench"),
    ] {
        let (_, name) = parse(dependency);
        let expected = [(package.to_owned(), format!("depends on {name}"))];
        assert_eq!(
            breaches(&[(package, dependency)]),
            expected,
            "{package} on {dependency}"
        );
    }
}

#[test]
fn a_dependency_that_breaks_two_walls_is_told_twice() {
    assert_eq!(breaches(&[("tender-service", "tender-store-sqlite")]).len(), 2);
    assert_eq!(breaches(&[("tender-sim", "tender-store-postgres")]).len(), 2);
}

#[test]
fn tests_may_use_a_backend_and_another_translator() {
    assert_eq!(breaches(&[("tender-dialect-om", "dev:tender-store-sqlite")]), []);
    assert_eq!(breaches(&[("tender-native", "dev:tender-dialect-om")]), []);
    assert_eq!(
        breaches(&[("tender-store", "dev:tender-store")]),
        [],
        "a crate's own features for its tests"
    );
}

#[test]
fn what_the_engine_is_built_from_is_looked_at_in_depth() {
    let expected = [(
        "tender-engine".to_owned(),
        "has getrandom in its dependency tree".to_owned(),
    )];
    assert_eq!(breaches(&[("digest", "getrandom")]), expected);
    assert_eq!(
        breaches(&[("iso_currency", "build:rusqlite")]),
        [],
        "a build script is not compiled in"
    );
}

#[test]
fn a_crate_without_a_wall_is_named() {
    let mut metadata = metadata(&[]);
    for package in &mut metadata.packages {
        if package.name == "tender-console" {
            package.name = "tender-pages".to_owned();
        }
    }
    let problems = check(&metadata);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].place, "tender-pages");
    assert_eq!(problems[0].what, "has no wall");
}

#[test]
fn measurements_may_name_a_backend() {
    assert_eq!(breaches(&[("tender-bench", "tender-store-postgres")]), []);
    assert_eq!(breaches(&[("tender-testbed", "tender-store-sqlite")]), []);
}

#[test]
fn what_is_not_metadata_is_refused() {
    assert!(Metadata::parse("").is_err());
    assert!(Metadata::parse("{}").is_err());
}

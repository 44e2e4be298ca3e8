//! Which crate may depend on which, read from `cargo metadata`: the architecture as code.
//!
//! A wall is about what a crate ships: its normal and build dependencies. Its tests may use more, and how much more
//! is said where it matters.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Problem;

#[cfg(test)]
mod tests;

/// What one crate may know.
struct Wall {
    /// A package name, or its beginning followed by `*`.
    packages: &'static str,
    rule: Rule,
    why: &'static str,
}

enum Rule {
    /// Of the workspace, it depends on these alone; its tests on these and `tests`.
    WorkspaceOnly {
        shipped: &'static [&'static str],
        tests: &'static [&'static str],
    },
    /// Of the registry, it depends on these alone.
    RegistryOnly(&'static [&'static str]),
    /// It does not depend on these, from the workspace or the registry. Names as in [`Wall::packages`].
    Never(&'static [&'static str]),
    /// These are nowhere in what is compiled into it, however deep.
    NeverInTree(&'static [&'static str]),
}

/// The only shipped crate that may name a backend.
const CLI: &str = "tender-cli";

/// Crates for tests and measurements. They may use whatever they test, and nothing that is shipped uses them.
const DEVELOPMENT_ONLY: &[&str] = &[
    "tender-testkit",
    "tender-testbed",
    "tender-e2e",
    "tender-bench",
    "xtask",
];

const BACKENDS: &[&str] = &["tender-store-sqlite", "tender-store-postgres"];

const ENGINE_PURE: &str = "the core decides as a function of what it is given; a clock, randomness, I/O, logging or a \
                           wire format inside it makes its decisions impossible to replay and to test on their own";
const STORE_PORT: &str =
    "the port describes what a backend does; it is written once for all of them, so it knows none";
const BACKEND_BELOW: &str = "a backend stores rows; rules about orders and money are decided above it, and it has to be \
                             replaceable by another";
const AUDITOR: &str = "the auditor has to come to its own result from the records alone; whoever decides, keeps or shows them \
                       hands them in";
const LEAF: &str = "text and sockets are the same for every dialect; what they know of the product, every dialect has \
                    to live with";
const TRANSLATOR: &str = "a dialect translates between its wire and the service; what it could reach around that, or \
                          take from another dialect, would be a rule that the other dialects do not have";

const WALLS: &[Wall] = &[
    Wall {
        packages: "tender-money",
        rule: Rule::WorkspaceOnly {
            shipped: &[],
            tests: &[],
        },
        why: "exact arithmetic is the ground everything stands on; it knows nothing of what stands there",
    },
    Wall {
        packages: "tender-engine",
        rule: Rule::WorkspaceOnly {
            shipped: &["tender-money"],
            tests: &[],
        },
        why: ENGINE_PURE,
    },
    Wall {
        packages: "tender-engine",
        rule: Rule::RegistryOnly(&["sha2"]),
        why: ENGINE_PURE,
    },
    Wall {
        packages: "tender-engine",
        rule: Rule::NeverInTree(&[
            "serde",
            "tokio",
            "tracing",
            "log",
            "http",
            "rusqlite",
            "rand",
            "getrandom",
            "jiff",
            "chrono",
        ]),
        why: ENGINE_PURE,
    },
    Wall {
        packages: "tender-store",
        rule: Rule::WorkspaceOnly {
            shipped: &["tender-engine", "tender-money"],
            tests: &[],
        },
        why: STORE_PORT,
    },
    Wall {
        packages: "tender-store-*",
        rule: Rule::WorkspaceOnly {
            shipped: &["tender-sched", "tender-store"],
            tests: &["tender-engine", "tender-money", "tender-testkit"],
        },
        why: BACKEND_BELOW,
    },
    Wall {
        packages: "tender-sched",
        rule: Rule::WorkspaceOnly {
            shipped: &[],
            tests: &[],
        },
        why: "it is the only crate with unsafe code, and stays as small as its system calls",
    },
    Wall {
        packages: "tender-service",
        rule: Rule::Never(&[
            "tender-store-*",
            "tender-dialect-*",
            "tender-native",
            "tender-oauth",
            "tender-console",
            "tender-http",
            "tender-wire",
            "tender-sim",
            "tender-cli",
            "axum",
            "http",
        ]),
        why: "the service runs commands against any store for any translator; who calls it, and over which protocol, \
              is above it",
    },
    Wall {
        packages: "tender-wire",
        rule: Rule::WorkspaceOnly {
            shipped: &["tender-money"],
            tests: &[],
        },
        why: LEAF,
    },
    Wall {
        packages: "tender-http",
        rule: Rule::WorkspaceOnly {
            shipped: &[],
            tests: &[],
        },
        why: LEAF,
    },
    Wall {
        packages: "tender-openapi",
        rule: Rule::WorkspaceOnly {
            shipped: &[],
            tests: &[],
        },
        why: LEAF,
    },
    Wall {
        packages: "tender-oauth",
        rule: Rule::Never(&[
            "tender-store*",
            "tender-dialect-*",
            "tender-native",
            "tender-console",
            "tender-sim",
            "tender-cli",
        ]),
        why: "access tokens are issued the same way for every dialect that has them; who asks is above, and where they \
              are kept is below the service",
    },
    Wall {
        packages: "tender-dialect-*",
        rule: Rule::Never(&[
            "tender-store*",
            "tender-dialect-*",
            "tender-native",
            "tender-console",
            "tender-sim",
            "tender-cli",
        ]),
        why: TRANSLATOR,
    },
    Wall {
        packages: "tender-native",
        rule: Rule::Never(&[
            "tender-store*",
            "tender-dialect-*",
            "tender-console",
            "tender-sim",
            "tender-cli",
        ]),
        why: TRANSLATOR,
    },
    Wall {
        packages: "tender-console",
        rule: Rule::Never(&[
            "tender-store*",
            "tender-dialect-*",
            "tender-native",
            "tender-sim",
            "tender-cli",
        ]),
        why: TRANSLATOR,
    },
    Wall {
        packages: "tender-sim",
        rule: Rule::WorkspaceOnly {
            shipped: &["tender-engine", "tender-money"],
            tests: &[],
        },
        why: AUDITOR,
    },
    Wall {
        packages: "tender-testkit",
        rule: Rule::WorkspaceOnly {
            shipped: &[],
            tests: &[],
        },
        why: "it starts what is outside the program, so that tests of every crate can use it, those of the backends too",
    },
    Wall {
        packages: "tender-testbed",
        rule: Rule::Never(&[
            "tender-dialect-*",
            "tender-native",
            "tender-oauth",
            "tender-console",
            "tender-sim",
            "tender-cli",
        ]),
        why: "the tests of all translators stand on it; what it knew of one, the others would be tested with",
    },
];

const WIRING: &str = "one crate chooses the backend; any other that names one cannot run on the other";
const DEVELOPMENT: &str = "what tests and measurements need is not what users run; make it a dev-dependency";
const NO_WALL: &str = "a crate that no wall is about may come to know everything; say in xtask/src/tidy/walls.rs what \
                       it must not know";

/// The part of `cargo metadata` that walls are about.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; nothing for what is shipped.
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDependency>,
}

#[derive(Debug, Deserialize)]
struct NodeDependency {
    pkg: String,
    dep_kinds: Vec<NodeDependencyKind>,
}

#[derive(Debug, Deserialize)]
struct NodeDependencyKind {
    kind: Option<String>,
}

impl Metadata {
    /// Reads what `cargo metadata --format-version 1` prints.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("cargo metadata cannot be read")
    }

    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The names of everything compiled into a package. Features are those of a build of the whole workspace, so
    /// the tree is rather too large than too small.
    fn tree(&self, package: &Package) -> BTreeSet<&str> {
        let names: HashMap<&str, &str> = self
            .packages
            .iter()
            .map(|package| (package.id.as_str(), package.name.as_str()))
            .collect();
        let nodes: HashMap<&str, &Node> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![package.id.as_str()];
        while let Some(id) = waiting.pop() {
            if seen.insert(id) {
                let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
                let shipped = dependencies.filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
                waiting.extend(shipped.map(|dep| dep.pkg.as_str()));
            }
        }
        seen.iter().filter_map(|id| names.get(id).copied()).collect()
    }
}

/// Every dependency that goes through a wall, and every crate that has none around it. A wall may be about a crate
/// that does not exist yet; one that was renamed has no wall any more, and is named.
pub fn check(metadata: &Metadata) -> Vec<Problem> {
    let members: BTreeSet<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut problems = Vec::new();
    for package in metadata.members() {
        let is_development_only = DEVELOPMENT_ONLY.contains(&package.name.as_str());
        let mut walls = WALLS
            .iter()
            .filter(|wall| matches(wall.packages, &package.name))
            .peekable();
        if walls.peek().is_none() && !is_development_only && package.name != CLI {
            problems.push(problem(package, "has no wall".to_owned(), NO_WALL));
        }
        for wall in walls {
            let breaches = wall.rule.breaches(package, &members, metadata);
            problems.extend(breaches.into_iter().map(|what| problem(package, what, wall.why)));
        }
        if is_development_only {
            continue;
        }
        for dependency in package.shipped() {
            let name = dependency.name.as_str();
            if BACKENDS.contains(&name) && package.name != CLI {
                problems.push(problem(package, depends_on(name), WIRING));
            }
            if DEVELOPMENT_ONLY.contains(&name) {
                problems.push(problem(package, depends_on(name), DEVELOPMENT));
            }
        }
    }
    problems
}

impl Package {
    fn shipped(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies
            .iter()
            .filter(|dependency| !dependency.is_for_tests())
    }
}

impl Dependency {
    fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

impl Rule {
    /// What the package does against the rule.
    fn breaches(&self, package: &Package, members: &BTreeSet<&str>, metadata: &Metadata) -> Vec<String> {
        let is_member = |dependency: &&Dependency| members.contains(dependency.name.as_str());
        match self {
            Self::WorkspaceOnly { shipped, tests } => {
                let allowed = |dependency: &Dependency| {
                    let name = dependency.name.as_str();
                    shipped.contains(&name)
                        || dependency.is_for_tests() && (tests.contains(&name) || name == package.name)
                };
                let breaches = package
                    .dependencies
                    .iter()
                    .filter(is_member)
                    .filter(|dep| !allowed(dep));
                breaches.map(|dependency| depends_on(&dependency.name)).collect()
            }
            Self::RegistryOnly(allowed) => {
                let breaches = package
                    .shipped()
                    .filter(|dep| !is_member(dep) && !allowed.contains(&dep.name.as_str()));
                breaches.map(|dependency| depends_on(&dependency.name)).collect()
            }
            Self::Never(patterns) => {
                let breaches = package
                    .shipped()
                    .filter(|dep| patterns.iter().any(|pattern| matches(pattern, &dep.name)));
                breaches.map(|dependency| depends_on(&dependency.name)).collect()
            }
            Self::NeverInTree(names) => {
                let tree = metadata.tree(package);
                let breaches = names.iter().filter(|name| tree.contains(**name));
                breaches
                    .map(|name| format!("has {name} in its dependency tree"))
                    .collect()
            }
        }
    }
}

fn problem(package: &Package, what: String, why: &'static str) -> Problem {
    Problem {
        place: package.name.clone(),
        line: None,
        what,
        why,
    }
}

fn depends_on(name: &str) -> String {
    format!("depends on {name}")
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

use super::machine::tests::machine;
use super::{Install, POSTGRES_VARIABLE, TABLE, advice, apt_packages, missing};

#[test]
fn an_empty_machine_misses_everything_and_says_who_needs_it() {
    let root = tempfile::tempdir().unwrap();
    let missing = missing(&machine(root.path()), TABLE.iter());
    assert_eq!(missing.len(), TABLE.len());
    let packages = apt_packages(&missing);
    assert!(
        packages.contains(&"postgresql") && packages.contains(&"chromium"),
        "{packages:?}"
    );
    let advice = advice(&missing);
    for requirement in TABLE {
        let by_hand = matches!(requirement.install, Install::Apt(_));
        for part in [Some(requirement.name), requirement.variable]
            .into_iter()
            .flatten()
        {
            assert_eq!(
                advice.contains(part),
                by_hand || part == "Schemathesis",
                "{part} in {advice}"
            );
        }
    }
}

#[test]
fn postgres_is_looked_for_alone() {
    let root = tempfile::tempdir().unwrap();
    let wanted = TABLE.iter().filter(|one| one.variable == Some(POSTGRES_VARIABLE));
    let missing = missing(&machine(root.path()), wanted);
    assert_eq!(apt_packages(&missing), ["postgresql"]);
}

#[test]
fn every_variable_names_one_tool() {
    let mut variables: Vec<&str> = TABLE
        .iter()
        .filter_map(|requirement| requirement.variable)
        .collect();
    let count = variables.len();
    variables.sort_unstable();
    variables.dedup();
    assert_eq!(variables.len(), count);
    assert!(variables.iter().all(|variable| variable.starts_with("TENDER_")));
}

#[test]
fn python_comes_before_what_is_installed_with_it() {
    let python = TABLE.iter().position(|requirement| requirement.name == "Python");
    let package = TABLE
        .iter()
        .position(|requirement| matches!(requirement.install, Install::Python(_)));
    assert!(python.is_some() && python < package);
}

use super::{REQUIRED, check};

#[test]
fn each_required_file_is_missed() {
    let all: Vec<String> = REQUIRED.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(check(&all), []);
    for path in &all {
        let others: Vec<String> = all.iter().filter(|other| *other != path).cloned().collect();
        let problems = check(&others);
        assert_eq!(
            problems.iter().map(|problem| &problem.place).collect::<Vec<_>>(),
            [path]
        );
    }
}

#[test]
fn a_file_of_the_same_name_elsewhere_does_not_count() {
    assert_eq!(check(&["docs/README.md".to_owned()]).len(), REQUIRED.len());
}

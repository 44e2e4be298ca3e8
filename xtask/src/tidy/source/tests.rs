use super::{FLOATS, UNFINISHED, check};
use crate::tidy::File;

fn whats(path: &str, text: &str) -> Vec<(Option<usize>, String)> {
    check(File { path, text })
        .into_iter()
        .map(|problem| (problem.line, problem.what))
        .collect()
}

#[test]
fn a_module_begins_by_saying_what_it_is() {
    let missing = [(Some(1), "does not begin with `//!`".to_owned())];
    assert_eq!(whats("crates/http/src/lib.rs", "use std::fmt;\n"), missing);
    assert_eq!(
        whats("crates/http/src/a/tests/b.rs", "// Not a module comment.\n"),
        missing
    );
    assert_eq!(whats("crates/http/src/lib.rs", "\n//! Late.\n"), missing);
    assert_eq!(whats("crates/http/src/empty.rs", ""), missing);
    assert_eq!(whats("crates/http/src/lib.rs", "//! Listener.\n"), []);
    for exempt in [
        "crates/http/src/tests.rs",
        "crates/http/src/a/tests.rs",
        "crates/http/build.rs",
    ] {
        assert_eq!(whats(exempt, "use std::fmt;\n"), [], "{exempt}");
    }
    assert_eq!(whats("crates/http/src/style.css", "a {}\n"), []);
}

#[test]
fn unfinished_work_is_found_in_code_and_comments() {
    for (mark, _) in UNFINISHED {
        for line in [
            format!("    {mark}"),
            format!("{mark}(\"x\")"),
            format!("x; // {mark}: x"),
        ] {
            let text = format!("//! A.\n{line}\n");
            assert_eq!(
                whats("xtask/src/a.rs", &text),
                [(Some(2), format!("`{mark}`"))],
                "{line}"
            );
        }
        let joined = format!("//! A.\nx{mark}\n_{mark}\n");
        // An attribute needs no space before it; the others are then the end of another name.
        let expected = if mark.starts_with('#') { 2 } else { 0 };
        assert_eq!(whats("xtask/src/a.rs", &joined).len(), expected, "{joined}");
    }
    assert_eq!(whats("docs/a.md", UNFINISHED[0].0), []);
}

#[test]
fn binary_fractions_are_found_near_money_only() {
    for float in FLOATS {
        let text = format!("//! A.\nfn a(b: {float}) {{}}\n");
        let found = [(Some(2), format!("`{float}` near money"))];
        for near in [
            "crates/money/src/a.rs",
            "crates/engine/src/a.rs",
            "crates/store/src/a.rs",
            "crates/store-sqlite/src/a.rs",
            "crates/wire/src/a.rs",
            "crates/dialect-om/src/a.rs",
        ] {
            assert_eq!(whats(near, &text), found, "{near}");
        }
        assert_eq!(whats("crates/http/src/a.rs", &text), []);
        let other_words = format!("//! A.\nfn {float}_text(a{float}: u8, {float}0: u8) {{}}\n");
        assert_eq!(whats("crates/money/src/a.rs", &other_words), []);
        for literal in [format!("1_{float}"), format!("1.5{float}")] {
            assert_eq!(
                whats("crates/money/src/a.rs", &format!("//! A.\n({literal})\n")),
                found,
                "{literal}"
            );
        }
    }
}

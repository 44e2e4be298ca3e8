use std::path::{Path, PathBuf};

use super::{host, joined, merger};

#[test]
fn a_flag_comes_after_those_that_are_there() {
    let before = |text: &str, between| Some((text.to_owned(), between));
    for (given, expected) in [
        (None, "-Cprofile-use=/a b/c"),
        (before("", ' '), "-Cprofile-use=/a b/c"),
        (
            before("-Cdebuginfo=1  -Copt-level=3", ' '),
            "-Cdebuginfo=1\u{1f}-Copt-level=3\u{1f}-Cprofile-use=/a b/c",
        ),
        (
            before("-Clink-arg=a b\u{1f}-Copt-level=3", '\u{1f}'),
            "-Clink-arg=a b\u{1f}-Copt-level=3\u{1f}-Cprofile-use=/a b/c",
        ),
    ] {
        assert_eq!(joined(given, "-Cprofile-use=/a b/c"), expected);
    }
}

#[test]
fn the_host_is_a_line_of_its_own() {
    let text = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
    assert_eq!(host(text).as_deref(), Some("x86_64-unknown-linux-gnu"));
    assert_eq!(host("rustc 1.95.0\n"), None);
}

#[test]
fn the_tool_is_looked_for_where_rustup_puts_it() {
    assert_eq!(
        merger(Path::new("/toolchain"), "some-host"),
        PathBuf::from("/toolchain/lib/rustlib/some-host/bin/llvm-profdata")
    );
}

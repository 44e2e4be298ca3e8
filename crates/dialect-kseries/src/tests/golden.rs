//! Golden files: what is expected, as text. `BLESS=1` writes what is there now; a file that no test uses fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Where the files are.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares with a file, or writes it.
pub(crate) fn compare(path: &std::path::Path, actual: &str) {
    if blessing() {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("the golden folder");
        }
        fs::write(path, actual).expect("a golden file");
        return;
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; run with BLESS=1 to write it", path.display()));
    assert_eq!(
        actual,
        expected,
        "{} differs; run with BLESS=1 if that is right",
        path.display()
    );
}

/// The files of one folder and the names a test used.
#[derive(Debug)]
pub(crate) struct Goldens {
    folder: PathBuf,
    used: BTreeSet<String>,
}

impl Goldens {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            folder: folder(name),
            used: BTreeSet::new(),
        }
    }

    /// Compares one text.
    pub(crate) fn check(&mut self, name: &str, actual: &str) {
        assert!(self.used.insert(name.to_owned()), "{name} is used twice");
        compare(&self.folder.join(name), &format!("{actual}\n"));
    }

    /// Fails for files that nothing used.
    pub(crate) fn finish(self) {
        let unused: Vec<String> = names(&self.folder)
            .into_iter()
            .filter(|name| !self.used.contains(name))
            .collect();
        assert!(unused.is_empty(), "golden files that no test uses: {unused:?}");
    }
}

/// The files of a folder, in order.
pub(crate) fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the golden folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    names
}

/// Replaces what differs from run to run: times (keeping their form), ids that the ledger makes, UUIDs and codes made from
/// them.
pub(crate) fn normalise(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while !rest.is_empty() {
        if let Some((length, mark)) = variable(rest, &out) {
            out.push_str(mark);
            rest = &rest[length..];
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    out
}

/// Ids made by the ledger have this many digits; those of the tests have fewer.
const LEDGER_ID_DIGITS: std::ops::RangeInclusive<usize> = 15..=16;

/// A made-up code among the labels of a command.
const COLLECTION_CODE: &str = "kseries.collection_code\", \"AAAA";

fn variable(text: &str, before: &str) -> Option<(usize, &'static str)> {
    let shape = |pattern: &str| {
        text.len() >= pattern.len()
            && pattern
                .bytes()
                .zip(text.bytes())
                .all(|(wanted, byte)| match wanted {
                    b'9' => byte.is_ascii_digit(),
                    b'x' => byte.is_ascii_hexdigit(),
                    b'A' => byte.is_ascii_uppercase(),
                    other => other == byte,
                })
    };
    let in_word = before.ends_with(|last: char| last.is_ascii_alphanumeric());
    if in_word {
        return None;
    }
    for (pattern, mark) in [
        ("9999-99-99T99:99:99.999+0000", "<time+0000>"),
        ("9999-99-99T99:99:99.999+00:00", "<time+00:00>"),
        ("9999-99-99T99:99:99.999Z", "<timeZ>"),
        ("xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx", "<uuid>"),
        ("Order AAAA", "Order <code>"),
        (COLLECTION_CODE, "kseries.collection_code\", \"<code>"),
    ] {
        if shape(pattern) {
            return Some((pattern.len(), mark));
        }
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    LEDGER_ID_DIGITS.contains(&digits).then_some((digits, "<id>"))
}

#[test]
fn what_varies_is_replaced_and_nothing_else() {
    let text = concat!(
        r#"{"t":"2023-11-07T23:00:20.075+0000","z":"2023-11-07T23:00:20.075Z","id":281474976710656,"bl":45454565682155,"#,
        r#""uuid":"5a81c7f4-9e2f-4db2-965d-6946a4f9c25b","name":"Order NZVV","money":"20.06"}"#
    );
    assert_eq!(
        normalise(text),
        concat!(
            r#"{"t":"<time+0000>","z":"<timeZ>","id":<id>,"bl":45454565682155,"#,
            r#""uuid":"<uuid>","name":"Order <code>","money":"20.06"}"#
        )
    );
}

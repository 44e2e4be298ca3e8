//! Every row of the acceptance checklist has a test that carries its number: `row_07_…`. Most rows are tested through the
//! dialect's router, beside the dialect; those about sending and about the whole server are tested here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// Rows of the checklist.
const ROWS: u32 = 45;
/// Rows whose test belongs to another topic and has its name: where it is, and what it is called.
const ELSEWHERE: [(u32, &str, &str); 1] = [(44, "tests/whole/oauth.rs", "kseries_refresh_tokens_rotate")];

#[test]
fn every_row_has_its_test() -> anyhow::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tested = BTreeSet::new();
    for folder in ["tests/whole/kseries", "../dialect-kseries/src/tests"] {
        for file in files(&here.join(folder))? {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let names = text.split("fn row_").skip(1);
            tested.extend(names.filter_map(|name| name.get(..2)?.parse::<u32>().ok()));
        }
    }
    for (row, file, name) in ELSEWHERE {
        let text = fs::read_to_string(here.join(file)).context(file)?;
        ensure!(text.contains(&format!("fn {name}(")), "{file} has no test {name}");
        tested.insert(row);
    }
    let missing: Vec<u32> = (1..=ROWS).filter(|row| !tested.contains(row)).collect();
    ensure!(missing.is_empty(), "rows without a test: {missing:?}");
    Ok(())
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: Vec<PathBuf> = paths.collect::<anyhow::Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.is_file()).collect())
}

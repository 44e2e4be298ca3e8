//! What a test run did, read from nextest's JUnit file: counts and the slowest tests.

use std::time::Duration;

use anyhow::{Context, Result};
use roxmltree::{Document, Node};

#[cfg(test)]
mod tests;

/// One test that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// Test binary and test, as nextest names them.
    pub name: String,
    /// How long it ran.
    pub elapsed: Duration,
    /// Whether it failed, hung or left processes behind.
    pub failed: bool,
}

/// Every test of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// In the order of the file.
    pub cases: Vec<TestCase>,
}

impl Report {
    /// Reads the text of a JUnit file.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self> {
        let document = Document::parse(text).context("the JUnit file is not XML")?;
        let cases = document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"));
        Ok(Self {
            cases: cases.map(test_case).collect::<Result<_>>()?,
        })
    }

    /// How many tests passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| !case.failed).count()
    }

    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| case.failed).count()
    }

    /// The tests that took longest, slowest first.
    pub fn slowest(&self, count: usize) -> Vec<&TestCase> {
        let mut cases: Vec<&TestCase> = self.cases.iter().collect();
        cases.sort_by(|left, right| {
            right
                .elapsed
                .cmp(&left.elapsed)
                .then_with(|| left.name.cmp(&right.name))
        });
        cases.truncate(count);
        cases
    }
}

fn test_case(node: Node<'_, '_>) -> Result<TestCase> {
    let attribute = |name: &str| {
        node.attribute(name)
            .with_context(|| format!("a test case of the JUnit file has no `{name}`"))
    };
    let seconds: f64 = attribute("time")?
        .parse()
        .context("the JUnit file has a time that is no number")?;
    Ok(TestCase {
        name: format!("{} {}", attribute("classname")?, attribute("name")?),
        elapsed: Duration::try_from_secs_f64(seconds).context("the JUnit file has a negative time")?,
        failed: node
            .children()
            .any(|child| child.has_tag_name("failure") || child.has_tag_name("error")),
    })
}

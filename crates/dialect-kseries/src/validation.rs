//! Broken constraints in the form of Bean Validation (spec 5.2).
//!
//! Owns: codes, arguments and default messages of the constraints, and how Spring names fields in them. Must not know:
//! which object has which fields.

use tender_wire::{ArrayWriter, ObjectWriter};

#[cfg(test)]
mod tests;

/// Broken constraints that one answer lists at most; more tell a client nothing that these do not.
pub(crate) const VIOLATIONS_MAX: usize = 100;

/// A constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// Must be there.
    NotNull,
    /// Length of a text in UTF-16 units, as Java counts, or the number of elements of a list.
    Size {
        /// Smallest.
        min: usize,
        /// Largest.
        max: usize,
    },
    /// Smallest number.
    Min(i64),
}

/// A field's type, as Java names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JavaType {
    String,
    Long,
    Integer,
    BigDecimal,
    Boolean,
    List,
    Object,
}

impl JavaType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::String => "java.lang.String",
            Self::Long => "java.lang.Long",
            Self::Integer => "java.lang.Integer",
            Self::BigDecimal => "java.math.BigDecimal",
            Self::Boolean => "java.lang.Boolean",
            Self::List => "java.util.List",
            Self::Object => "java.lang.Object",
        }
    }
}

/// A value that broke a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejected {
    Text(String),
    Number(i64),
    /// Elements of a list.
    Texts(Vec<String>),
}

/// One broken constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path of the field: `items[0].quantity`.
    pub(crate) field: String,
    pub(crate) java_type: JavaType,
    pub(crate) constraint: Constraint,
    /// The value, unless it is null.
    pub(crate) rejected: Option<Rejected>,
}

/// Collects broken constraints of one object.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    fn push(&mut self, violation: impl FnOnce() -> Violation) {
        if self.0.len() < VIOLATIONS_MAX {
            self.0.push(violation());
        }
    }

    /// The field must not be null.
    pub(crate) fn not_null(&mut self, field: impl Into<String>, java_type: JavaType) {
        self.push(|| Violation {
            field: field.into(),
            java_type,
            constraint: Constraint::NotNull,
            rejected: None,
        });
    }

    /// A text of a given length. Absent ones pass: presence is another constraint.
    pub(crate) fn size(&mut self, field: impl Into<String>, text: Option<&str>, min: usize, max: usize) {
        let Some(text) = text else { return };
        let length = text.encode_utf16().count();
        if !(min..=max).contains(&length) {
            self.push(|| Violation {
                field: field.into(),
                java_type: JavaType::String,
                constraint: Constraint::Size { min, max },
                rejected: Some(Rejected::Text(text.to_owned())),
            });
        }
    }

    /// A list of a given length.
    pub(crate) fn list_size(&mut self, field: &str, texts: &[&str], min: usize, max: usize) {
        if !(min..=max).contains(&texts.len()) {
            self.push(|| Violation {
                field: field.to_owned(),
                java_type: JavaType::List,
                constraint: Constraint::Size { min, max },
                rejected: Some(Rejected::Texts(
                    texts.iter().map(|text| (*text).to_owned()).collect(),
                )),
            });
        }
    }

    /// A number from `min` on.
    pub(crate) fn min(&mut self, field: impl Into<String>, value: Option<i32>, min: i64) {
        let Some(value) = value.map(i64::from) else { return };
        if value < min {
            self.push(|| Violation {
                field: field.into(),
                java_type: JavaType::Integer,
                constraint: Constraint::Min(min),
                rejected: Some(Rejected::Number(value)),
            });
        }
    }

    /// All of them, in the order of the calls.
    pub(crate) fn into_vec(self) -> Vec<Violation> {
        self.0
    }
}

/// Writes one element of `errors`.
pub(crate) fn write_violation(o: &mut ObjectWriter<'_>, object: &str, violation: &Violation) {
    let (code, message) = words(violation.constraint);
    let field = &violation.field;
    o.array("codes", |codes| write_codes(codes, code, object, violation));
    o.array("arguments", |arguments| {
        arguments.object(|o| {
            o.array("codes", |codes| {
                codes.display(format_args!("{object}.{field}"));
                codes.string(field);
            });
            o.string("defaultMessage", field);
            o.string("code", field);
        });
        match violation.constraint {
            Constraint::NotNull => {}
            // Spring sorts a constraint's members by name: max stands before min.
            Constraint::Size { min, max } => {
                arguments.number(max);
                arguments.number(min);
            }
            Constraint::Min(value) => arguments.number(value),
        }
    });
    o.string("defaultMessage", &message);
    o.string("objectName", object);
    o.string("field", field);
    match &violation.rejected {
        None => {}
        Some(Rejected::Text(text)) => o.string("rejectedValue", text),
        Some(Rejected::Number(number)) => o.number("rejectedValue", *number),
        Some(Rejected::Texts(texts)) => o.array("rejectedValue", |list| {
            for text in texts {
                list.string(text);
            }
        }),
    }
    o.bool("bindingFailure", false);
    o.string("code", code);
}

fn words(constraint: Constraint) -> (&'static str, String) {
    match constraint {
        Constraint::NotNull => ("NotNull", "must not be null".to_owned()),
        Constraint::Size { min, max } => ("Size", format!("size must be between {min} and {max}")),
        Constraint::Min(value) => ("Min", format!("must be greater than or equal to {value}")),
    }
}

/// The codes under which Spring looks for a message, from the most to the least exact.
fn write_codes(codes: &mut ArrayWriter<'_>, code: &str, object: &str, violation: &Violation) {
    let mut names = spellings(&violation.field);
    for name in &names {
        codes.display(format_args!("{code}.{object}.{name}"));
    }
    if let Some((_, last)) = violation.field.rsplit_once('.') {
        for name in spellings(last) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in &names {
        codes.display(format_args!("{code}.{name}"));
    }
    codes.display(format_args!("{code}.{}", violation.java_type.name()));
    codes.string(code);
}

/// A field's path with its indexes, then with one index after another taken away, the last one first.
fn spellings(path: &str) -> Vec<String> {
    let mut spellings = vec![path.to_owned()];
    let mut rest = path.to_owned();
    while let Some((before, after)) = rest.rsplit_once('[') {
        let Some((_, after)) = after.split_once(']') else {
            break;
        };
        rest = format!("{before}{after}");
        spellings.push(rest.clone());
    }
    spellings
}

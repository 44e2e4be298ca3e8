//! From one list of a record's members, both directions of its JSON document.

use std::marker::PhantomData;

use super::field::{Field, Stored};
use super::json::Json;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

/// What is stored as a JSON object.
pub(super) trait Document: Sized {
    /// The values of the record that stand beside the document.
    type Columns;

    /// Writes the members, without those that have their default.
    fn write_members(&self, members: &mut Json);

    /// Reads the members, in any order.
    fn read_members<'de, M: MapAccess<'de>>(columns: Self::Columns, members: M) -> Result<Self, M::Error>;
}

/// Implements [`Document`] from a list of members: `field`, then `as "name"` where the member has another name than
/// the field, then `or value` where it has another default than its type. `beside Name { column: Type }` lists the
/// fields that stand in columns and makes a struct of them. `like other` makes the value of a member before it the default.
///
/// A field of the record that is in neither list is a compile error.
macro_rules! document {
    ($record:ident: $($members:tt)+) => {
        document!(@both $record, (), (), [] $($members)+);
    };
    ($record:ident beside $columns:ident { $($column:ident: $kind:ty),+ $(,)? }: $($members:tt)+) => {
        /// The values that stand in columns.
        pub(super) struct $columns {
            $(pub(super) $column: $kind,)+
        }
        document!(@both $record, $columns, $columns { $($column),+ }, [$($column)+] $($members)+);
    };
    (@both $record:ident, $columns:ty, $pattern:pat, [$($column:ident)*]
        $($field:ident $(as $name:literal)? $(like $like:ident)? $(or $default:expr)?),+ $(,)?
    ) => {
        impl $crate::records::document::Document for $record {
            type Columns = $columns;

            fn write_members(&self, members: &mut $crate::records::json::Json) {
                let Self { $($column: _,)* $($field,)+ } = self;
                $($crate::records::document::put(
                    members,
                    document!(@name $field $($name)?),
                    $field,
                    document!(@default written [$($default)?] [$($like)?]),
                );)+
            }

            fn read_members<'de, M: serde::de::MapAccess<'de>>(
                columns: $columns,
                mut members: M,
            ) -> Result<Self, M::Error> {
                #[expect(non_camel_case_types, reason = "named as the fields are")]
                enum Member {
                    $($field,)+
                }
                let name = |text: &str| match text {
                    $(document!(@name $field $($name)?) => Some(Member::$field),)+
                    _ => None,
                };
                $(let mut $field = None;)+
                while let Some(member) =
                    members.next_key_seed($crate::records::document::Name::new(name))?
                {
                    match member {
                        $(Some(Member::$field) => $crate::records::document::take(
                            &mut members,
                            document!(@name $field $($name)?),
                            &mut $field,
                        )?,)+
                        None => {
                            members.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                $(let $field = $crate::records::document::found(
                    document!(@name $field $($name)?),
                    $field,
                    document!(@default read [$($default)?] [$($like)?]),
                )?;)+
                let $pattern = columns;
                Ok(Self { $($column,)* $($field,)+ })
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (@default $how:ident [] []) => { $crate::records::field::Field::absent() };
    (@default $how:ident [$default:expr] []) => { Some($default) };
    (@default written [] [$like:ident]) => { Some(Clone::clone($like)) };
    (@default read [] [$like:ident]) => { Some(Clone::clone(&$like)) };
}
pub(super) use document;

/// Writes a document.
pub(super) fn write_document<T: Document>(record: &T, to: &mut Json) {
    to.object(|members| record.write_members(members));
}

/// Reads a document.
pub(super) fn read_document<'de, T: Document, D: Deserializer<'de>>(
    columns: T::Columns,
    from: D,
) -> Result<T, D::Error> {
    from.deserialize_map(Members::<T>(columns))
}

/// Writes a member, unless it has its default.
pub(super) fn put<T: Field>(members: &mut Json, name: &'static str, value: &T, default: Option<T>) {
    if default.is_none_or(|default| default != *value) {
        members.member(name, value);
    }
}

/// Reads the value of a member into its place.
pub(super) fn take<'de, M: MapAccess<'de>, T: Field>(
    members: &mut M,
    name: &'static str,
    place: &mut Option<T>,
) -> Result<(), M::Error> {
    if place.is_some() {
        return Err(M::Error::duplicate_field(name));
    }
    let value = members
        .next_value::<Stored<T>>()
        .map_err(|error| M::Error::custom(format_args!("{name}: {error}")))?;
    *place = Some(value.0);
    Ok(())
}

/// What was read for a member, or its default.
pub(super) fn found<T, E: serde::de::Error>(
    name: &'static str,
    value: Option<T>,
    default: Option<T>,
) -> Result<T, E> {
    value.or(default).ok_or_else(|| E::missing_field(name))
}

struct Members<T: Document>(T::Columns);

impl<'de, T: Document> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<T, M::Error> {
        T::read_members(self.0, members)
    }
}

/// Reads a member's name without keeping its text.
pub(super) struct Name<F, R> {
    known: F,
    member: PhantomData<R>,
}

impl<F: Fn(&str) -> Option<R>, R> Name<F, R> {
    pub(super) fn new(known: F) -> Self {
        Self {
            known,
            member: PhantomData,
        }
    }
}

impl<'de, F: Fn(&str) -> Option<R>, R> DeserializeSeed<'de> for Name<F, R> {
    type Value = Option<R>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<R>, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl<'de, F: Fn(&str) -> Option<R>, R> Visitor<'de> for Name<F, R> {
    type Value = Option<R>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<R>, E> {
        Ok((self.known)(text))
    }
}

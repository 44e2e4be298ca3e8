//! The values of a column as PostgreSQL takes them: one array, in its binary form.
//!
//! Owns: how arrays are written. Must not know: tables and rows.
//!
//! The client library can write arrays of anything, and takes several calls for each value. A payment is nearly thirty numbers and
//! five documents, so these two kinds are written straight.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

#[cfg(test)]
mod tests;

/// The number of dimensions, and that none of the values is NULL.
const HEAD: [i32; 2] = [1, 0];
/// The first position.
const FIRST: i32 = 1;
/// What stands before the values, in bytes: five numbers.
const HEAD_BYTES: usize = 5 * size_of::<i32>();
/// What stands before each value, in bytes: its length.
const LENGTH_BYTES: usize = size_of::<i32>();
/// How long a number is, and how its length is written.
const NUMBER_BYTES: usize = size_of::<i64>();
const NUMBER_LENGTH: i32 = 8;

/// Numbers, an array of `bigint`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers(pub Vec<i64>);

/// Documents, an array of `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Docs(pub Vec<String>);

type Written = Result<IsNull, Box<dyn Error + Sync + Send>>;

impl ToSql for Numbers {
    fn to_sql(&self, array: &Type, out: &mut BytesMut) -> Written {
        out.reserve(HEAD_BYTES + self.0.len() * (LENGTH_BYTES + NUMBER_BYTES));
        write_head(array, self.0.len(), out)?;
        for number in &self.0 {
            let mut value = [0; LENGTH_BYTES + NUMBER_BYTES];
            let (length, bytes) = value.split_at_mut(LENGTH_BYTES);
            length.copy_from_slice(&NUMBER_LENGTH.to_be_bytes());
            bytes.copy_from_slice(&number.to_be_bytes());
            out.put_slice(&value);
        }
        Ok(IsNull::No)
    }

    fn accepts(array: &Type) -> bool {
        *array == Type::INT8_ARRAY
    }

    to_sql_checked!();
}

impl ToSql for Docs {
    fn to_sql(&self, array: &Type, out: &mut BytesMut) -> Written {
        let bytes: usize = self.0.iter().map(|doc| LENGTH_BYTES + doc.len()).sum();
        out.reserve(HEAD_BYTES + bytes);
        write_head(array, self.0.len(), out)?;
        for doc in &self.0 {
            out.put_i32(i32::try_from(doc.len())?);
            out.put_slice(doc.as_bytes());
        }
        Ok(IsNull::No)
    }

    fn accepts(array: &Type) -> bool {
        *array == Type::TEXT_ARRAY
    }

    to_sql_checked!();
}

fn write_head(array: &Type, values: usize, out: &mut BytesMut) -> Result<(), Box<dyn Error + Sync + Send>> {
    let Kind::Array(element) = array.kind() else {
        return Err(format!("{array} is not an array").into());
    };
    HEAD.into_iter().for_each(|number| out.put_i32(number));
    out.put_u32(element.oid());
    out.put_i32(i32::try_from(values)?);
    out.put_i32(FIRST);
    Ok(())
}

//! Parquet: columns by name, their values exactly in the declared type or refused.

use std::fs::File;
use std::sync::Arc;

use crate::model::spec::ColumnSpec;
use ::arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use ::arrow::compute::{CastOptions, cast_with_options, concat_batches};
use ::arrow::datatypes::{DataType, FieldRef, Fields, SchemaRef, TimeUnit};
use ::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use ::arrow::util::display::array_value_to_string;
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::ChunkReader;
use lake_sql::types::Type;

use super::bad::{BadRow, Batch, Fault};
use super::{BATCH_ROWS, Compression, Result, read_all, unreadable};
use crate::values::error::ValueError;
use crate::values::types;

/// The rows of a Parquet file.
pub(super) fn read(
    path: &str,
    columns: Vec<ColumnSpec>,
    keep: bool,
) -> Result<Box<dyn Iterator<Item = Result<Batch>> + Send>> {
    match Compression::of(path)? {
        Compression::None => open(path, File::open(path).map_err(|error| unreadable(path, error))?, columns, keep),
        Compression::Gzip | Compression::Zstd => open(path, bytes::Bytes::from(read_all(path)?), columns, keep),
    }
}

fn open(
    path: &str,
    input: impl ChunkReader + 'static,
    columns: Vec<ColumnSpec>,
    keep: bool,
) -> Result<Box<dyn Iterator<Item = Result<Batch>> + Send>> {
    let damaged = |error: ParquetError| ValueError::data(format!("{path} is damaged: {error}"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(damaged)?;
    let found = find_columns(path, &columns, builder.schema())?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), found.iter().flatten().copied());
    let rows = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
    let path = path.to_owned();
    let mut first_row = 1;
    Ok(Box::new(rows.map(move |batch| {
        let batch = batch.map_err(|error| ValueError::data(format!("{path} is damaged: {error}")))?;
        let sifted = sift(&path, &columns, &batch, first_row, keep);
        first_row += batch.num_rows();
        sifted
    })))
}

/// Where each declared column is in the file.
fn find_columns(path: &str, columns: &[ColumnSpec], schema: &SchemaRef) -> Result<Vec<Option<usize>>> {
    columns
        .iter()
        .map(|column| {
            let at = position(schema.fields(), &column.name);
            if at.is_none() && !column.nullable {
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                return Err(ValueError::data(format!(
                    "{path}: expected a column {}, found {}",
                    column.name,
                    names.join(", ")
                )));
            }
            Ok(at)
        })
        .collect()
}

/// The field of a name; where none is spelt like it, the one that differs in case only.
fn position(fields: &Fields, name: &str) -> Option<usize> {
    let similar = |field: &FieldRef| field.name().eq_ignore_ascii_case(name);
    fields.iter().position(|field| field.name() == name).or_else(|| {
        let mut found = fields.iter().enumerate().filter(|(_, field)| similar(field));
        found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
    })
}

/// The rows of a batch of the file in the declared columns. A bad one is an error, unless it is to be kept; columns of
/// other types are the file's mistake and always one.
fn sift(path: &str, columns: &[ColumnSpec], batch: &RecordBatch, first_row: usize, keep: bool) -> Result<Batch> {
    let wrong = match declare(columns, batch) {
        Ok(good) => return Ok(Batch { good, bad: vec![] }),
        Err(wrong) => wrong,
    };
    if let Err(wrong) = declare(columns, &batch.slice(0, 0)) {
        return Err(ValueError::data(format!("{path}: {wrong}")));
    }
    let (mut good, mut bad) = (vec![], vec![]);
    for row in 0..batch.num_rows() {
        let alone = batch.slice(row, 1);
        match declare(columns, &alone) {
            Ok(declared) => good.push(declared),
            Err(message) if keep => bad.push(kept(&alone, first_row + row, message)),
            Err(message) => return Err(Fault::in_row(first_row + row, message).in_file(path)),
        }
    }
    if bad.is_empty() {
        return Err(ValueError::internal(format!("{path}: {wrong}, but in none of its rows")));
    }
    Ok(Batch { good: concat_batches(&super::schema(columns)?, &good)?, bad })
}

/// The first row of a batch as a bad one.
fn kept(batch: &RecordBatch, row: usize, message: String) -> BadRow {
    let shown = StructArray::from(batch.clone());
    let text = array_value_to_string(&shown, 0).unwrap_or_else(|error| error.to_string());
    Fault::in_row(row, message).kept(row, &text)
}

/// The declared columns of a batch, or what is wrong with one of them.
fn declare(columns: &[ColumnSpec], batch: &RecordBatch) -> Result<RecordBatch, String> {
    let schema = super::schema(columns).map_err(|error| error.message)?;
    let arrays = columns.iter().map(|column| {
        let array = match position(batch.schema_ref().fields(), &column.name) {
            Some(at) => convert(batch.column(at), &column.ty).map_err(|error| format!("{}: {error}", column.name))?,
            None => new_null_array(&types::arrow(&column.ty).map_err(|error| error.message)?, batch.num_rows()),
        };
        if !column.nullable && array.logical_null_count() > 0 {
            return Err(format!("{}: expected {}, found null: the column cannot be null", column.name, column.ty));
        }
        Ok(array)
    });
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|error| error.to_string())
}

/// The values of a column of a file in a declared type.
fn convert(array: &ArrayRef, ty: &Type) -> Result<ArrayRef, String> {
    let to = types::arrow(ty).map_err(|error| error.message)?;
    match (ty, array.data_type()) {
        (Type::Array(element), DataType::List(_)) => {
            let lists = array.as_list::<i32>();
            let values = convert(lists.values(), element)?;
            let DataType::List(item) = to else { return Err(format!("{to} is no list")) };
            let built = ListArray::try_new(item, lists.offsets().clone(), values, lists.nulls().cloned());
            Ok(Arc::new(built.map_err(|error| error.to_string())?))
        }
        (Type::Map(key, value), DataType::Map(..)) => {
            let maps = array.as_map();
            let parts = vec![convert(maps.keys(), key)?, convert(maps.values(), value)?];
            let DataType::Map(entries, ordered) = &to else { return Err(format!("{to} is no map")) };
            let DataType::Struct(fields) = entries.data_type() else { return Err(format!("{to} is no map")) };
            let built = StructArray::try_new(fields.clone(), parts, None).and_then(|pairs| {
                let (offsets, nulls) = (maps.offsets().clone(), maps.nulls().cloned());
                MapArray::try_new(entries.clone(), offsets, pairs, nulls, *ordered)
            });
            Ok(Arc::new(built.map_err(|error| error.to_string())?))
        }
        (Type::Row(fields), DataType::Struct(found)) => {
            let rows = array.as_struct();
            let part = |field: &lake_sql::types::Field| {
                let name = field.name.as_deref().unwrap_or_default();
                match position(found, name) {
                    Some(at) => convert(rows.column(at), &field.ty).map_err(|error| format!("{name}: {error}")),
                    None => {
                        types::arrow(&field.ty).map(|ty| new_null_array(&ty, rows.len())).map_err(|error| error.message)
                    }
                }
            };
            let parts = fields.iter().map(part).collect::<Result<Vec<_>, _>>()?;
            let DataType::Struct(declared) = to else { return Err(format!("{to} is no row")) };
            let built = StructArray::try_new_with_length(declared, parts, rows.nulls().cloned(), rows.len());
            Ok(Arc::new(built.map_err(|error| error.to_string())?))
        }
        (_, from) if *from == to => checked_length(array, ty),
        (_, from) if keeps_values(from, &to) => {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            let cast = cast_with_options(array, &to, &options).map_err(|error| error.to_string())?;
            // What a cast has rounded does not come back.
            let lossless = !may_round(from, &to)
                || cast_with_options(&cast, from, &options).is_ok_and(|back| back.as_ref() == array.as_ref());
            match lossless {
                true => checked_length(&cast, ty),
                false => Err(format!("expected {ty}, found {} with more digits than fit", trino_name(from))),
            }
        }
        (_, from) => Err(format!("expected {ty}, found {}", trino_name(from))),
    }
}

/// What Trino calls the type of a column of a file.
fn trino_name(ty: &DataType) -> String {
    let digits = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    };
    let fields = |fields: &Fields| {
        let named = fields.iter().map(|field| format!("{} {}", field.name(), trino_name(field.data_type())));
        named.collect::<Vec<_>>()
    };
    match ty {
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "tinyint".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "real".into(),
        DataType::Float64 => "double".into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "varbinary".into()
        }
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Time32(unit) | DataType::Time64(unit) => format!("time({})", digits(unit)),
        DataType::Timestamp(unit, None) => format!("timestamp({})", digits(unit)),
        DataType::Timestamp(unit, Some(_)) => format!("timestamp({}) with time zone", digits(unit)),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::List(item) | DataType::LargeList(item) => format!("array({})", trino_name(item.data_type())),
        DataType::Struct(parts) => format!("row({})", fields(parts).join(", ")),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(parts) => {
                let types: Vec<String> = parts.iter().map(|part| trino_name(part.data_type())).collect();
                format!("map({})", types.join(", "))
            }
            other => other.to_string(),
        },
        // Trino has no such type.
        other => format!("{other} of Parquet"),
    }
}

/// Text that must not be longer than its type.
fn checked_length(array: &ArrayRef, ty: &Type) -> Result<ArrayRef, String> {
    let limit = match ty {
        Type::Varchar(Some(limit)) | Type::Char(limit) => *limit as usize,
        _ => return Ok(array.clone()),
    };
    let fixed = matches!(ty, Type::Char(_));
    let trimmed = |text: &str| if fixed { text.trim_end_matches(' ').len() } else { text.len() };
    let texts = array.as_string::<i32>();
    if let Some(long) = texts.iter().flatten().find(|text| text[..trimmed(text)].chars().count() > limit) {
        return Err(format!("expected {ty}, found {long:?}"));
    }
    match fixed {
        true => {
            let cut = texts.iter().map(|text| text.map(|text| &text[..trimmed(text)]));
            Ok(Arc::new(cut.collect::<::arrow::array::StringArray>()))
        }
        false => Ok(array.clone()),
    }
}

/// Whether a cast between two types is of the kind that keeps values, or fails, or can be seen to have rounded.
fn keeps_values(from: &DataType, to: &DataType) -> bool {
    use DataType::*;
    match (from, to) {
        (Dictionary(_, value), to) => keeps_values(value, to) || **value == *to,
        (Utf8 | LargeUtf8 | Utf8View, Utf8) => true,
        (Binary | LargeBinary | BinaryView, Binary) => true,
        (Float32, Float64) => true,
        (Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..), Decimal128(..)) => true,
        (from, Decimal128(..)) => from.is_integer(),
        (Time32(_) | Time64(_), Time64(_)) => true,
        (Timestamp(_, from), Timestamp(_, to)) => from.is_some() == to.is_some(),
        (from, to) => from.is_integer() && to.is_integer(),
    }
}

fn may_round(from: &DataType, to: &DataType) -> bool {
    use DataType::*;
    match (from, to) {
        (Timestamp(unit, _) | Time64(unit), _) => *unit == TimeUnit::Nanosecond,
        (from, Decimal128(..)) => !from.is_integer(),
        _ => false,
    }
}

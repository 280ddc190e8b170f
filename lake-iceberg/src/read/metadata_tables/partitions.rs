//! `"t$partitions"`: what the data files of each partition tell of it, and partition values as rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use iceberg::spec::{DataContentType, DataFile, Datum, PrimitiveLiteral, PrimitiveType, Transform, Type};

use super::{Columns, column, literals};
use crate::commit::{Contents, LiveFile};
use crate::error::{Error, Result};
use crate::table::Table;

/// A partition field of some spec of a table.
struct Part {
    id: i32,
    name: String,
    ty: PrimitiveType,
}

/// The partition fields of all specs of a table.
pub(super) struct PartitionType {
    parts: Vec<Part>,
    /// By spec: the field ids of its values.
    specs: BTreeMap<i32, Vec<i32>>,
}

/// Values of all partition fields.
type Key = Vec<Option<PrimitiveLiteral>>;

impl PartitionType {
    pub fn of(table: &Table) -> Result<Self> {
        let metadata = table.metadata();
        let mut specs: Vec<_> = metadata.partition_specs_iter().collect();
        specs.sort_by_key(|spec| spec.spec_id());
        let mut found = Self { parts: Vec::new(), specs: BTreeMap::new() };
        for spec in specs {
            for field in spec.fields() {
                // The table that stood in its place may have been partitioned by a column that is gone.
                let Some(source) = metadata.current_schema().field_by_id(field.source_id) else { continue };
                let Type::Primitive(ty) = field.transform.result_type(&source.field_type)? else { continue };
                if !found.parts.iter().any(|part| part.id == field.field_id) {
                    found.parts.push(Part { id: field.field_id, name: field.name.clone(), ty });
                }
            }
            found.specs.insert(spec.spec_id(), spec.fields().iter().map(|field| field.field_id).collect());
        }
        Ok(found)
    }

    /// The column of partitions; none where a table has never had any.
    pub fn field(&self) -> Option<Field> {
        let field = |part: &Part| Field::new(&part.name, literals::arrow_type(&part.ty), true);
        let fields: Fields = self.parts.iter().map(field).collect();
        (!self.parts.is_empty()).then(|| Field::new("partition", DataType::Struct(fields), true))
    }

    /// The partitions of files.
    pub fn column(&self, files: &[&LiveFile]) -> Result<Option<(Field, ArrayRef)>> {
        self.rows(&files.iter().map(|live| self.key(live)).collect::<Vec<_>>())
    }

    fn rows(&self, keys: &[Key]) -> Result<Option<(Field, ArrayRef)>> {
        let Some(field) = self.field() else { return Ok(None) };
        let DataType::Struct(fields) = field.data_type() else {
            return Err(Error::Invalid("a partition is no row".to_owned()));
        };
        let arrays = self.parts.iter().enumerate().map(|(at, part)| {
            let values: Vec<_> = keys.iter().map(|key| key[at].clone()).collect();
            literals::array(&part.ty, &values)
        });
        let array = StructArray::new(fields.clone(), arrays.collect::<Result<Vec<_>>>()?, None);
        Ok(Some((field, Arc::new(array))))
    }

    fn key(&self, live: &LiveFile) -> Key {
        let ids = self.specs.get(&live.spec_id).map(Vec::as_slice).unwrap_or_default();
        let values = live.file().partition().fields();
        let value = |part: &Part| {
            let at = ids.iter().position(|id| *id == part.id)?;
            values.get(at)?.as_ref()?.as_primitive_literal()
        };
        self.parts.iter().map(value).collect()
    }
}

/// The columns with single values that are no partition values themselves.
fn measured(table: &Table) -> Vec<(i32, String, PrimitiveType)> {
    let metadata = table.metadata();
    let identity = |id| {
        let mut fields = metadata.default_partition_spec().fields().iter();
        fields.any(|field| field.source_id == id && field.transform == Transform::Identity)
    };
    let fields = metadata.current_schema().as_struct().fields().iter();
    let primitive = fields.filter_map(|field| match &*field.field_type {
        Type::Primitive(ty) => Some((field.id, field.name.clone(), ty.clone())),
        _ => None,
    });
    primitive.filter(|(id, ..)| !identity(*id)).collect()
}

fn of_column(ty: &PrimitiveType) -> Fields {
    let bound = literals::arrow_type(ty);
    Fields::from(vec![
        Field::new("min", bound.clone(), true),
        Field::new("max", bound, true),
        Field::new("null_count", DataType::Int64, true),
        Field::new("nan_count", DataType::Int64, true),
    ])
}

fn data_fields(measured: &[(i32, String, PrimitiveType)]) -> Fields {
    measured.iter().map(|(_, name, ty)| Field::new(name, DataType::Struct(of_column(ty)), true)).collect()
}

pub(super) fn fields(table: &Table) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = PartitionType::of(table)?.field().into_iter().collect();
    fields.extend(["record_count", "file_count", "total_size"].map(|name| Field::new(name, DataType::Int64, true)));
    let measured = measured(table);
    if !measured.is_empty() {
        fields.push(Field::new("data", DataType::Struct(data_fields(&measured)), true));
    }
    Ok(fields)
}

/// What the files of a partition tell of a column: those that were written before it tell nothing.
#[derive(Clone)]
struct Measure {
    least: Option<Datum>,
    greatest: Option<Datum>,
    bounded: bool,
    nulls: Option<u64>,
    nans: Option<u64>,
}

impl Measure {
    fn new() -> Self {
        Self { least: None, greatest: None, bounded: true, nulls: None, nans: None }
    }

    fn add(&mut self, id: i32, ty: &PrimitiveType, file: &DataFile) {
        let nulls = file.null_value_counts().get(&id).copied();
        let bound = |bounds: &HashMap<i32, Datum>| bounds.get(&id).map(|datum| widened(datum, ty));
        let bounds = (bound(file.lower_bounds()), bound(file.upper_bounds()));
        if nulls.is_none() && bounds == (None, None) {
            return;
        }
        if let Some(nulls) = nulls {
            *self.nulls.get_or_insert(0) += nulls;
        }
        if let Some(nans) = file.nan_value_counts().get(&id) {
            *self.nans.get_or_insert(0) += nans;
        }
        if nulls == Some(file.record_count()) {
            return;
        }
        match bounds {
            (Some(lower), Some(upper)) => {
                if self.least.as_ref().is_none_or(|least| lower < *least) {
                    self.least = Some(lower);
                }
                if self.greatest.as_ref().is_none_or(|greatest| upper > *greatest) {
                    self.greatest = Some(upper);
                }
            }
            _ => self.bounded = false,
        }
    }

    fn bound(&self, bound: &Option<Datum>) -> Option<PrimitiveLiteral> {
        bound.as_ref().filter(|_| self.bounded).map(|datum| datum.literal().clone())
    }
}

/// A bound that was written before its column got a wider type.
fn widened(datum: &Datum, ty: &PrimitiveType) -> Datum {
    match (ty, datum.literal()) {
        (PrimitiveType::Long, PrimitiveLiteral::Int(value)) => Datum::long(*value),
        (PrimitiveType::Double, PrimitiveLiteral::Float(value)) => Datum::double(f64::from(value.0)),
        (PrimitiveType::Decimal { .. }, _) => {
            datum.clone().to(&Type::Primitive(ty.clone())).unwrap_or_else(|_| datum.clone())
        }
        _ => datum.clone(),
    }
}

#[derive(Clone)]
struct Partition {
    key: Key,
    records: i64,
    files: i64,
    bytes: i64,
    measures: Vec<Measure>,
}

pub(super) async fn columns(table: &Table) -> Result<Columns> {
    let contents = Contents::load(table).await?;
    let (ty, measured) = (PartitionType::of(table)?, measured(table));
    // Keys have no order; texts of them have one that is good enough to be the same each time.
    let mut partitions: BTreeMap<String, Partition> = BTreeMap::new();
    // Trino counts the files of deleted rows like others, and the rows in them.
    for live in contents.data_files().chain(&contents.deletes) {
        let (key, file) = (ty.key(live), live.file());
        let measures = vec![Measure::new(); measured.len()];
        let fresh = Partition { key: key.clone(), records: 0, files: 0, bytes: 0, measures };
        let partition = partitions.entry(format!("{key:?}")).or_insert(fresh);
        partition.records += file.record_count() as i64;
        partition.files += 1;
        partition.bytes += file.file_size_in_bytes() as i64;
        if file.content_type() == DataContentType::Data {
            for (measure, (id, _, ty)) in partition.measures.iter_mut().zip(&measured) {
                measure.add(*id, ty, file);
            }
        }
    }
    // A table without partitioning has one partition, of which nothing is known while it is empty.
    let unknown = partitions.is_empty() && ty.parts.is_empty();
    if unknown {
        let measures = vec![Measure::new(); measured.len()];
        partitions.insert(String::new(), Partition { key: vec![], records: 0, files: 0, bytes: 0, measures });
    }
    let all: Vec<Partition> = partitions.into_values().collect();
    let longs = |f: &dyn Fn(&Partition) -> i64| Arc::new(Int64Array::from_iter_values(all.iter().map(f))) as ArrayRef;
    let known = |f: &dyn Fn(&Partition) -> i64| match unknown {
        true => Arc::new(Int64Array::new_null(all.len())) as ArrayRef,
        false => longs(f),
    };
    let keys: Vec<Key> = all.iter().map(|partition| partition.key.clone()).collect();
    let mut columns: Columns = ty.rows(&keys)?.into_iter().collect();
    columns.push(column("record_count", known(&|partition| partition.records)));
    columns.push(column("file_count", longs(&|partition| partition.files)));
    columns.push(column("total_size", known(&|partition| partition.bytes)));
    if !measured.is_empty() {
        columns.push(column("data", data(&measured, &all, unknown)?));
    }
    Ok(columns)
}

fn data(measured: &[(i32, String, PrimitiveType)], all: &[Partition], unknown: bool) -> Result<ArrayRef> {
    let mut arrays = Vec::with_capacity(measured.len());
    for (at, (_, _, ty)) in measured.iter().enumerate() {
        let of = || all.iter().map(|partition| &partition.measures[at]);
        let least: Vec<_> = of().map(|measure| measure.bound(&measure.least)).collect();
        let greatest: Vec<_> = of().map(|measure| measure.bound(&measure.greatest)).collect();
        let counts = |count: &dyn Fn(&Measure) -> Option<u64>| {
            Arc::new(Int64Array::from_iter(of().map(|measure| count(measure).map(|n| n as i64)))) as ArrayRef
        };
        let columns = vec![
            literals::array(ty, &least)?,
            literals::array(ty, &greatest)?,
            counts(&|measure| measure.nulls),
            counts(&|measure| measure.nans),
        ];
        let told = of().zip(least.iter().zip(&greatest)).map(|(measure, (least, greatest))| {
            !unknown && (least.is_some() || greatest.is_some() || measure.nulls.is_some())
        });
        let told = NullBuffer::from_iter(told);
        arrays.push(Arc::new(StructArray::new(of_column(ty), columns, Some(told))) as ArrayRef);
    }
    Ok(Arc::new(StructArray::new(data_fields(measured), arrays, None)))
}

//! A table for people. On a terminal it is no wider than that: long values are cut, and rows with too many columns are
//! written as lists of names and values.

use std::io::Write;

use console::{Alignment, measure_text_width, pad_str, truncate_str};
use lake_core::engine::Rows;
use lake_sql::types::Type;

use crate::error::Error;
use crate::query::values;

/// What stands for the rest of a value that was cut.
const CUT: &str = "…";

/// A column is not made narrower than this.
const LEAST: usize = 12;

/// Blanks between columns.
const GAP: usize = 2;

/// How much room there is, and how it is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// Columns of the terminal; None where nothing needs to be cut.
    pub width: Option<usize>,
    /// Whether rows are always written as lists.
    pub lists: bool,
}

/// Writes the rows with their header.
pub fn write(rows: &Rows, layout: Layout, out: &mut dyn Write) -> Result<(), Error> {
    let cells = rows_of_cells(rows)?;
    let natural: Vec<usize> = (0..rows.columns.len()).map(|column| natural_width(rows, &cells, column)).collect();
    let cuttable: Vec<bool> = rows.columns.iter().map(|(_, ty)| is_cuttable(ty)).collect();
    match layout.width.map_or(Some(natural.clone()), |width| fitted(&natural, &cuttable, width)) {
        Some(widths) if !layout.lists => wide(rows, &cells, &widths, out),
        _ => long(rows, &cells, layout.width, out),
    }
}

fn rows_of_cells(rows: &Rows) -> Result<Vec<Vec<String>>, Error> {
    let row = |row: Result<Vec<_>, _>| {
        Ok(row?
            .into_iter()
            .map(|value| values::text(value).map_or_else(|| "NULL".into(), |text| shown(&text)))
            .collect())
    };
    values::rows(rows).map(row).collect()
}

/// Text on one line, with nothing that would move the cursor.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push('⏎'),
            '\t' => shown.push('⇥'),
            c if c.is_control() => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

fn natural_width(rows: &Rows, cells: &[Vec<String>], column: usize) -> usize {
    let (name, ty) = &rows.columns[column];
    let head = measure_text_width(&shown(name)).max(measure_text_width(&ty.to_string()));
    cells.iter().map(|row| measure_text_width(&row[column])).fold(head, usize::max)
}

/// Widths that fit: of the columns that may be cut, the widest give first. None if even narrow ones do not fit.
fn fitted(natural: &[usize], cuttable: &[bool], width: usize) -> Option<Vec<usize>> {
    let columns = || natural.iter().zip(cuttable);
    let capped = |(width, cuttable): (&usize, &bool), cap: usize| if *cuttable { (*width).min(cap) } else { *width };
    let room = width.checked_sub(GAP * natural.len().saturating_sub(1))?;
    let total = |cap: usize| columns().map(|column| capped(column, cap)).sum::<usize>();
    let widest = natural.iter().copied().max().unwrap_or(0);
    if total(widest) <= room {
        return Some(natural.to_vec());
    }
    // The largest cap that fits; what is left over goes to the first column that was cut.
    let cap = (LEAST..widest).rev().find(|cap| total(*cap) <= room)?;
    let mut left = room - total(cap);
    let give = |column: (&usize, &bool)| {
        let narrow = capped(column, cap);
        let more = (column.0 - narrow).min(left);
        left -= more;
        narrow + more
    };
    Some(columns().map(give).collect())
}

fn wide(rows: &Rows, cells: &[Vec<String>], widths: &[usize], out: &mut dyn Write) -> Result<(), Error> {
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(widths).zip(&rows.columns).map(|((cell, width), (_, ty))| {
            let side = if is_number(ty) { Alignment::Right } else { Alignment::Left };
            pad_str(&truncate_str(cell, *width, CUT), *width, side, None).into_owned()
        });
        padded.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    let names: Vec<String> = rows.columns.iter().map(|(name, _)| shown(name)).collect();
    let types: Vec<String> = rows.columns.iter().map(|(_, ty)| ty.to_string()).collect();
    writeln!(out, "{}", line(&mut names.iter().map(String::as_str)))?;
    writeln!(out, "{}", line(&mut types.iter().map(String::as_str)))?;
    let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    writeln!(out, "{}", rules.join(&" ".repeat(GAP)))?;
    for row in cells {
        writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
    }
    Ok(())
}

/// Each row as a list of its columns.
fn long(rows: &Rows, cells: &[Vec<String>], width: Option<usize>, out: &mut dyn Write) -> Result<(), Error> {
    let names: Vec<String> = rows.columns.iter().map(|(name, _)| shown(name)).collect();
    let named = names.iter().map(|name| measure_text_width(name)).max().unwrap_or(0);
    for (number, row) in cells.iter().enumerate() {
        writeln!(out, "── row {} ──", number + 1)?;
        for (name, cell) in names.iter().zip(row) {
            let line = format!("{}  {cell}", pad_str(name, named, Alignment::Left, None));
            writeln!(out, "{}", truncate_str(line.trim_end(), width.unwrap_or(usize::MAX), CUT))?;
        }
    }
    Ok(())
}

/// Whether a part of a value says something: of a text, not of a number or a moment.
fn is_cuttable(ty: &Type) -> bool {
    use Type::{Array, Char, Json, Map, Row, Varbinary, Varchar};
    matches!(ty, Varchar(_) | Char(_) | Varbinary | Json | Array(_) | Map(..) | Row(_))
}

fn is_number(ty: &Type) -> bool {
    use Type::{BigInt, Decimal, Double, Integer, Real, SmallInt, TinyInt};
    matches!(ty, TinyInt | SmallInt | Integer | BigInt | Real | Double | Decimal { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_first() {
        let fitted = |natural: &[usize], width| fitted(natural, &vec![true; natural.len()], width);
        assert_eq!(fitted(&[3, 50, 5], 80), Some(vec![3, 50, 5]));
        assert_eq!(fitted(&[3, 50, 5], 40), Some(vec![3, 28, 5]));
        assert_eq!(fitted(&[3, 50, 60], 40), Some(vec![3, 17, 16]));
        assert_eq!(fitted(&[50, 50, 50], 25), None);
        assert_eq!(fitted(&[], 15), Some(vec![]));
    }

    #[test]
    fn numbers_are_never_cut() {
        assert_eq!(fitted(&[20, 50], &[false, true], 40), Some(vec![20, 18]));
        assert_eq!(fitted(&[20, 50], &[false, true], 30), None);
    }
}

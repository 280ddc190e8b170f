//! TPC-H.

use tpchgen::generators::*;

use crate::load::Rows;

/// `create table` of each table: those of Trino's connector, with the decimals that the specification asks for.
pub fn schema() -> String {
    include_str!("../../../lake-tool/src/check/catalogs/tpch.sql")
        .replace("tpch.tiny.", "tpch.")
        .replace(" double", " decimal(12,2)")
}

/// The rows of a table.
pub fn rows(table: &str, scale: f64) -> Option<Rows> {
    Some(match table {
        "customer" => Rows::new(CustomerGenerator::new(scale, 1, 1).iter()),
        "lineitem" => Rows::new(LineItemGenerator::new(scale, 1, 1).iter()),
        "nation" => Rows::new(NationGenerator::new(scale, 1, 1).iter()),
        "orders" => Rows::new(OrderGenerator::new(scale, 1, 1).iter()),
        "part" => Rows::new(PartGenerator::new(scale, 1, 1).iter()),
        "partsupp" => Rows::new(PartSuppGenerator::new(scale, 1, 1).iter()),
        "region" => Rows::new(RegionGenerator::new(scale, 1, 1).iter()),
        "supplier" => Rows::new(SupplierGenerator::new(scale, 1, 1).iter()),
        _ => return None,
    })
}

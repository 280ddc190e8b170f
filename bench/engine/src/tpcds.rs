//! TPC-DS.

use tpcdsgen::config::{CompatMode, SessionBuilder, Table};
use tpcdsgen::row::*;

use crate::load::Rows;

/// `create table` of each table: those of Trino's connector.
pub fn schema() -> String {
    include_str!("../../../lake-tool/src/check/catalogs/tpcds.sql").replace("tpcds.tiny.", "tpcds.")
}

/// The rows of a table. `dbgen_version`, which says when and how rows were made, has none.
pub fn rows(table: &str, scale: f64) -> Option<Rows> {
    let session = SessionBuilder::new().with_scale_factor(scale).with_compat_mode(CompatMode::Trino).build().ok()?;
    let table = *Table::values().iter().find(|known| known.get_name() == table)?;
    let count = session.get_scaling().get_row_count(table);
    macro_rules! rows {
        ($($table:ident => $generator:ident),* $(,)?) => {
            match table {
                $(Table::$table => Rows::new($generator::new(session, count)),)*
                _ => return None,
            }
        };
    }
    Some(rows! {
        CallCenter => CallCenterRowGenerator,
        CatalogPage => CatalogPageRowGenerator,
        CatalogReturns => CatalogReturnsRowGenerator,
        CatalogSales => CatalogSalesRowGenerator,
        Customer => CustomerRowGenerator,
        CustomerAddress => CustomerAddressRowGenerator,
        CustomerDemographics => CustomerDemographicsRowGenerator,
        DateDim => DateDimRowGenerator,
        HouseholdDemographics => HouseholdDemographicsRowGenerator,
        IncomeBand => IncomeBandRowGenerator,
        Inventory => InventoryRowGenerator,
        Item => ItemRowGenerator,
        Promotion => PromotionRowGenerator,
        Reason => ReasonRowGenerator,
        ShipMode => ShipModeRowGenerator,
        Store => StoreRowGenerator,
        StoreReturns => StoreReturnsRowGenerator,
        StoreSales => StoreSalesRowGenerator,
        TimeDim => TimeDimRowGenerator,
        Warehouse => WarehouseRowGenerator,
        WebPage => WebPageRowGenerator,
        WebReturns => WebReturnsRowGenerator,
        WebSales => WebSalesRowGenerator,
        WebSite => WebSiteRowGenerator,
    })
}

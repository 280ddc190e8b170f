//! Shapes of literals and bodies, and types that Rust does not have.

use lake_upstream_models::shop::orders;
use lakehouse::prelude::*;

#[model(schema = "shapes")]
fn raw_text(orders: Ref<orders>) -> View<_> {
    sql!(
        r#"
        -- a comment with {braces}
        select "order_id", '{{"json": true}}' as "text", address.town, rates['USD'] as rate, address
        from {orders}
        "#
    )
}

#[model(schema = "shapes")]
fn branches(orders: Ref<orders>) -> Table<_> {
    let daily = true;
    if daily {
        table(lakehouse::prelude::sql!("select order_id from {orders}"))
    } else {
        table(sql!("select max(order_id) as order_id from {orders} having count(*) > 0"))
    }
}

#[model(schema = "shapes")]
fn nested(raw_text: Ref<raw_text>) -> View<_> {
    sql!("select address.street as street from {raw_text}")
}

#[test]
fn types_without_a_rust_type_survive() {
    assert_eq!(
        super::columns(&super::model("shapes.raw_text").columns),
        [
            "order_id bigint",
            "text varchar(14)",
            "town varchar?",
            "rate decimal(18,6)?",
            "address row(street varchar, town varchar)",
        ]
    );
    assert_eq!(super::columns(&super::model("shapes.nested").columns), ["street varchar?"]);
}

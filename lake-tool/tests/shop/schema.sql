-- What the shop's database holds.
create table shop.orders (
    order_id bigint not null,
    customer_id bigint not null,
    amount decimal(12, 2),
    note varchar,
    ordered_at timestamp(6),
    primary key (order_id)
);
create table shop.customers (
    customer_id bigint not null primary key,
    name varchar not null
);

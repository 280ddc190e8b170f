create table shop.totals as
select customer_id, sum(amount) as total from shop.orders group by customer_id;

-- sees the table of the statement before
select name, total from shop.totals t join shop.customers c on t.customer_id = c.customer_id;

create external table shop.events (id bigint, at string) stored as parquet location 's3://shop/events/';
alter table shop.events add columns (kind string);
alter table shop.totals rename column total to amount;
select e.kind, t.amount from shop.events e join shop.totals t on t.customer_id = e.id;
msck repair table shop.events;
drop table shop.totals;
create table shop.totals as select 1 as one;
select one from shop.totals;

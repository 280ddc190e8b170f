with unused as (select 1 as one)
select amount / 3 as third, current_date as today
from shop.orders
where note not in (select note from shop.orders) and amount > 1.5;

insert into shop.orders (order_id, customer_id, amount) select order_id, customer_id, amount * 1.075 from shop.orders;

-- lake: allow(integer-division) buckets of a thousand
select order_id / 1000 as bucket from shop.orders;
-- lake: allow(unused-ctes) none
select 1 as one;

select c.name, o.amount
from shop.orders o
join shop.orders p on p.customer_id = o.customer_id
join shop.customers c on c.customer_id = o.customer_id;

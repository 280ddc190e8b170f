select order_id, o.amount, Note as n, amount * 2 as doubled, address.city, count(*) over () from {orders} o

select * from {customers}

select c.*, 1 as one from {customers} c cross join {orders}

select t.x, t.y from (values (1, 'a'), (2.5, null)) t (x, y)

select orders.address.* from {orders}

select orders.address.* as (town, "code") from {orders}

select distinct country from {customers} order by country

select name as n from {customers} order by n, signed_up limit 3

select order_id from {orders} o where o.amount between 1 and 2.5 and note like 'a%' escape '!' and order_id in (1, 2)

select cast(null as bigint) as a, try_cast(note as integer) as b, try(order_id / 0) as c, current_date as d from {orders}

select ordered_at + interval '1' day as a, ordered_at at time zone 'Europe/Berlin' as b, extract(year from ordered_at) as c, date '2024-01-31' as d, timestamp '2024-01-31 10:00:00.123 UTC' as e, interval '1-2' year to month as f from {orders}

select 5 / 2 as a, 5 / 2.0 as b, amount / 3 as c, amount * amount as d, -amount as e, 10 % 3 as f, 1e0 + 1 as g from {orders}

select row(1, 'a')[2] as a, array[1, 2.5][1] as b, map(array['a'], array[1])['a'] as c, tags[1] as d from {orders}

select order_id from {shop.orders} where orders.amount > 0

select if(amount > 1, 'big', 'small') as size, nullif(note, '') as note, coalesce(note, 'none') as filled from {orders}

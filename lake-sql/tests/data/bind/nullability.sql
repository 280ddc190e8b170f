select note from {orders} where note is not null

select note from {orders} where note > 'a' and amount > 1

select note from {orders} where not (note is null or amount = 0)

select note from {orders} where note like 'a%' or note = 'b'

select note from {orders} where note = 'a' or amount = 1

select note from {orders} where note in ('a', 'b')

select note from {orders} where upper(note) = 'A'

select note from {orders} where coalesce(note, '') = 'a'

select note from {orders} where note is distinct from null

select case when note is not null then note else 'none' end as a, case when note is null then 'none' else note end as b, case when amount > 1 then note end as c from {orders}

select case note when 'a' then note else 'x' end as a from {orders}

select coalesce(note, address.city) as a, coalesce(note, 'x') as b, concat(note, 'x') as c, note is null as d, note = 'a' as e, note is not distinct from 'a' as f, (note = 'a') is true as g from {orders}

select sum(amount) as a, count(*) as b, count(note) as c, max(order_id) as d, array_agg(note) as e from {orders}

select customer_id, sum(amount) as a, max(note) as b, min(order_id) filter (where amount > 1) as c from {orders} group by customer_id

select customer_id, note, sum(amount) as s from {orders} group by rollup (customer_id, note)

select customer_id, grouping(customer_id) as g from {orders} group by grouping sets ((customer_id), ())

select tags[1] as a, element_at(tags, 1) as b, cardinality(tags) as c, address.city as d, row(1, note)[1] as e from {orders}

select order_id from {orders} union all select null

select note from {orders} intersect select name from {customers}

select name from {customers} except select note from {orders}

select try(order_id) as a, cast(json '1' as bigint) as b, try_cast(amount as integer) as c, nullif(order_id, 1) as d from {orders}

select array[1] = array[2] as a, row(1, 2) = row(1, 3) as b, order_id = 1 as c from {orders}

select (select max(amount) from {orders}) as a, (select count(*) from {orders}) as b, (select 1) as c, (select 1 where false) as d, exists (select 1 from {orders}) as e, 1 in (select order_id from {orders}) as f, 'a' in (select note from {orders}) as g

select customer_id, count(*) as n from {orders} group by customer_id having count(*) > 1 order by n desc

select customer_id, count(*) as n from {orders} group by 1 order by 2 desc, 1

select amount * 2 as d, count(*) as n from {orders} group by amount * 2

select amount * 2 + 1 as d, sum(amount) * 2 as s from {orders} group by amount * 2

select extract(year from ordered_at) as y, count(distinct customer_id) as n from {orders} group by extract(year from ordered_at) order by max(amount)

select o.customer_id, (select max(name) from {customers} c where c.customer_id = o.customer_id) as name from {orders} o group by o.customer_id

select o.note, (select max(name) from {customers} c where c.customer_id = o.customer_id) as name from {orders} o group by o.note

select customer_id, note from {orders} group by customer_id

select customer_id + amount as x from {orders} group by customer_id

select sum(amount) as s, note from {orders}

select note from {orders} having count(*) > 1

select count(*) as n from {orders} having max(amount) > 1

select customer_id, sum(amount) as s from {orders} group by cube (customer_id, note)

select count(*) as n from {orders} group by order_id, 3

select sum(amount) over (order by sum(amount)) as running from {orders} group by amount

select customer_id, rank() over (order by sum(amount) desc) as place from {orders} group by customer_id

select customer_id, sum(sum(amount)) over () as total from {orders} group by customer_id

select listagg(note, ',') within group (order by order_id) as notes, array_agg(order_id order by amount desc) as ids from {orders}

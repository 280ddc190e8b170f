select custmer_id from {orders}

select o.custmer_id, c.nmae from {orders} o join {customers} c on c.customer_id = o.customer_id

select orders.amount from {orders} o

select customer_id from {orders} o join {customers} c on true

select o.customer_id from {orders} o join {customers} c using (customer_id)

select order_id from {orders} where note = "paid"

select order_id from {orders} where note = 1

select order_id from {orders} where ordered_at > '2024-01-01'

select order_id from {orders} where order_id = note

select order_id from {orders} where order_id in (1, 'a')

select order_id from {orders} where amount between 'a' and 'b'

select lenght(note) as n, ifnull(note, 'x') as m from {orders}

select substr(order_id, 1) as s from {orders}

select note + 1 as n, note + note as m, ordered_at - ordered_at as d from {orders}

select order_id from {ordrs}

select order_id from orders

select {with_tax(amount, 1)} as a, {with_tax} as b, {now(1)} as c from {orders}

select 1 as a union all select 1, 2

select name from {customers} union all select amount from {orders}

select sum(amount), count(*) filter (where note) as n from {orders} where max(amount) > 1 group by count(*)

select case when note then 1 end as a, case when true then 1 else 'x' end as b from {orders}

select nope, nada from {orders} where nothing = 1 group by never having no_way order by nowhere

select date '2024-13-01' as d, timestamp 'noon' as t, decimal 'x' as n, interval '1' day + 1 as i

select order_id from {orders} order by 3, nope

select null + null as n

select amount as a, note as a from {orders} order by a

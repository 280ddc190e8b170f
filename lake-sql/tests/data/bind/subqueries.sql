select order_id from {orders} o where exists (select 1 from {customers} c where c.customer_id = o.customer_id and c.name = o.note)

select order_id from {orders} o where amount > all (select amount from {orders} i where i.customer_id = o.customer_id)

select order_id from {orders} o where (customer_id, note) in (select customer_id, name from {customers})

select (select (select o.amount + o.customer_id)) as deep from {orders} o

select t.n from (select count(*) as n from {orders}) t where t.n > 1

select order_id from {orders} where amount = (select amount, note from {orders})

select order_id from {orders} where amount in (select name from {customers})

select transform(tags, x -> (select 1)) as t from {orders}

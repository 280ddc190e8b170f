select c.name, o.order_id, o.note from {customers} c left join {orders} o on o.customer_id = c.customer_id

select c.name, o.order_id, o.amount, o.note from {customers} c left join {orders} o on o.customer_id = c.customer_id where o.order_id is not null

select c.name, o.order_id, o.amount from {customers} c left join {orders} o on o.customer_id = c.customer_id where o.note = 'a'

select c.name, o.order_id from {orders} o right join {customers} c on o.customer_id = c.customer_id

select c.name, o.order_id from {orders} o full join {customers} c on o.customer_id = c.customer_id

select customer_id, name, order_id from {orders} join {customers} using (customer_id)

select * from {customers} left join {orders} using (customer_id)

select customer_id, order_id, name from {orders} full join {customers} using (customer_id)

select customer_id, t.x from {customers} right join (select cast(1 as decimal(25,0)) as customer_id, 'a' as x) t using (customer_id)

select o.customer_id from {orders} o join {customers} c using (customer_id)

select a.order_id, b.order_id as other from {orders} a, {orders} b where a.order_id < b.order_id

select c.name, t.n from {customers} c cross join lateral (select count(*) as n from {orders} o where o.customer_id = c.customer_id) t

select c.name, t.order_id from {customers} c left join lateral (select order_id from {orders} o where o.customer_id = c.customer_id order by order_id limit 1) t on true

select c.name, t.order_id from {customers} c join (select o.order_id from {orders} o where o.customer_id = c.customer_id) t on true

select case when o.order_id is null then 'none' else cast(o.amount as varchar) end as amount from {customers} c left join {orders} o on o.customer_id = c.customer_id

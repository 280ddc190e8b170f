select customer_id, order_id as id, customer_id + 0 as plain from {orders}

select o.customer_id from {orders} o join {customers} c on o.order_id = c.customer_id

select t.id from (select customer_id as id from {orders}) t join {customers} c on t.id = c.customer_id

select order_id from {orders} where order_id in (select customer_id from {customers})

select order_id from {orders} where order_id = customer_id + 0

select customer_id from {orders} union select customer_id from {customers}

select customer_id from {orders} union select order_id from {orders}

with o as (select order_id from {orders}) select o.order_id from o join {customers} c on c.customer_id = o.order_id

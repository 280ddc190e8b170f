with big as (select * from {orders} where amount > 100), named (id, n) as (select customer_id, count(*) from big group by customer_id) select n.id, n.n, b.order_id from named n join big b on b.customer_id = n.id

with recursive n (i, label) as (select 1, cast('a' as varchar) union all select i + 1, nullif(label, 'b') from n where i < 3) select i, label from n

with a as (select 1 as x), b as (select x from a union select x + 1 from a) select * from b order by x limit 1

with orders as (select 1 as x) select x from orders

with a as (select nope from {orders}) select a.x from a

select (with c as (select 1 as x) select max(x) from c) as m

with a as (select 1 as x) select x from (with a as (select 'inner' as x) select x from a) t

values (1, 'a'), (2, 'b') order by 1 limit 1

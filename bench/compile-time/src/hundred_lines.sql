with t0 as (
             select customer_id, count(*) as orders, sum(amount) as total, max(ordered_at) as last_order
             from {x}
             where amount > 0
             group by customer_id
         ),
         o0 as (
         select
             o.order_id,
             o.customer_id,
             o.amount,
             upper(o.country) as country,
             coalesce(o.channel, 'unknown') as channel,
             o.ordered_at,
             o.weight * 1e0 as weight,
             o.is_gift or t.orders > 10 as is_gift,
             nullif(o.note, '') as note,
             row_number() over (partition by o.customer_id order by o.ordered_at desc, o.order_id) as position,
             case when t.total > 1000 then 'high' when t.total > 100 then 'middle' else 'low' end as band
         from {o} o
         join t0 t on t.customer_id = o.customer_id
         where o.ordered_at <= t.last_order
         ),
         t1 as (
             select customer_id, count(*) as orders, sum(amount) as total, max(ordered_at) as last_order
             from {x}
             where amount > 1
             group by customer_id
         ),
         o1 as (
         select
             o.order_id,
             o.customer_id,
             o.amount,
             upper(o.country) as country,
             coalesce(o.channel, 'unknown') as channel,
             o.ordered_at,
             o.weight * 1e0 as weight,
             o.is_gift or t.orders > 10 as is_gift,
             nullif(o.note, '') as note,
             row_number() over (partition by o.customer_id order by o.ordered_at desc, o.order_id) as position,
             case when t.total > 1000 then 'high' when t.total > 100 then 'middle' else 'low' end as band
         from {o} o
         join t1 t on t.customer_id = o.customer_id
         where o.ordered_at <= t.last_order
         ),
         t2 as (
             select customer_id, count(*) as orders, sum(amount) as total, max(ordered_at) as last_order
             from {x}
             where amount > 2
             group by customer_id
         ),
         o2 as (
         select
             o.order_id,
             o.customer_id,
             o.amount,
             upper(o.country) as country,
             coalesce(o.channel, 'unknown') as channel,
             o.ordered_at,
             o.weight * 1e0 as weight,
             o.is_gift or t.orders > 10 as is_gift,
             nullif(o.note, '') as note,
             row_number() over (partition by o.customer_id order by o.ordered_at desc, o.order_id) as position,
             case when t.total > 1000 then 'high' when t.total > 100 then 'middle' else 'low' end as band
         from {o} o
         join t2 t on t.customer_id = o.customer_id
         where o.ordered_at <= t.last_order
         ),
         t3 as (
             select customer_id, count(*) as orders, sum(amount) as total, max(ordered_at) as last_order
             from {x}
             where amount > 3
             group by customer_id
         ),
         o3 as (
         select
             o.order_id,
             o.customer_id,
             o.amount,
             upper(o.country) as country,
             coalesce(o.channel, 'unknown') as channel,
             o.ordered_at,
             o.weight * 1e0 as weight,
             o.is_gift or t.orders > 10 as is_gift,
             nullif(o.note, '') as note,
             row_number() over (partition by o.customer_id order by o.ordered_at desc, o.order_id) as position,
             case when t.total > 1000 then 'high' when t.total > 100 then 'middle' else 'low' end as band
         from {o} o
         join t3 t on t.customer_id = o.customer_id
         where o.ordered_at <= t.last_order
         )
select order_id, band from o0
union all
select order_id, band from o1
union all
select order_id, band from o2
union all
select order_id, band from o3

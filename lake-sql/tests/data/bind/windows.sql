select row_number() over (partition by customer_id order by ordered_at) as n, sum(amount) over w as s, lag(amount) over w as before, lag(amount, 1, 0) over w as filled, first_value(note) over w as f, last_value(order_id) over w as l from {orders} window w as (partition by customer_id order by ordered_at)

select sum(amount) over (order by ordered_at rows between 2 preceding and 1 preceding) as a, sum(amount) over (order by ordered_at rows between 2 preceding and current row) as b, avg(amount) over (order by ordered_at range between interval '7' day preceding and current row) as c from {orders}

select sum(amount) over (w rows unbounded preceding) as s from {orders} window w as (order by ordered_at)

select order_id from {orders} order by row_number() over (order by amount)

select sum(amount) over (order by note range between 1 preceding and current row) as s from {orders}

select sum(row_number() over ()) over () as s from {orders}

select sum(amount) over (v) as s from {orders} window w as (order by ordered_at)

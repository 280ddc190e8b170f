select o.order_id, t.tag, t.n from {orders} o cross join unnest(o.tags) with ordinality t (tag, n)

select o.order_id, tag from {orders} o left join unnest(tags) t (tag) on true

select a, b, k, v from unnest(array[1, 2], array['x'], map(array['k'], array[1.5])) t (a, b, k, v)

select x, y from unnest(array[row(1, 'a'), row(2, 'b')]) t (x, y)

select transform(tags, x -> length(x)) as lengths, filter(tags, x -> x is not null) as present, reduce(tags, 0, (s, x) -> s + length(x), s -> s) as total, any_match(tags, t -> t = note) as noted from {orders}

select map_filter(map(array['a'], array[amount]), (k, v) -> v > 1) as m, zip_with(tags, tags, (a, b) -> a || b) as z from {orders}

select transform(tags, x -> x + 1) as t from {orders}

select transform(tags, x -> nope) as t from {orders}

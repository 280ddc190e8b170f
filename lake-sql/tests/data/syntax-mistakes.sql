selct a from t

select a from t where b == 'x'

select a from t where !b

select a from t where a = 1 && b = 2

select a, b, from t

select a, from t where b in (1, 2,)

select `a` from t

select * from {{ ref('orders') }}

select * from {{ source('raw', 'orders') }} where a in (1

{% if x %} select 1 {% endif %}

select '{orders}' as a from {orders}

select a from

select a from where b = 1

select a b c from t where d = 1

select distinct on (a) a, b from t

select sum(a, b from t where c = 1

select (a + b from t

select * from (select a from t where b = 1

select a::bigint, b::varchar from t

select a from t where b ilike '%x%' and c not rlike 'y'

select a from t limit 1, 2

select a from t limit 10 offset 5

select a; select b

select a from t;

select top 10 a from t

select a from t qualify row_number() over (partition by a order by b) = 1

select interval 1 day, interval '2' days

select 'it's' from t

select a from t where b = 'x

select /* a from t

select “a” from t

select straße from t

select order from t

select a as group from t

select left(a, 3) from t

select a from t left semi join u on t.a = u.a

select a from t join u where t.a = u.a

select a from t where 1 < b < 3

select a from t where b in ()

select a from t where b in {orders}

select count(distinct *) from t

select f(a => 1) from t

select count(t.*) from t

select lag(a ignore nulls) over (order by b) from t

select * except (a) from t

select a from t order by b union select c from u

select a from t group by a where b = 1

with a as materialized (select 1 as x), select * from a

with a as (select 1) b as (select 2) select 1

from t select a

select case when a then 1 else 2 from t

select case a when 1 than 2 end from t

select cast(a bigint) from t

select cast(a as struct<x: int>), b from t

select a from t where b = select max(b) from t

select a from 't'

select a & b, a | b, a ^ b, ~a from t

select a -> 'b', a ->> 'c' from t

select a from t where b <=> c

select a.1 from t

select listagg(a, b) from t

select sum(a) over (order by b rows between 1 preceding) from t

select @x, #y from t

select a from t where b between 1, 2

select a from t where b not null

select a from t where b is 1

select a from t where exists select 1 from u

select a from t)

select {orders from t

select a,
    b
    c,
    d
from t
where x = 1
    and and y = 2
group by a b
order by

slect a form t

select a from t whre b = 1

select a from t oder by b

with a as (select 1), select 2

select a as order, b as from, c group from t

select a from t as select where b

select extract(epoch from a), extract(mont from a) from t

select if(a), coalesce(b) from t

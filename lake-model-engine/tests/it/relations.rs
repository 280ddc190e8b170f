use crate::{check, check_on, engine, refuse};

const T: &str = "(values (1, 'a'), (2, 'b'), (2, null)) t(n, s)";
const U: &str = "(values (2, 'x'), (3, 'y')) u(n, s)";

#[test]
fn joins() {
    check(&format!("select t.n, t.s, u.s from {T} join {U} on t.n = u.n"), &["2 | b | x", "2 | null | x"]);
    check(&format!("select t.n, u.s from {T} left join {U} on t.n = u.n"), &["1 | null", "2 | x", "2 | x"]);
    check(&format!("select t.n, u.n from {T} right join {U} on t.n = u.n"), &["2 | 2", "2 | 2", "null | 3"]);
    check(
        &format!("select n, t.s, u.s from {T} full join {U} using (n) order by 1, 2"),
        &["1 | a | null", "2 | b | x", "2 | null | x", "3 | null | y"],
    );
    check(&format!("select count(*) from {T}, {U}"), &["6"]);
    check(&format!("select t.n, u.n from {T} join {U} on t.n < u.n and t.s = 'a'"), &["1 | 2", "1 | 3"]);
    check("select * from (values 1, null) a(x) join (values 1, null) b(y) on x = y", &["1 | 1"]);
    check(
        "select * from (values 1, null) a(x) join (values 1, null) b(y) on x is not distinct from y",
        &["1 | 1", "null | null"],
    );
}

#[test]
fn lateral_and_unnest() {
    check("select a, b from (values 1, 2) t(a), lateral (select a * 10 as b)", &["1 | 10", "2 | 20"]);
    check(
        "select a, x from (values (1, array[7, 8]), (2, array[])) t(a, xs) cross join unnest(xs) as u(x)",
        &["1 | 7", "1 | 8"],
    );
    check(
        "select a, x from (values (1, array[7]), (2, null)) t(a, xs) left join unnest(xs) as u(x) on true",
        &["1 | 7", "2 | null"],
    );
    check(
        "select * from unnest(array[5, 6], map(array['k'], array[true])) with ordinality",
        &["5 | k | true | 1", "6 | null | null | 2"],
    );
    check("select * from unnest(array[row(1, 'a'), row(2, 'b')]) as t(n, s)", &["1 | a", "2 | b"]);
}

#[test]
fn groups() {
    check(
        &format!("select n, count(*), count(s), max(s) from {T} group by n order by n"),
        &["1 | 1 | 1 | a", "2 | 2 | 1 | b"],
    );
    check(&format!("select count(*), sum(n), avg(n) from {T} where n > 9"), &["0 | null | null"]);
    check(
        &format!("select n, s, grouping(n, s), count(*) from {T} group by rollup(n, s) order by 3, 1, 2"),
        &[
            "1 | a | 0 | 1",
            "2 | b | 0 | 1",
            "2 | null | 0 | 1",
            "1 | null | 1 | 1",
            "2 | null | 1 | 2",
            "null | null | 3 | 3",
        ],
    );
    check(&format!("select n from {T} group by n having count(*) > 1"), &["2"]);
}

#[test]
fn aggregates() {
    let t = "(values (1, 10.5), (2, 20.25), (3, null)) t(k, v)";
    check(&format!("select sum(v), avg(v), min(v), max(v) from {t}"), &["30.75 | 15.38 | 10.50 | 20.25"]);
    check(&format!("select min_by(k, v), max_by(k, v), count_if(v > 15) from {t}"), &["1 | 2 | 1"]);
    check(
        &format!("select array_agg(k order by k desc), map_agg(k, v) from {t}"),
        &["[3, 2, 1] | {1=10.50, 2=20.25, 3=null}"],
    );
    check(
        &format!("select count(distinct k % 2), sum(k) filter (where k > 1), bool_and(k > 0) from {t}"),
        &["2 | 5 | true"],
    );
    check("select listagg(s, ', ') within group (order by s desc) from (values 'a', 'c', 'b') t(s)", &["c, b, a"]);
    check("select stddev(x), var_pop(x) from (values 1e0, 3e0) t(x)", &["1.4142135623730951E0 | 1.0E0"]);
    check("select stddev(x) from (values 1e0) t(x)", &["null"]);
    refuse("select sum(x) from (values bigint '9223372036854775807', bigint '1') t(x)", "overflow");
}

#[test]
fn windows() {
    let t = "(values (1, 'a', 10), (2, 'a', 20), (3, 'a', 20), (4, 'b', 5)) t(k, g, v)";
    check(
        &format!(
            "select k, row_number() over w, rank() over w, dense_rank() over w, lag(v) over w, lead(v, 1, -1) over w, \
             sum(v) over w from {t} window w as (partition by g order by v) order by k"
        ),
        &[
            "1 | 1 | 1 | 1 | null | 20 | 10",
            "2 | 2 | 2 | 2 | 10 | 20 | 50",
            "3 | 3 | 2 | 2 | 20 | -1 | 50",
            "4 | 1 | 1 | 1 | null | -1 | 5",
        ],
    );
    check(
        &format!("select sum(v) over (order by k rows between 1 preceding and current row) from {t} order by k"),
        &["10", "30", "40", "25"],
    );
    check(
        &format!("select count(*) over (order by v range between 10 preceding and 0 following) from {t} order by k"),
        &["2", "3", "3", "1"],
    );
    check(
        &format!("select sum(v) over (order by v groups between 1 preceding and current row) from {t} order by k"),
        &["15", "50", "50", "5"],
    );
    check(
        &format!(
            "select last_value(k) over (partition by g order by k), ntile(2) over (order by k) from {t} order by k"
        ),
        &["1 | 1", "2 | 1", "3 | 2", "4 | 2"],
    );
    check(
        "select lag(x) ignore nulls over (order by k) from (values (1, 7), (2, null), (3, 9)) t(k, x) order by k",
        &["null", "7", "7"],
    );
    check(
        "select count(*) over (order by d range between interval '1' day preceding and current row)
         from (values date '2022-01-01', date '2022-01-02', date '2022-01-04') t(d) order by d",
        &["1", "2", "1"],
    );
}

#[test]
fn sets_order_and_limits() {
    check("select 1 union select 1 union all select 1", &["1", "1"]);
    check("(values 1, 1, 2) intersect all (values 1, 1, 3)", &["1", "1"]);
    check("(values 1, 1, 2) except all (values 1)", &["1", "2"]);
    check("(values 1, 1, 2) except (values 1)", &["2"]);
    check("select x from (values 2, null, 1) t(x) order by x desc", &["2", "1", "null"]);
    check("select x from (values 2, null, 1) t(x) order by x nulls first offset 1 limit 1", &["1"]);
    check("select x from (values 1, 2, 2, 3) t(x) order by x fetch first 2 rows with ties", &["1", "2", "2"]);
    check("select distinct x from (values 1, null, 1, null) t(x) order by x", &["1", "null"]);
}

#[test]
fn subqueries() {
    check(&format!("select (select max(n) from {U} where u.n > t.n) from {T}"), &["3", "3", "3"]);
    check(&format!("select n from {T} where exists (select 1 from {U} where u.n = t.n)"), &["2", "2"]);
    check(&format!("select n from {T} where n not in (select n from {U})"), &["1"]);
    check("select 1 where 1 not in (select x from (values 2, null) t(x))", &[]);
    check(
        &format!("select n >= all (select n from {U}), n < any (select n from {U}) from {T}"),
        &["false | true", "false | true", "false | true"],
    );
    refuse("select (select x from (values 1, 2) t(x))", "SUBQUERY_MULTIPLE_ROWS");
    check("select (select x from (values 1) t(x) where false)", &["null"]);
}

#[test]
fn common_tables() {
    check(
        "with a as (select 1 as x), b as (select x + 1 as x from a) select * from a union all select * from b",
        &["1", "2"],
    );
    check("with recursive t(n) as (select 1 union all select n + 1 from t where n < 4) select sum(n) from t", &["10"]);
    refuse(
        "with recursive t(n) as (select 1 union all select n + 1 from t where n < 100) select sum(n) from t",
        "Recursion depth",
    );
}

#[test]
fn views_are_read_through() {
    let engine = engine(&[
        "create table s.t as select 1 as n",
        "create view s.v as select n + 1 as m from s.t",
        "create view s.w as select m from s.v where m > 2",
        "insert into s.t values 2",
    ]);
    check_on(&engine, "select m from s.v order by m", &["2", "3"]);
    check_on(&engine, "select * from s.w", &["3"]);
    engine.execute("create or replace view s.v as select n * 10 as m from s.t").unwrap();
    check_on(&engine, "select * from s.w order by 1", &["10", "20"]);
}

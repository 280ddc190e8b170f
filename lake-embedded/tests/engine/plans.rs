//! Answers that do not hang on how they are computed: conditions that are semi joins, targets that are read in part, rows
//! that several threads write.

use proptest::prelude::*;

use super::Lab;

/// Two tables with nulls and keys that stand several times.
fn lab(a: &[(Option<i64>, i64)], b: &[(Option<i64>, i64)]) -> Lab {
    let lab = Lab::new();
    for (name, rows) in [("a", a), ("b", b)] {
        lab.run(&format!("create table s.{name} (k bigint, x bigint)"));
        let row = |(k, x): &(Option<i64>, i64)| format!("({}, {x})", k.map_or("null".into(), |k| k.to_string()));
        if !rows.is_empty() {
            lab.run(&format!("insert into s.{name} values {}", rows.iter().map(row).collect::<Vec<_>>().join(", ")));
        }
    }
    lab
}

/// A condition on rows of `a`, and the same by counting partners for each row.
const CONDITIONS: [(&str, &str); 9] = [
    ("exists (select 1 from s.b b where b.k = a.k)", "n_equal > 0"),
    ("not exists (select 1 from s.b b where b.k = a.k)", "n_equal = 0"),
    ("exists (select 1 from s.b b where b.k = a.k and b.x <> a.x)", "n_other > 0"),
    ("not exists (select 1 from s.b b where b.k = a.k and b.x <> a.x)", "n_other = 0"),
    ("a.k in (select k from s.b)", "n_equal > 0"),
    ("a.k not in (select k from s.b)", "n_all = 0 or (n_equal = 0 and n_null = 0 and a.k is not null)"),
    ("a.k not in (select k from s.b where k is not null)", "n_all = n_null or (n_equal = 0 and a.k is not null)"),
    ("a.k in (select k from s.b b where b.x > a.x) and a.x > 0", "n_greater > 0 and a.x > 0"),
    (
        "exists (select 1 from s.b b where b.k = a.k and exists (select 1 from s.a c where c.k = b.k and c.x > b.x))",
        "n_deep > 0",
    ),
];

/// The counts for each row of `a`, without a subquery in a condition.
const COUNTED: &str = "(select a.r, count(b.r), count_if(b.k = a.k), count_if(b.k = a.k and b.x <> a.x),
    count_if(b.r is not null and b.k is null), count_if(b.k = a.k and b.x > a.x),
    count_if(b.k = a.k and d.k is not null and d.x > b.x)
    from (select k, x, row_number() over (order by k, x) as r from s.a) a
    left join (select k, x, row_number() over (order by k, x) as r from s.b) b on true
    left join (select k, max(x) as x from s.a group by k) d on d.k = b.k
    group by a.r) n (r, n_all, n_equal, n_other, n_null, n_greater, n_deep)";

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn conditions_on_partners_are_what_counting_says(
        a in prop::collection::vec((prop::option::weighted(0.8, 0i64..4), -2i64..3), 0..7),
        b in prop::collection::vec((prop::option::weighted(0.8, 0i64..4), -2i64..3), 0..7),
    ) {
        let lab = lab(&a, &b);
        for (condition, counted) in CONDITIONS {
            let found = lab.rows(&format!("select k, x from s.a a where {condition}"));
            let expected = lab.rows(&format!(
                "select a.k, a.x from (select k, x, row_number() over (order by k, x) as r from s.a) a
                 join {COUNTED} on n.r = a.r where {counted}"
            ));
            prop_assert_eq!(found, expected, "{}", condition);
        }
    }

    /// Whatever the target has gone through: columns that came later or were widened, deleted rows, many files.
    #[test]
    fn a_merge_changes_the_rows_of_its_keys_and_no_others(
        before in prop::collection::btree_map(0i32..40, 0i64..9, 0..30),
        between in prop::collection::btree_map(0i32..40, 0i64..9, 0..20),
        deleted in 0i32..8,
        source in prop::collection::btree_map(prop::option::weighted(0.9, 0i64..60), 0i64..9, 0..30),
    ) {
        let lab = Lab::new();
        lab.run("create table s.t (id integer, x bigint)");
        let insert = |rows: &std::collections::BTreeMap<i32, i64>, columns: &str| {
            let rows: Vec<String> = rows.iter().map(|(id, x)| format!("({id}, {x})")).collect();
            if !rows.is_empty() {
                lab.run(&format!("insert into s.t ({columns}) values {}", rows.join(", ")));
            }
        };
        insert(&before, "id, x");
        lab.run(&format!("delete from s.t where id % 8 = {deleted}"));
        lab.run("alter table s.t alter column id set data type bigint");
        lab.run("alter table s.t add column tags array(varchar)");
        lab.run("alter table s.t rename column x to y");
        let new: std::collections::BTreeMap<i32, i64> = between.iter().map(|(id, x)| (id + 40, *x)).collect();
        insert(&new, "id, y");
        lab.run("create table s.src (id bigint, y bigint)");
        let row = |(id, y): (&Option<i64>, &i64)| format!("({}, {y})", id.map_or("null".into(), |id| id.to_string()));
        if !source.is_empty() {
            lab.run(&format!("insert into s.src values {}", source.iter().map(row).collect::<Vec<_>>().join(", ")));
        }
        let expected = lab.rows(
            "select coalesce(t.id, s.id), coalesce(s.y + 100, t.y), t.tags from s.t t full join s.src s on t.id = s.id
             where s.y is null or s.y <> 0 or t.id is null",
        );
        lab.run(
            "merge into s.t t using s.src s on t.id = s.id
             when matched and s.y = 0 then delete
             when matched then update set y = s.y + 100
             when not matched then insert (id, y) values (s.id, s.y + 100)",
        );
        prop_assert_eq!(lab.rows("select id, y, tags from s.t"), expected);
    }
}

#[test]
fn several_threads_write_all_rows_once() {
    let lab = Lab::new();
    let rows = "unnest(sequence(1, 1500)) a(x) cross join unnest(sequence(0, 999)) b(y)";
    lab.run(&format!("create table s.one as select cast(x as bigint) * 1000 + y as id from {rows}"));
    lab.run("create table s.t as select id from s.one");
    let told = "select count(*), count(distinct id), min(id), max(id), sum(id) from s.t";
    assert_eq!(lab.rows(told), ["1500000|1500000|1000|1500999|1126499250000"]);
    assert!(lab.run(r#"select file_path from s."t$files""#).len() > 1);
    lab.run("merge into s.t t using (select id from s.t where id % 3 = 0) s on t.id = s.id when matched then delete");
    assert_eq!(lab.rows("select count(*), count_if(id % 3 = 0) from s.t"), ["1000000|0"]);
}

//! Partitioned and sorted tables: what is written, changed and read of them.

use crate::Lab;

/// What a table can be partitioned by, with a condition that one of six rows meets.
const TRANSFORMS: [(&str, &str); 11] = [
    ("k", "k = 3"),
    ("s", "s = 'delta'"),
    ("year(d)", "d = date '1969-12-31'"),
    ("month(ts)", "ts = timestamp '1969-12-31 23:59:59.999999'"),
    ("day(d)", "d < date '1969-12-31' or d > date '2024-05-01'"),
    ("day(z)", "z = timestamp '2024-03-01 00:30:00 UTC'"),
    ("hour(ts)", "ts between timestamp '2024-03-01 00:00:00' and timestamp '2024-03-01 00:59:59'"),
    ("bucket(k, 16)", "k = 4"),
    ("bucket(s, 3)", "s in ('epsilon', 'nobody')"),
    ("truncate(s, 2)", "s like 'de%'"),
    ("truncate(k, 10)", "k between 3 and 3"),
];

/// Rows land in the partitions of their values, also before 1970 and with nulls; conditions find them there.
pub fn rows_in_partitions(lab: &Lab) {
    lab.run(
        "create table @rows as select * from (values
         (1, 'alpha', date '2024-03-01', timestamp '2024-03-01 00:30:00', timestamp '2024-03-01 00:30:00 UTC'),
         (2, 'beta', date '2024-03-02', timestamp '2024-03-01 01:30:00', timestamp '2024-03-02 00:30:00 UTC'),
         (3, 'delta', date '1969-12-31', timestamp '1969-12-31 23:59:59.999999', timestamp '1969-12-31 23:30:00 UTC'),
         (4, 'epsilon', date '2024-05-02', timestamp '2024-05-02 12:00:00', timestamp '2024-05-02 12:00:00 UTC'),
         (-5, null, date '1970-01-01', timestamp '1970-01-01 00:00:00', null),
         (null, 'zeta', null, null, timestamp '1970-01-01 00:00:00 UTC')) v(k, s, d, ts, z)",
    );
    for (at, (by, condition)) in TRANSFORMS.into_iter().enumerate() {
        let name = format!("p{at}");
        lab.run(&format!(
            "create table @{name} (k integer, s varchar, d date, ts timestamp(6), z timestamp(6) with time zone)
             with (partitioning = array['{by}'])"
        ));
        lab.run(&format!("insert into @{name} select * from @rows"));
        let all = "select k, s, d, ts, z from";
        assert_eq!(
            lab.rows(&format!("{all} @{name} order by k")),
            lab.rows(&format!("{all} @rows order by k")),
            "{by}"
        );
        let found = lab.rows(&format!("select k from @{name} where {condition}"));
        assert_eq!(found, lab.rows(&format!("select k from @rows where {condition}")), "{by} {condition}");
        assert_eq!(found.len(), 1, "{by} {condition}");
        lab.run(&format!("delete from @{name} where {condition}"));
        lab.run(&format!("update @{name} set k = k + 100, s = 'new', d = date '2030-01-01' where k < 0"));
        lab.run(&format!(
            "merge into @{name} t using (values (1, 'x'), (77, 'y')) v(k, s) on t.k = v.k
             when matched then update set s = v.s, ts = null when not matched then insert (k, s) values (v.k, v.s)"
        ));
        assert_eq!(
            lab.rows(&format!("select count(*), count(k), sum(k) from @{name} where k = 95 or k in (1, 77)")),
            ["[3,3,173]"]
        );
        let sums = lab.rows(&format!("select sum(record_count) >= 6 from @\"{name}$partitions\""));
        assert_eq!(sums, ["[true]"], "{by}");
    }
}

/// A table is partitioned anew: files of before stay as they are, and are still changed and found.
pub fn partitioned_anew(lab: &Lab) {
    lab.run("create table @t (k integer, s varchar, d date) with (partitioning = array['s'])");
    lab.run("insert into @t values (1, 'a', date '2024-01-01'), (2, 'b', date '2024-02-01')");
    lab.run("alter table @t set properties partitioning = array['month(d)']");
    lab.run("insert into @t values (3, 'a', date '2024-01-05'), (4, 'b', date '2024-02-05')");
    assert_eq!(lab.rows("select k from @t where s = 'a' order by k"), ["[1]", "[3]"]);
    assert_eq!(lab.rows("select k from @t where d < date '2024-02-01' order by k"), ["[1]", "[3]"]);
    lab.run("update @t set k = k + 10 where s = 'a'");
    lab.run("delete from @t where k = 2");
    assert_eq!(lab.rows("select k, s from @t order by k"), [r#"[4,"b"]"#, r#"[11,"a"]"#, r#"[13,"a"]"#]);
    lab.run("alter table @t set properties partitioning = array['s', 'bucket(k, 2)']");
    lab.run("insert into @t values (5, 'c', null)");
    lab.run("alter table @t execute optimize");
    assert_eq!(lab.rows("select count(distinct spec_id) from @\"t$files\""), ["[1]"]);
    assert_eq!(lab.rows("select k, s from @t order by k"), [r#"[4,"b"]"#, r#"[5,"c"]"#, r#"[11,"a"]"#, r#"[13,"a"]"#]);
    assert_eq!(lab.rows("select k from @t where s = 'c'"), ["[5]"]);
    lab.run("alter table @t set properties partitioning = array[]");
    lab.run("insert into @t values (6, 'c', null)");
    assert_eq!(lab.rows("select k from @t where s = 'c' order by k"), ["[5]", "[6]"]);
}

/// Files are sorted as the table says.
pub fn rows_are_sorted(lab: &Lab) {
    lab.run(
        "create table @t (p integer, a integer, s varchar)
         with (partitioning = array['p'], sorted_by = array['a desc', 's nulls last'])",
    );
    lab.run("insert into @t select x % 2, (x * 7919) % 100, case when x % 5 > 0 then 'x' end from unnest(sequence(1, 200)) u(x)");
    lab.run("create table @u (a integer, p integer) with (sorted_by = array['a'])");
    lab.run("insert into @u select a, p from @t where p = 0");
    lab.run("alter table @u set properties sorted_by = array['p', 'a desc']");
    lab.run("insert into @u select a, p from @t where p = 1");
    lab.run("update @u set a = a where p = 1");
    assert_eq!(lab.rows("select count(*), sum(a) from @u"), lab.rows("select count(*), sum(a) from @t"));
    lab.refuses("create table @w (a integer) with (sorted_by = array['a up'])", "sort");
    lab.fails("create table @w (a integer) with (sorted_by = array['nope'])");
}

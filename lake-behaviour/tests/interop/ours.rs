//! Trino reads what the embedded engine has written.

use crate::shared::Shared;

/// Columns of every type that Iceberg has, and rows with their extremes.
pub const TYPES: &str =
    "(id integer, b boolean, i integer, l bigint, f real, d double, d1 decimal(1,0), d9 decimal(9,4),
    d18 decimal(18,6), d38 decimal(38,10), day date, tm time(6), ts timestamp(6), tz timestamp(6) with time zone,
    s varchar, bin varbinary, u uuid, a array(integer), aa array(array(varchar)), m map(varchar, decimal(20,2)),
    mr map(integer, row(x integer, y varchar)), r row(x integer, y row(z varchar, w timestamp(6))),
    ar array(row(k varchar, v double)))";

/// Their rows.
pub const ROWS: [&str; 4] = [
    "1, true, 2147483647, 9223372036854775807, real '3.4028235e38', 1.7976931348623157e308, decimal '9',
     decimal '99999.9999', decimal '999999999999.999999', decimal '9999999999999999999999999999.9999999999',
     date '9999-12-31', time '23:59:59.999999', timestamp '9999-12-31 23:59:59.999999',
     timestamp '2024-06-30 12:00:00.123456 UTC', 'ü 漢 😀', x'00ff10', uuid 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
     array[1, null, 3], array[array['a', null], array[], null], map(array['a', 'b'], array[1.25, null]),
     map(array[1], array[row(7, 'seven')]), row(1, row('z', timestamp '2024-01-01 00:00:00')),
     array[row('k', 0.5e0), null]",
    "2, false, -2147483648, -9223372036854775808, real '-1.5', -0.1e0, decimal '-9', decimal '-0.0001',
     decimal '-0.000001', decimal '-0.0000000001', date '0001-01-01', time '00:00:00', timestamp '1969-12-31 23:59:59.999999',
     timestamp '1969-12-31 23:59:59.999999 UTC', '', x'', uuid '00000000-0000-0000-0000-000000000000',
     array[], array[], map(), map(), row(null, null), array[]",
    "3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     null, null, null, null",
    "4, true, 0, 0, real 'NaN', nan(), decimal '0', decimal '1.5', decimal '1.5', decimal '1.5', date '1970-01-01',
     time '12:30:00.000001', timestamp '1970-01-01 00:00:00', timestamp '1970-01-01 00:00:00 UTC',
     'a text that is longer than what statistics of other writers would keep of it, which is sixteen characters',
     x'0102030405060708090a0b0c0d0e0f10111213', uuid '12345678-1234-1234-1234-1234567890ab', array[null],
     array[null], map(array['n'], array[null]), map(array[1, 2], array[null, row(null, null)]), row(5, row('q', null)),
     array[row(null, null)]",
];

/// An INSERT of them.
pub fn insert(table: &str) -> String {
    format!("insert into @{table} values {}", ROWS.map(|row| format!("({row})")).join(", "))
}

#[test]
fn they_read_every_type() {
    let Some(shared) = Shared::new() else { return };
    shared.ours.run(&format!("create table @t {TYPES}"));
    shared.ours.run(&insert("t"));
    assert_eq!(shared.shown("t").len(), 4);
    for column in ["b", "i", "l", "f", "d", "d1", "d9", "d18", "d38", "day", "tm", "ts", "tz", "s", "bin", "u"] {
        let one = format!("(select max({column}) from @t where id = 1)");
        assert_eq!(
            shared.same(&format!("select id from @t where {column} = {one}")).len(),
            if column == "b" { 2 } else { 1 }
        );
        assert_eq!(shared.same(&format!("select id from @t where {column} is null")), ["3"]);
    }
}

/// How a table can be partitioned, over columns of `PARTED`.
pub const TRANSFORMS: [&str; 17] = [
    "'n'",
    "'s'",
    "'d'",
    "'b'",
    "'dec'",
    "'year(d)'",
    "'month(d)'",
    "'day(d)'",
    "'year(ts)'",
    "'month(ts)'",
    "'day(tz)'",
    "'hour(ts)', 'hour(tz)'",
    "'bucket(n, 4)', 'bucket(s, 3)'",
    "'bucket(u, 4)', 'bucket(dec, 5)'",
    "'truncate(s, 2)', 'truncate(n, 10)'",
    "'truncate(dec, 100)', 'bucket(ts, 3)'",
    "'bucket(bin, 4)', 'bucket(d, 2)'",
];

/// A table with columns that can be partitioned by.
pub const PARTED: &str = "(n bigint, s varchar, d date, b boolean, dec decimal(9,2), ts timestamp(6),
    tz timestamp(6) with time zone, u uuid, bin varbinary)";

/// Its rows.
pub const PARTED_ROWS: &str = "(1, 'alpha', date '2024-01-31', true, 12.34, timestamp '2024-01-31 10:30:00',
     timestamp '2024-01-31 23:30:00 UTC', uuid 'f79c3e09-677c-4bbd-a479-3f349cb785e7', x'01'),
    (-7, 'a/b ü=%&', date '1969-12-31', false, -12.34, timestamp '1969-12-31 23:59:59.999999',
     timestamp '1969-12-31 22:59:59.999999 UTC', uuid '00000000-0000-0000-0000-000000000001', x''),
    (42, '', date '1970-01-01', null, 0, timestamp '1970-01-01 00:00:00', timestamp '1970-01-01 00:00:00 UTC',
     uuid '12345678-1234-1234-1234-1234567890ab', x'ff'),
    (null, null, null, null, null, null, null, null, null),
    (1, 'alphabet', date '2024-01-01', true, 12.99, timestamp '2024-01-31 10:59:59', timestamp '2024-02-01 00:00:00 UTC',
     uuid 'f79c3e09-677c-4bbd-a479-3f349cb785e8', x'0102')";

/// A query of rows by conditions that leave out partitions, one row each.
pub fn filtered(table: &str) -> String {
    let filters =
        ["n = 1", "s = 'a/b ü=%&'", "d < date '1970-01-01'", "ts >= timestamp '2024-01-31 00:00:00'", "dec = -12.34"];
    filters
        .map(|filter| format!("select '{}', * from @{table} where {filter}", filter.replace('\'', "")))
        .join(" union all ")
}

#[test]
fn they_read_every_partitioning() {
    let Some(shared) = Shared::new() else { return };
    for (number, by) in TRANSFORMS.iter().enumerate() {
        let table = format!("t{number}");
        shared.ours.run(&format!("create table @{table} {PARTED} with (partitioning = array[{by}])"));
        shared.ours.run(&format!("insert into @{table} values {PARTED_ROWS}"));
        shared.ours.run(&format!("delete from @{table} where s = 'alphabet'"));
        assert_eq!(shared.shown(&table).len(), 4, "{by}");
        assert_eq!(shared.same(&filtered(&table)).len(), 5, "{by}");
        // They change it, and we read that.
        shared.theirs.run(&format!("insert into @{table} values {PARTED_ROWS}"));
        shared.theirs.run(&format!("update @{table} set n = 2 where s = 'alpha'"));
        shared.adopt(&table);
        assert_eq!(shared.same_table(&table).len(), 9, "{by}");
    }
}

#[test]
fn they_read_what_changed() {
    let Some(shared) = Shared::new() else { return };
    let ours = &shared.ours;
    ours.run("create table @t (id bigint, name varchar, at timestamp(6)) with (partitioning = array['bucket(id, 2)'])");
    ours.run("insert into @t select x, 'n' || cast(x as varchar), timestamp '2024-01-01 00:00:00' + x * interval '1' hour from unnest(sequence(1, 1000)) u(x)");
    assert_eq!(shared.shown("t").len(), 1000);
    ours.run("update @t set name = 'changed' where id % 100 = 0");
    assert_eq!(shared.shown("t").len(), 1000);
    ours.run("delete from @t where id in (5, 6, 7)");
    assert!(shared.shown("t").iter().all(|row| !row.starts_with("6 |")));
    // So many rows of a file that it is written anew.
    ours.run("delete from @t where id > 300 and id % 2 = 0");
    let left = shared.shown("t").len();
    ours.run(
        "merge into @t t using (values (10, 'ten'), (2000, 'new'), (11, null)) s(k, v) on t.id = s.k
         when matched and v is null then delete when matched then update set name = v
         when not matched then insert (id, name) values (k, v)",
    );
    assert_eq!(shared.shown("t").len(), left);
    ours.run("alter table @t execute optimize");
    assert_eq!(shared.shown("t").len(), left);
    for snapshot in shared.table("t").snapshots() {
        shared.same(&format!("select * from @t for version as of {}", snapshot.snapshot_id()));
    }
    ours.run("truncate table @t");
    assert_eq!(shared.shown("t").len(), 0);
}

#[test]
fn they_read_a_table_whose_columns_changed() {
    let Some(shared) = Shared::new() else { return };
    let ours = &shared.ours;
    ours.run("create table @t (a integer, b real, c decimal(5,2), gone varchar, r row(x integer, y varchar), l array(row(p integer)))");
    ours.run(
        "insert into @t values (1, 1.5, 1.25, 'gone', row(1, 'y'), array[row(1)]), (2, null, null, null, null, null)",
    );
    let first = ours.head("t").unwrap();
    for change in [
        "add column added bigint",
        "add column listed array(integer)",
        "add column front varchar first",
        "add column middle row(k integer) after a",
        "drop column gone",
        "rename column b to bb",
        "alter column a set data type bigint",
        "alter column bb set data type double",
        "alter column c set data type decimal(20,2)",
        "add column r.z bigint",
        "rename column r.y to yy",
        "alter column r.x set data type bigint",
        "add column l.element.q varchar",
        "add column gone bigint",
    ] {
        ours.run(&format!("alter table @t {change}"));
        assert_eq!(shared.shown("t").len(), 2, "{change}");
    }
    ours.run("insert into @t (front, a, middle, bb, c, r, l, added, listed, gone) values ('f', 3000000000, row(7), 2.5e0, 123456789012345678.25, row(3000000000, 'new', 9), array[row(2, 'q')], 1, array[1], 5)");
    assert_eq!(shared.shown("t").len(), 3);
    for filter in ["a = 1", "c = 1.25", "r.x = 1", "r.z is null", "added is null", "gone is null", "r.yy = 'y'"] {
        shared.same(&format!("select * from @t where {filter}"));
    }
    ours.run("update @t set a = a + 1");
    ours.run("alter table @t drop column r.x");
    assert_eq!(shared.shown("t").len(), 3);
    assert_eq!(shared.same(&format!("select * from @t for version as of {first}")).len(), 2);
    ours.run("alter table @t execute optimize");
    assert_eq!(shared.shown("t").len(), 3);
}

#[test]
fn they_read_sorted_and_repartitioned_tables() {
    let Some(shared) = Shared::new() else { return };
    let ours = &shared.ours;
    ours.run("create table @t (a integer, s varchar, d date) with (partitioning = array['s'], sorted_by = array['a desc', 'd'])");
    ours.run("insert into @t select x, cast(x % 3 as varchar), date '2024-01-01' + x * interval '1' day from unnest(sequence(1, 90)) u(x)");
    assert_eq!(shared.shown("t").len(), 90);
    for by in ["month(d)", "bucket(a, 2)", "s"] {
        ours.run(&format!("alter table @t set properties partitioning = array['{by}']"));
        ours.run("insert into @t values (100, '0', date '2024-06-01')");
        ours.run("delete from @t where a = 100 or a = 7");
        ours.run("insert into @t values (7, '1', date '2024-06-01')");
        assert_eq!(shared.shown("t").len(), 90, "{by}");
        shared.same("select count(*), sum(a) from @t where s = '0' and d < date '2024-02-10'");
    }
    ours.run("alter table @t set properties sorted_by = array['d']");
    ours.run("alter table @t execute optimize");
    assert_eq!(shared.shown("t").len(), 90);
    let created = |lab: &lake_behaviour::Lab| {
        let text = lab.rows("show create table @t").remove(0);
        text[text.find("partitioning").unwrap()..text.find("max_commit").unwrap_or(text.len())].to_owned()
    };
    assert_eq!(created(ours), created(&shared.theirs));
}

/// After expiry, what is left is whole.
#[test]
fn they_read_what_expiry_has_left() {
    let Some(shared) = Shared::new() else { return };
    let ours = &shared.ours;
    ours.run("create table @t as select x as a from unnest(sequence(1, 100)) u(x)");
    for value in [3, 4, 5] {
        ours.run(&format!("update @t set a = a + 1000 where a = {value}"));
    }
    ours.run("alter table @t execute optimize");
    ours.run("delete from @t where a = 50");
    let table = shared.table("t");
    let expiry = lake_iceberg::Expiry {
        older_than: std::time::SystemTime::now() + std::time::Duration::from_secs(60),
        keep_last: 2,
        pinned: [table.snapshots()[1].snapshot_id()].into(),
    };
    let removed = shared.wait(table.expire_and_remove(&expiry)).unwrap();
    assert!(!removed.files.is_empty());
    assert_eq!(shared.shown("t").len(), 99);
    let left = shared.table("t").snapshots();
    assert_eq!(left.len(), 3);
    for snapshot in left {
        shared.same(&format!("select * from @t for version as of {}", snapshot.snapshot_id()));
    }
}

//! The embedded engine reads what Trino has written, and writes to it.

use crate::ours::{PARTED, PARTED_ROWS, TRANSFORMS, TYPES, filtered, insert};
use crate::shared::Shared;

#[test]
fn we_read_every_type() {
    let Some(shared) = Shared::new() else { return };
    shared.theirs.run(&format!("create table @t {TYPES}"));
    shared.theirs.run(&insert("t"));
    assert_eq!(shared.adopted("t").len(), 4);
}

#[test]
fn we_read_and_change_every_partitioning() {
    let Some(shared) = Shared::new() else { return };
    for (number, by) in TRANSFORMS.iter().enumerate() {
        let table = format!("t{number}");
        shared.theirs.run(&format!("create table @{table} {PARTED} with (partitioning = array[{by}])"));
        shared.theirs.run(&format!("insert into @{table} values {PARTED_ROWS}"));
        shared.theirs.run(&format!("delete from @{table} where s = 'alphabet'"));
        assert_eq!(shared.adopted(&table).len(), 4, "{by}");
        assert_eq!(shared.same(&filtered(&table)).len(), 5, "{by}");
        shared.ours.run(&format!("insert into @{table} values {PARTED_ROWS}"));
        shared.ours.run(&format!("update @{table} set n = 2 where s = 'alpha'"));
        assert_eq!(shared.shown(&table).len(), 9, "{by}");
    }
}

#[test]
fn we_read_what_changed() {
    let Some(shared) = Shared::new() else { return };
    let theirs = &shared.theirs;
    theirs
        .run("create table @t (id bigint, name varchar, at timestamp(6)) with (partitioning = array['bucket(id, 2)'])");
    theirs.run("insert into @t select x, 'n' || cast(x as varchar), timestamp '2024-01-01 00:00:00' + x * interval '1' hour from unnest(sequence(1, 1000)) u(x)");
    assert_eq!(shared.adopted("t").len(), 1000);
    theirs.run("update @t set name = 'changed' where id % 100 = 0");
    assert_eq!(shared.adopted("t").len(), 1000);
    theirs.run("delete from @t where id in (5, 6, 7)");
    theirs.run(
        "merge into @t t using (values (10, 'ten'), (2000, 'new'), (11, null)) s(k, v) on t.id = s.k
         when matched and v is null then delete when matched then update set name = v
         when not matched then insert (id, name) values (k, v)",
    );
    let left = shared.adopted("t").len();
    // Rows of files that have delete files of theirs already.
    shared.ours.run("delete from @t where id in (8, 9, 100)");
    shared.ours.run("update @t set name = 'ours' where id = 200");
    assert_eq!(shared.shown("t").len(), left - 3);
    theirs.run("delete from @t where id in (12, 200)");
    assert_eq!(shared.adopted("t").len(), left - 5);
    shared.ours.run("alter table @t execute optimize");
    assert_eq!(shared.shown("t").len(), left - 5);
    theirs.run("insert into @t values (1, 'again', null)");
    theirs.run("alter table @t execute optimize");
    assert_eq!(shared.adopted("t").len(), left - 4);
    for snapshot in shared.table("t").snapshots() {
        shared.same(&format!("select * from @t for version as of {}", snapshot.snapshot_id()));
    }
}

#[test]
fn we_read_a_table_whose_columns_changed() {
    let Some(shared) = Shared::new() else { return };
    let theirs = &shared.theirs;
    theirs.run("create table @t (a integer, b real, c decimal(5,2), gone varchar, r row(x integer, y varchar), l array(row(p integer)), m map(varchar, row(q integer)))");
    theirs.run("insert into @t values (1, 1.5, 1.25, 'gone', row(1, 'y'), array[row(1)], map(array['k'], array[row(1)])), (2, null, null, null, null, null, null)");
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
        "alter column m set data type map(varchar, row(q bigint, v varchar))",
        "drop column r.x",
        "alter column r set data type row(z bigint, yy varchar, x integer)",
    ] {
        theirs.run(&format!("alter table @t {change}"));
        assert_eq!(shared.adopted("t").len(), 2, "{change}");
    }
    shared.ours.run("insert into @t (a, r, l) values (3, row(1, 'y', 2), array[row(2, 'q')])");
    shared.ours.run("update @t set bb = a where a = 1");
    assert_eq!(shared.shown("t").len(), 3);
    shared.ours.run("alter table @t add column r.more integer");
    shared.ours.run("alter table @t drop column l");
    assert_eq!(shared.shown("t").len(), 3);
}

/// What cannot be registered is refused in the same words.
#[test]
fn registering_is_refused_alike() {
    let Some(shared) = Shared::new() else { return };
    shared.theirs.run("create table @t (a integer)");
    shared.adopt("t");
    let (ours, theirs) = (&shared.ours, &shared.theirs);
    for (call, words) in [
        ("nope()", "Procedure not registered: system.nope"),
        ("register_table()", "is missing"),
        ("register_table('SCHEMA', 'u')", "is missing"),
        (
            "register_table('SCHEMA', 'u', 'file:///x')",
            "No versioned metadata file exists at location: file:///x/metadata",
        ),
        ("register_table('SCHEMA', 'u', 'file:///x', 'a/b.json')", "a/b.json is not a valid metadata file"),
        ("register_table('nowhere', 'u', 'file:///x')", "Schema 'nowhere' does not exist"),
        ("register_table('', 'u', 'file:///x')", "schema_name cannot be null or empty"),
        ("register_table('SCHEMA', null, 'file:///x')", "table_name cannot be null or empty"),
        ("register_table(schema_name => 'a', schema_name => 'b')", "Duplicate procedure argument"),
        ("register_table('a', table_name => 'b')", "Named and positional arguments cannot be mixed"),
        ("register_table(nope => 'a')", "Unknown argument name"),
        ("register_table('a', 'b', 'c', 'd', 'e')", "Too many arguments for procedure"),
        ("unregister_table('SCHEMA', 'nope')", "not found"),
        ("unregister_table('nope', 'nope')", "Schema nope not found"),
        ("unregister_table('nope')", "is missing"),
    ] {
        for lab in [ours, theirs] {
            lab.refuses(&format!("call iceberg.system.{}", call.replace("SCHEMA", &lab.schema)), words);
        }
    }
    let location = shared.table("t").metadata().location().to_owned();
    let schema = &ours.schema;
    ours.refuses(&format!("call system.register_table('{schema}', 't', '{location}')"), "already exists");
    ours.refuses(&format!("call system.register_table('{schema}', 'u', '{location}')"), &format!("{schema}.t already"));
    theirs.run("create table @v3 (a integer) with (format_version = 3)");
    let text = theirs.rows("show create table @v3").remove(0);
    let location = text.split_once("location = '").unwrap().1.split_once('\'').unwrap().0;
    ours.refuses(
        &format!("call system.register_table('{schema}', 'v3', '{location}')"),
        "version 3 of Iceberg's format, expected 2",
    );
    theirs.run("create table @orc (a integer) with (format = 'ORC')");
    theirs.run("insert into @orc values 1");
    shared.adopt("orc");
    ours.refuses("select * from @orc", "orc");
}

//! Maintenance of tables by procedures.

use crate::Lab;

/// Small files and files with deleted rows become few, without any row changing.
pub fn small_files_become_few(lab: &Lab) {
    lab.run("create table @t (a integer, b varchar) with (partitioning = array['bucket(a, 2)'])");
    for first in [1, 3, 5] {
        lab.run(&format!("insert into @t values ({first}, 'x'), ({}, 'y')", first + 1));
    }
    lab.run("delete from @t where a = 1");
    let before = lab.head("t").unwrap();
    let optimize = "alter table @t execute optimize";
    let done = |rewritten: u32, deletes: u32, added: u32| {
        [("rewritten_data_files", rewritten), ("removed_delete_files", deletes), ("added_data_files", added)]
            .map(|(name, count)| format!(r#"["{name}_count",{count}]"#))
    };
    let rows = lab.rows(optimize);
    assert_eq!(rows.last().unwrap(), r#"["added_data_files_count",2]"#, "{rows:?}");
    assert_eq!(lab.rows(optimize), done(0, 0, 0));
    assert_eq!(lab.rows(&format!("{optimize}(file_size_threshold => '10kB')")), done(0, 0, 0));
    assert_eq!(lab.rows("select a from @t order by a"), ["[2]", "[3]", "[4]", "[5]", "[6]"]);
    assert_eq!(lab.rows("select count(*), max(content) from @\"t$files\""), ["[2,0]"]);
    assert_eq!(lab.rows(&format!("select count(*) from @t for version as of {before}")), ["[5]"]);
    let newest = "select operation from @\"t$snapshots\" order by committed_at desc limit 1";
    assert_eq!(lab.rows(newest), [r#"["replace"]"#]);
}

/// Snapshots and files younger than a week stay, and no shorter time can be asked for.
pub fn what_is_young_stays(lab: &Lab) {
    lab.run("create table @t as select 1 as a");
    lab.run("delete from @t where a = 1");
    assert_eq!(lab.rows("alter table @t execute expire_snapshots(retention_threshold => '7d')"), Vec::<String>::new());
    assert_eq!(lab.rows("alter table @t execute expire_snapshots"), Vec::<String>::new());
    assert_eq!(lab.rows("select count(*) from @\"t$snapshots\""), ["[2]"]);
    let orphans = lab.rows("alter table @t execute remove_orphan_files(retention_threshold => '7d')");
    assert!(orphans.contains(&r#"["deleted_files_count",0]"#.to_owned()), "{orphans:?}");
    for procedure in ["expire_snapshots", "remove_orphan_files"] {
        let sql = format!("alter table @t execute {procedure}(retention_threshold => '1d')");
        lab.refuses(
            &sql,
            "Retention specified (1.00d) is shorter than the minimum retention configured in the system (7.00d)",
        );
        lab.refuses(
            &format!("alter table @t execute {procedure}(retention_threshold => 'x')"),
            "not a valid data duration string: x",
        );
        lab.fails(&format!("alter table @t execute {procedure}(nope => '1d')"));
    }
    lab.refuses("alter table @t execute nope", "Table procedure not registered: NOPE");
    lab.fails("alter table @t execute optimize(nope => 1)");
}

/// The table of an earlier snapshot becomes the current one.
pub fn a_table_is_rolled_back(lab: &Lab) {
    lab.run("create table @t as select 1 as a");
    let first = lab.head("t").unwrap();
    lab.run("insert into @t values 2");
    lab.run(&format!("alter table @t execute rollback_to_snapshot({first})"));
    assert_eq!(lab.rows("select a from @t"), ["[1]"]);
    assert_eq!(lab.head("t"), Some(first));
    lab.run("insert into @t values 3");
    assert_eq!(lab.rows("select a from @t order by a"), ["[1]", "[3]"]);
    lab.refuses("alter table @t execute rollback_to_snapshot(5)", "Cannot roll back to unknown snapshot id: 5");
}

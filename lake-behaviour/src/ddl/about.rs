//! What is known of tables: tables about tables, versions, SHOW and EXPLAIN.

use crate::Lab;

/// Tables about a partitioned table, their columns and what is in them.
pub fn tables_about_tables(lab: &Lab) {
    lab.run(
        "create table @t (id bigint, name varchar, ts timestamp(6), n double)
         with (partitioning = array['day(ts)', 'bucket(id, 4)', 'truncate(name, 2)'])",
    );
    lab.run(
        "insert into @t values (1, 'alpha', timestamp '2024-01-01 10:00:00', 1e0),
         (2, 'beta', timestamp '1969-12-31 23:00:00', nan()), (3, 'bets', null, null)",
    );
    lab.run("insert into @t values (1, 'alps', timestamp '2024-01-01 11:00:00', 3e0)");
    let described = |table: &str| lab.rows(&format!("describe @\"t${table}\""));
    for table in ["snapshots", "history", "refs", "manifests", "properties", "partitions", "files"] {
        assert_eq!(described(table), expected_columns(table), "{table}");
    }
    assert_eq!(
        lab.rows(
            "select partition, record_count, file_count, data.id.min, data.id.max, data.name.max, data.ts.null_count,
             data.n.max from @\"t$partitions\" order by data.id.min"
        ),
        [
            r#"[["2024-01-01",0,"al"],2,2,1,1,"alps",0,"3e0"]"#,
            r#"[["1969-12-31",0,"be"],1,1,2,2,"beta",0,null]"#,
            r#"[[null,3,"be"],1,1,3,3,"bets",1,null]"#,
        ]
    );
    assert_eq!(
        lab.rows(
            "select content, file_format, spec_id, partition.ts_day, record_count, lower_bounds, value_counts,
             null_value_counts from @\"t$files\" where lower_bounds.\"1\" = 3"
        ),
        [r#"[0,"PARQUET",0,null,1,[3,"bets",null,null],{"1":1,"2":1,"3":1,"4":1},{"1":0,"2":0,"3":1,"4":1}]"#]
    );
    assert_eq!(
        lab.rows(
            "select json_extract_scalar(readable_metrics, '$.name.upper_bound'),
             json_extract_scalar(readable_metrics, '$.id.lower_bound') from @\"t$files\" where record_count = 1
             order by 1"
        ),
        [r#"["alpha","1"]"#, r#"["alps","1"]"#, r#"["beta","2"]"#, r#"["bets","3"]"#]
    );
    assert_eq!(
        lab.rows("select sum(added_data_files_count), sum(added_rows_count), max(content) from @\"t$manifests\""),
        ["[4,4,0]"]
    );
    assert_eq!(
        lab.rows("select partition_summaries from @\"t$manifests\" where added_rows_count = 1"),
        [r#"[[[false,false,"2024-01-01","2024-01-01"],[false,false,"0","0"],[false,false,"al","al"]]]"#]
    );
    assert_eq!(lab.rows("select operation from @\"t$snapshots\" order by committed_at").len(), 3);
    assert_eq!(lab.rows("select count(*), count_if(is_current_ancestor) from @\"t$history\""), ["[3,3]"]);
    assert_eq!(lab.rows("select name, type from @\"t$refs\""), [r#"["main","BRANCH"]"#]);
    assert_eq!(
        lab.rows(
            "select value from @\"t$properties\" where key in ('format', 'provider', 'format-version') order by 1"
        ),
        [r#"["2"]"#, r#"["iceberg"]"#, r#"["iceberg/PARQUET"]"#]
    );
    lab.run("create table @plain (a integer, r row(x integer))");
    let empty = "select record_count, file_count, total_size, data from @\"plain$partitions\"";
    assert_eq!(lab.rows(empty), ["[null,0,null,[null]]"]);
    lab.run("insert into @plain values (4, null), (null, row(1))");
    assert_eq!(
        lab.rows("select record_count, file_count, data.a.min, data.a.null_count from @\"plain$partitions\""),
        ["[2,1,4,1]"]
    );
    lab.fails("select * from @\"plain$nothing\"");
}

fn expected_columns(table: &str) -> Vec<String> {
    let columns: &[&str] = match table {
        "snapshots" => &[
            "committed_at timestamp(3) with time zone",
            "snapshot_id bigint",
            "parent_id bigint",
            "operation varchar",
            "manifest_list varchar",
            "summary map(varchar, varchar)",
        ],
        "history" => &[
            "made_current_at timestamp(3) with time zone",
            "snapshot_id bigint",
            "parent_id bigint",
            "is_current_ancestor boolean",
        ],
        "refs" => &[
            "name varchar",
            "type varchar",
            "snapshot_id bigint",
            "max_reference_age_in_ms bigint",
            "min_snapshots_to_keep integer",
            "max_snapshot_age_in_ms bigint",
        ],
        "manifests" => &[
            "content integer",
            "path varchar",
            "length bigint",
            "partition_spec_id integer",
            "added_snapshot_id bigint",
            "added_data_files_count integer",
            "added_rows_count bigint",
            "existing_data_files_count integer",
            "existing_rows_count bigint",
            "deleted_data_files_count integer",
            "deleted_rows_count bigint",
            "partition_summaries array(row(\\\"contains_null\\\" boolean, \\\"contains_nan\\\" boolean, \
             \\\"lower_bound\\\" varchar, \\\"upper_bound\\\" varchar))",
        ],
        "properties" => &["key varchar", "value varchar"],
        "partitions" => &[
            "partition row(\\\"ts_day\\\" date, \\\"id_bucket\\\" integer, \\\"name_trunc\\\" varchar)",
            "record_count bigint",
            "file_count bigint",
            "total_size bigint",
            "data row(\
             \\\"id\\\" row(\\\"min\\\" bigint, \\\"max\\\" bigint, \\\"null_count\\\" bigint, \\\"nan_count\\\" bigint), \
             \\\"name\\\" row(\\\"min\\\" varchar, \\\"max\\\" varchar, \\\"null_count\\\" bigint, \\\"nan_count\\\" bigint), \
             \\\"ts\\\" row(\\\"min\\\" timestamp(6), \\\"max\\\" timestamp(6), \\\"null_count\\\" bigint, \\\"nan_count\\\" bigint), \
             \\\"n\\\" row(\\\"min\\\" double, \\\"max\\\" double, \\\"null_count\\\" bigint, \\\"nan_count\\\" bigint))",
        ],
        _ => &[
            "content integer",
            "file_path varchar",
            "file_format varchar",
            "spec_id integer",
            "partition row(\\\"ts_day\\\" date, \\\"id_bucket\\\" integer, \\\"name_trunc\\\" varchar)",
            "record_count bigint",
            "file_size_in_bytes bigint",
            "column_sizes map(integer, bigint)",
            "value_counts map(integer, bigint)",
            "null_value_counts map(integer, bigint)",
            "nan_value_counts map(integer, bigint)",
            "lower_bounds row(\\\"1\\\" bigint, \\\"2\\\" varchar, \\\"3\\\" timestamp(6), \\\"4\\\" double)",
            "upper_bounds row(\\\"1\\\" bigint, \\\"2\\\" varchar, \\\"3\\\" timestamp(6), \\\"4\\\" double)",
            "key_metadata varbinary",
            "split_offsets array(bigint)",
            "equality_ids array(integer)",
            "sort_order_id integer",
            "readable_metrics json",
            "added_snapshot_id bigint",
            "file_sequence_number bigint",
            "data_sequence_number bigint",
            "referenced_data_file varchar",
            "pos bigint",
            "manifest_location varchar",
            "first_row_id bigint",
            "content_offset bigint",
            "content_size_in_bytes bigint",
        ],
    };
    let row = |column: &&str| {
        let (name, ty) = column.split_once(' ').unwrap();
        format!("[\"{name}\",\"{ty}\",\"\",\"\"]")
    };
    columns.iter().map(row).collect()
}

/// A table as of a snapshot, a reference or a moment has the columns of then.
pub fn tables_of_then(lab: &Lab) {
    lab.run("create table @t as select 1 as a, 'x' as b");
    let first = lab.head("t").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    let moment = lab.rows("select cast(localtimestamp as varchar)").remove(0);
    let moment = moment.trim_matches(|c| "[]\"".contains(c)).to_owned();
    std::thread::sleep(std::time::Duration::from_millis(20));
    lab.run("alter table @t rename column b to bb");
    lab.run("alter table @t add column c integer");
    lab.run("alter table @t alter column a set data type bigint");
    lab.run("insert into @t values (2, 'y', 3)");
    let then = format!("@t for version as of {first}");
    assert_eq!(lab.rows(&format!("select * from {then}")), [r#"[1,"x"]"#]);
    assert_eq!(lab.rows(&format!("select typeof(a), b from {then}")), [r#"["integer","x"]"#]);
    assert_eq!(lab.rows(&format!("select b from {then} where a = 1")), [r#"["x"]"#]);
    lab.fails(&format!("select bb from {then}"));
    assert_eq!(lab.rows("select * from @t for version as of 'main' where a = 2"), [r#"[2,"y",3]"#]);
    assert_eq!(lab.rows(&format!("select * from @t for timestamp as of timestamp '{moment}'")), [r#"[1,"x"]"#]);
    lab.run(&format!("create view @v as select * from {then}"));
    assert_eq!(lab.rows("select * from @v"), [r#"[1,"x"]"#]);
    lab.refuses("select * from @t for version as of 'nope'", "Cannot find snapshot with reference name: nope");
    lab.refuses("select * from @t for version as of bigint '77'", "Iceberg snapshot ID does not exists: 77");
    lab.fails("select * from @t for version as of 77");
    let before = "select * from @t for timestamp as of date '2020-01-01'";
    lab.refuses(before, "at or before 2020-01-01T00:00:00Z");
    let hour = "select * from @t for timestamp as of (current_timestamp - interval '1' hour)";
    lab.refuses(hour, "No version history table");
    lab.refuses("select * from @t for timestamp as of timestamp '2130-01-01 00:00:00'", "is not in the past");
}

/// SHOW, DESCRIBE and EXPLAIN.
pub fn what_there_is(lab: &Lab) {
    let schema = &lab.schema;
    lab.run("create table @t (id bigint not null, \"Odd name\" row(x integer, y array(varchar)) comment 'it''s odd') comment 'things' with (partitioning = array['bucket(id, 4)'], sorted_by = array['id desc'])");
    lab.run("create view @v as select id from @t");
    assert_eq!(lab.rows(&format!("show tables from {schema}")), [r#"["t"]"#, r#"["v"]"#]);
    assert_eq!(lab.rows(&format!("show tables from {schema} like 'v%'")), [r#"["v"]"#]);
    assert_eq!(lab.rows(&format!("show schemas like '{schema}'")), [format!("[\"{schema}\"]")]);
    assert_eq!(lab.rows("show columns from @t like 'i_'"), [r#"["id","bigint","",""]"#]);
    let text = lab.rows("show create table @t").remove(0).replace("\\u000a", "\\n");
    for part in [
        r#"\n   id bigint NOT NULL,\n   \"odd name\" ROW(x integer, y array(varchar)) COMMENT 'it''s odd'\n)\nCOMMENT 'things'\nWITH (\n   format = 'PARQUET',\n   format_version = 2,\n"#,
        r#"   partitioning = ARRAY['bucket(id, 4)'],\n   sorted_by = ARRAY['id DESC NULLS LAST']\n)"#,
    ] {
        assert!(text.contains(part), "{text} lacks {part}");
    }
    assert!(lab.rows("show create view @v")[0].contains("CREATE VIEW "));
    lab.refuses("show create view @t", "is a table, not a view");
    lab.refuses("show create table @v", "is a view, not a table");
    lab.refuses(&format!("show tables from {schema}_nowhere"), "does not exist");
    assert_eq!(lab.rows("explain (type validate) select id from @t"), ["[true]"]);
    lab.fails("explain (type validate) select nothing from @t");
    for sql in [
        "select id from @t where id = 1",
        "insert into @t values (1, null)",
        "update @t set id = 2",
        "delete from @t where id = 1",
        "merge into @t t using (values 1) s(k) on t.id = s.k when matched then delete",
    ] {
        assert_eq!(lab.rows(&format!("explain {sql}")).len(), 1, "{sql}");
    }
    assert_eq!(lab.rows("select count(*) from @t"), ["[0]"]);
}

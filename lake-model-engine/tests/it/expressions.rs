use crate::{check, refuse};

#[track_caller]
fn value(expression: &str, expected: &str) {
    check(&format!("select {expression}"), &[expected]);
}

#[track_caller]
fn fails(expression: &str, expected: &str) {
    refuse(&format!("select {expression}"), expected);
}

#[test]
fn three_valued_logic() {
    value("null and false", "false");
    value("null or true", "true");
    value("not (null and true)", "null");
    value("1 in (2, null)", "null");
    value("1 in (1, null)", "true");
    value("1 not in (2, 3)", "true");
    value("null is distinct from null", "false");
    value("nan() = nan()", "false");
    value("2 between 1 and 3", "true");
    value("(1, null) = (2, null)", "false");
}

#[test]
fn arithmetic_is_checked() {
    value("7 / 2", "3");
    value("-7 % 3", "-1");
    value("decimal '10.00' / 3", "3.3333333333333");
    value("decimal '1.5' * decimal '2.25'", "3.375");
    value("1e0 / 0", "Infinity");
    fails("1 / 0", "DIVISION_BY_ZERO");
    fails("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE");
    fails("bigint '9223372036854775807' + 1", "NUMERIC_VALUE_OUT_OF_RANGE");
    value("try(1 / 0)", "null");
}

#[test]
fn casts() {
    value("cast('2022-03-01' as date)", "2022-03-01");
    value("try_cast('x' as bigint)", "null");
    value("cast(2.7 as integer)", "3");
    value("cast(1 as varchar) || 'a'", "1a");
    value("cast(timestamp '2022-03-01 10:00:00.123456' as timestamp(3))", "2022-03-01 10:00:00.123");
    value("cast(array[1, 2] as array(varchar))", "[1, 2]");
    value("cast(row(1, 'a') as row(n bigint, t varchar)).t", "a");
    value("cast(json '{\"a\": [1, 2]}' as map(varchar, array(bigint)))", "{a=[1, 2]}");
    fails("cast('x' as date)", "INVALID_CAST_ARGUMENT");
}

#[test]
fn conditions() {
    value("case when false then 1 / 0 when true then 2 end", "2");
    value("case 3 when 1 then 'a' when 3 then 'c' else 'x' end", "c");
    value("coalesce(null, 2, 1 / 0)", "2");
    value("nullif(1, 1)", "null");
    value("if(1 = 2, 'a')", "null");
}

#[test]
fn text() {
    value("'a_c' like 'a#_c' escape '#'", "true");
    value("'abc' like 'a%c'", "true");
    value("'abc' like '_'", "false");
    value("upper(trim('  ab '))", "AB");
    value("substr('hello', -3, 2)", "ll");
    value("split_part('a,b,c', ',', 2)", "b");
    value("contains(split('USD,JPY', ','), 'JPY')", "true");
    value("lpad('7', 3, '0')", "007");
    value("concat_ws('-', 'a', null, 'b')", "a-b");
    value("length('äö')", "2");
}

#[test]
fn dates() {
    value("date_trunc('month', date '2022-03-17')", "2022-03-01");
    value("date '2022-01-31' + interval '1' month", "2022-02-28");
    value("date_diff('day', date '2022-03-01', date '2022-04-01')", "31");
    value("date_add('week', -1, date '2022-03-08')", "2022-03-01");
    value("year(date '2022-03-01') * 100 + month(date '2022-03-01')", "202203");
    value("day_of_week(date '2022-03-06')", "7");
    value("extract(hour from timestamp '2022-03-01 10:20:30')", "10");
    value("date '2022-03-02' - date '2022-03-01'", "1 00:00:00.000");
    value("timestamp '2022-03-01 00:00:00 UTC' = timestamp '2022-03-01 02:00:00 +02:00'", "true");
    value("date_format(date '2022-03-01', '%Y/%m')", "2022/03");
    value("last_day_of_month(date '2024-02-01')", "2024-02-29");
}

#[test]
fn numbers() {
    value("round(decimal '2.345', 2)", "2.350");
    value("round(-2.5e0)", "-3.0E0");
    value("floor(decimal '-1.5')", "-2");
    value("power(2e0, 10e0)", "1.024E3");
    value("greatest(1, 3, 2)", "3");
    value("abs(-5)", "5");
    value("round(ln(exp(2e0)), 6)", "2.0E0");
}

#[test]
fn collections() {
    value("array[1, 2, 3][2]", "2");
    fails("array[1][2]", "out of bounds");
    value("element_at(array[1, 2], -1)", "2");
    value("map(array['a', 'b'], array[1, 2])['b']", "2");
    value("map_entries(map(array['a'], array[1]))", "[(a, 1)]");
    value("cardinality(array[1, null])", "2");
    value("array_distinct(array[2, 1, 2])", "[2, 1]");
    value("array[1] || array[2]", "[1, 2]");
    value("sequence(1, 3)", "[1, 2, 3]");
    value("array_join(array[1, null, 3], ',')", "1,3");
    value("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a.b')", "1");
}

#[test]
fn lambdas() {
    value("transform(array[1, 2], x -> x * 10)", "[10, 20]");
    value("filter(array[1, 2, 3], x -> x > 1)", "[2, 3]");
    value("reduce(array[1, 2, 3], 0, (s, x) -> s + x, s -> s)", "6");
    value("any_match(array[1, 2], x -> x = 2)", "true");
    value("transform_values(map(array['a'], array[1]), (k, v) -> k || cast(v as varchar))", "{a=a1}");
    check("select transform(array[1, 2], x -> x + a) from (values 10, 20) t(a)", &["[11, 12]", "[21, 22]"]);
}

#[test]
fn unknown_things_are_named() {
    fails("soundex('a')", "soundex");
    fails("timestamp '2022-03-01 10:00:00 Europe/Berlin' at time zone 'Asia/Tokyo'", "time zone");
}

//! URLs.

use super::{Function, scalar};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("url_decode", &["(varchar(x)) -> varchar(x)"]),
    scalar("url_encode", &["(varchar(x)) -> varchar(x * 12)"]),
    scalar("url_extract_fragment", &["(varchar(x)) -> varchar(x)"]).may_be_null(),
    scalar("url_extract_host", &["(varchar(x)) -> varchar(x)"]).may_be_null(),
    scalar("url_extract_parameter", &["(varchar(x), varchar(y)) -> varchar(x)"]).may_be_null(),
    scalar("url_extract_path", &["(varchar(x)) -> varchar(x)"]).may_be_null(),
    scalar("url_extract_port", &["(varchar(x)) -> bigint"]).may_be_null(),
    scalar("url_extract_protocol", &["(varchar(x)) -> varchar(x)"]).may_be_null(),
    scalar("url_extract_query", &["(varchar(x)) -> varchar(x)"]).may_be_null(),
];

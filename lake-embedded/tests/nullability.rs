//! No column that the binder calls never null holds a null: random queries over random rows, run on the engine.
//!
//! A query that fails when it runs (a division by zero, a cast) proves nothing and is passed over. `LAKE_CASES` sets how
//! many are drawn.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::sync::Arc;

use lake_core::engine::{EngineError, Rows, Submission, execute};
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_sql::bind::{Names, Reference, Relation, bind};
use lake_sql::finding::Severity;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;

/// Queries read VALUES alone.
struct NoTables;

impl Names for NoTables {
    fn reference(&self, _name: &str) -> Option<Reference> {
        None
    }

    fn reference_names(&self) -> Vec<String> {
        vec![]
    }

    fn table(&self, _parts: &[String]) -> Option<Arc<Relation>> {
        None
    }

    fn has_tables(&self) -> bool {
        true
    }
}

/// Draws a query from a number: the same one each time.
struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Self {
        // Neighbouring seeds begin far apart.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, count: u64) -> u64 {
        // An xorshift generator (Marsaglia 2003) is even enough to choose among a few.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// Rows of (bigint, bigint, varchar, boolean); each column has nulls or none.
    fn values(&mut self, alias: &str) -> String {
        let nulls: Vec<bool> = (0..4).map(|_| self.below(2) == 0).collect();
        let mut rows = vec![];
        for _ in 0..=self.below(4) {
            let cells = [
                self.one(&["bigint '0'", "bigint '1'", "bigint '2'", "bigint '-3'"]),
                self.one(&["bigint '1'", "bigint '2'", "bigint '7'"]),
                self.one(&["varchar 'a'", "varchar ''", "varchar 'b1'", "varchar '{\"k\":1}'"]),
                self.one(&["true", "false"]),
            ];
            let types = ["bigint", "bigint", "varchar", "boolean"];
            let cell = |(at, text): (usize, &&str)| -> String {
                if nulls[at] && self.below(2) == 0 {
                    format!("cast(null as {})", types[at])
                } else {
                    (*text).to_owned()
                }
            };
            rows.push(format!("({})", cells.iter().enumerate().map(cell).collect::<Vec<_>>().join(", ")));
        }
        format!("(values {}) {alias}(i, n, s, b)", rows.join(", "))
    }

    fn relation(&mut self, depth: u64) -> (String, Vec<String>) {
        match self.below(if depth == 0 { 1 } else { 6 }) {
            1 => {
                let (left, right) = (self.values("l"), self.values("r"));
                let kind = self.one(&["join", "left join", "right join", "full join"]);
                let on = self.one(&["l.i = r.i", "l.n = r.n and l.i = r.n", "l.s is not distinct from r.s"]);
                (format!("{left} {kind} {right} on {on}"), vec!["l".into(), "r".into()])
            }
            2 => (format!("({}) q", self.query(depth - 1)), vec!["q".into()]),
            3 => {
                let kind = self.one(&[
                    "cross join unnest(array[t.i, t.n]) with ordinality u(i, n)",
                    "left join unnest(filter(array[t.i, t.n], x -> x > 1)) with ordinality u(i, n) on true",
                ]);
                let values = self.values("t");
                (format!("{values} {kind}"), vec!["t".into()])
            }
            4 => {
                let (left, right) = (self.values("l"), self.values("r"));
                let op = self.one(&["union all", "union", "intersect", "except"]);
                (format!("(select * from {left} {op} select * from {right}) q"), vec!["q".into()])
            }
            _ => (self.values("t"), vec!["t".into()]),
        }
    }

    fn number(&mut self, depth: u64, from: &[String]) -> String {
        let q = &from[usize::try_from(self.below(from.len() as u64)).unwrap()].clone();
        if depth == 0 {
            let choice = self.below(3);
            return match choice {
                0 => format!("{q}.i"),
                1 => format!("{q}.n"),
                _ => "bigint '2'".into(),
            };
        }
        let d = depth - 1;
        match self.below(18) {
            0 => format!("({} + {})", self.number(d, from), self.number(d, from)),
            1 => format!("({} / {})", self.number(d, from), self.number(d, from)),
            2 => format!("coalesce({}, {})", self.number(d, from), self.number(d, from)),
            3 => format!("nullif({}, {})", self.number(d, from), self.number(d, from)),
            4 => format!("case when {} then {} end", self.truth(d, from), self.number(d, from)),
            5 => format!(
                "case when {} then {} else {} end",
                self.truth(d, from),
                self.number(d, from),
                self.number(d, from)
            ),
            6 => format!("try({} / {})", self.number(d, from), self.number(d, from)),
            7 => format!("try_cast({} as bigint)", self.text(d, from)),
            8 => format!("element_at(array[{}, {}], 2)", self.number(d, from), self.number(d, from)),
            9 => {
                format!("element_at(map(array[bigint '1'], array[{}]), {})", self.number(d, from), self.number(d, from))
            }
            10 => format!("length({})", self.text(d, from)),
            11 => format!("if({}, {})", self.truth(d, from), self.number(d, from)),
            12 => format!("(select max(z.i) from {} where z.n > {})", self.values("z"), self.number(d, from)),
            13 => format!("(select count(z.i) from {} where z.n = {})", self.values("z"), self.number(d, from)),
            14 => format!("greatest({}, {})", self.number(d, from), self.number(d, from)),
            15 => format!("array_max(array[{}, {}])", self.number(d, from), self.number(d, from)),
            16 => format!("reduce(array[{}], {}, (a, x) -> a + x, a -> a)", self.number(d, from), self.number(d, from)),
            _ => format!("row({}, {})[1]", self.number(d, from), self.number(d, from)),
        }
    }

    fn text(&mut self, depth: u64, from: &[String]) -> String {
        let q = from[0].clone();
        if depth == 0 {
            return format!("{q}.s");
        }
        let d = depth - 1;
        match self.below(8) {
            0 => format!("upper({})", self.text(d, from)),
            1 => format!("concat({}, 'x')", self.text(d, from)),
            2 => format!("split_part({}, 'b', 2)", self.text(d, from)),
            3 => format!("json_extract_scalar({}, '$.k')", self.text(d, from)),
            4 => format!("regexp_extract({}, '[0-9]')", self.text(d, from)),
            5 => format!("cast({} as varchar)", self.number(d, from)),
            6 => format!("coalesce({}, 'none')", self.text(d, from)),
            _ => format!("substr({}, 2)", self.text(d, from)),
        }
    }

    fn truth(&mut self, depth: u64, from: &[String]) -> String {
        let q = from[0].clone();
        if depth == 0 {
            return self.one(&["{}.b", "{}.i is not null", "{}.s is null", "{}.i > 0"]).replace("{}", &q);
        }
        let d = depth - 1;
        match self.below(11) {
            0 => format!("({} and {})", self.truth(d, from), self.truth(d, from)),
            1 => format!("({} or {})", self.truth(d, from), self.truth(d, from)),
            2 => format!("not {}", self.truth(d, from)),
            3 => format!("{} < {}", self.number(d, from), self.number(d, from)),
            4 => format!("{} in ({}, {})", self.number(d, from), self.number(d, from), self.number(d, from)),
            5 => format!("{} in (select z.n from {})", self.number(d, from), self.values("z")),
            6 => format!("{} is distinct from {}", self.number(d, from), self.number(d, from)),
            7 => format!("{} between {} and {}", self.number(d, from), self.number(d, from), self.number(d, from)),
            8 => format!("{} like 'b%'", self.text(d, from)),
            9 => format!("exists (select 1 from {} where z.i = {})", self.values("z"), self.number(d, from)),
            _ => format!("{} is not null", self.number(d, from)),
        }
    }

    /// A query of two bigints, a varchar and a boolean, so that it can stand where VALUES do.
    fn query(&mut self, depth: u64) -> String {
        let (relation, from) = self.relation(depth);
        let mut sql = String::new();
        let filter = (self.below(2) == 0).then(|| self.truth(depth, &from));
        let filter = filter.map_or(String::new(), |filter| format!(" where {filter}"));
        match self.below(4) {
            0 => {
                let (a, b, s) = (self.number(1, &from), self.number(1, &from), self.text(1, &from));
                let group = self.one(&[
                    "",
                    " group by {}.b",
                    " group by grouping sets (({}.b), ())",
                    " group by rollup ({}.b)",
                ]);
                let group = group.replace("{}", &from[0]);
                let sum = self.one(&["sum", "max", "min", "count", "arbitrary"]);
                let b_item =
                    if group.is_empty() { format!("bool_or({}.b)", from[0]) } else { format!("{}.b", from[0]) };
                let having = if self.below(3) == 0 { " having count(*) > 1" } else { "" };
                write!(
                    sql,
                    "select {sum}({a}) as i, count({b}) as n, max({s}) filter (where {t}) as s, {b_item} as b \
                     from {relation}{filter}{group}{having}",
                    t = self.truth(0, &from),
                )
                .unwrap();
            }
            1 => {
                let (a, b) = (self.number(1, &from), self.number(1, &from));
                let over = self.one(&[
                    "(order by {}.i)",
                    "(partition by {}.b order by {}.i rows between 1 preceding and 1 preceding)",
                    "(partition by {}.s)",
                    "(order by {}.n rows between 1 following and unbounded following)",
                ]);
                let over = over.replace("{}", &from[0]);
                let window = self.one(&["sum({})", "max({})", "count({})", "first_value({})", "nth_value({}, 2)"]);
                let window = match over.contains("rows") {
                    true => window,
                    false => self.one(&["max({})", "lag({})", "lead({}, 1, 0)"]),
                };
                let window = if over.contains("order") { window } else { "max({})" }.replace("{}", &a);
                let s = self.text(1, &from);
                write!(
                    sql,
                    "select {window} over {over} as i, {b} as n, {s} as s, {q}.b as b from {relation}{filter}",
                    q = from[0]
                )
                .unwrap();
            }
            _ => {
                let (a, b) = (self.number(2, &from), self.number(2, &from));
                let (s, t) = (self.text(2, &from), self.truth(2, &from));
                write!(sql, "select {a} as i, {b} as n, {s} as s, {t} as b from {relation}{filter}").unwrap();
            }
        }
        sql
    }
}

fn run(engine: &Embedded, sql: &str) -> Result<Rows, EngineError> {
    Ok(execute(engine, &Submission::once(sql), || false)?.expect("nobody stops it").1)
}

/// The columns that are called never null, or why the query is refused.
fn never_null(sql: &str) -> Result<Vec<usize>, String> {
    let parsed = parse_query(sql, Templates::No);
    let tree = parsed.tree.filter(|_| parsed.findings.is_empty()).ok_or_else(|| format!("{:?}", parsed.findings))?;
    let outcome = bind(&tree, sql, &NoTables, TypeRules::New);
    if let Some(error) = outcome.findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(error.message.clone());
    }
    let columns = outcome.query.unwrap().columns;
    Ok(columns.iter().enumerate().filter(|(_, column)| !column.nullable).map(|(at, _)| at).collect())
}

#[test]
fn what_is_called_never_null_is_never_null() {
    let folder = tempfile::tempdir().unwrap();
    let config = EmbeddedConfig { warehouse: folder.path().join("warehouse"), threads: 2, memory_bytes: 256 << 20 };
    let engine = Embedded::open(config).unwrap();
    let cases = std::env::var("LAKE_CASES").map_or(150, |cases| cases.parse().unwrap());
    let (mut ran, mut proven, mut refused) = (0, 0, vec![]);
    for seed in 1..=cases {
        let sql = Draw::new(seed).query(seed % 3);
        let columns = match never_null(&sql) {
            Ok(columns) => columns,
            Err(why) => {
                refused.push(format!("{why}: {sql}"));
                continue;
            }
        };
        let Ok(rows) = run(&engine, &sql) else { continue };
        ran += 1;
        proven += columns.len();
        for (batch, at) in rows.batches.iter().flat_map(|batch| columns.iter().map(move |at| (batch, *at))) {
            assert_eq!(batch.column(at).logical_null_count(), 0, "column {at} of {sql}");
        }
    }
    println!("{ran} ran, {proven} columns were called never null, {} refused", refused.len());
    assert!(refused.is_empty(), "the queries are meant to bind:\n{}", refused.join("\n"));
    assert!(ran * 3 > cases, "too few queries run: {ran} of {cases}");
}

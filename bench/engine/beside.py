"""Runs queries or merges in the embedded engine and in DuckDB, in turn, and prints what each of them took.

    beside.py answers TRINO QUERIES FILE         the queries' answers, as a Trino server has them
    beside.py queries WAREHOUSE QUERIES [FILE]   the same queries in both engines; with FILE, compared with Trino's answers
    beside.py merges WAREHOUSE                   CTAS of store_sales and merges into a history of it

QUERIES is a folder of .sql files, one query each, with names of tables as `tpch.lineitem`. DuckDB reads the Parquet files
of the warehouse's tables for queries; for merges it has tables of its own. Both have the same threads and memory.
README.md of this folder has the commands that make the warehouse. Figures are of Linux: CPU time, peak memory and bytes come
from /proc.
"""

import argparse
import datetime
import decimal
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request


class Engine:
    """A process that takes {"id","sql"} lines and answers each with one line."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, sql):
        """Answer and what it took; a statement that fails ends the program."""
        answer, cost = self.attempt(sql)
        if answer["error"]:
            sys.exit(f"{self.name}: {answer['error']['message']}\n{sql}")
        return answer["rows"], cost

    def attempt(self, sql):
        """Answer or error, and what it took."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        before, began = self.used(), time.perf_counter()
        self.process.stdin.write(json.dumps({"id": 0, "sql": sql}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended at\n{sql}")
        seconds, after = time.perf_counter() - began, self.used()
        cost = {key: after[key] - before[key] for key in before}
        return json.loads(line), cost | {"seconds": seconds, "memory": self.peak()}

    def used(self):
        """CPU seconds, and bytes that were asked of the system (the page cache may have had them)."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        io = dict(line.split(": ") for line in pathlib.Path(f"/proc/{self.process.pid}/io").read_text().splitlines())
        cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        return {"cpu": cpu, "read": int(io["rchar"]), "written": int(io["wchar"])}

    def peak(self):
        """Most memory since the statement began, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def lake(options):
    """The embedded engine."""
    command = [options.lake, "query", "--batch", "--warehouse", options.warehouse]
    return Engine("lake", command + ["--threads", str(options.threads), "--memory-mib", str(options.memory)])


def duckdb(options, database=":memory:"):
    """DuckDB, in a process of its own so that it can be measured like ours."""
    command = [sys.executable, __file__, "serve-duckdb", database, str(options.threads), str(options.memory)]
    return Engine("duckdb", command)


def serve_duckdb(database, threads, memory):
    """Answers lines as `lake query --batch` does."""
    import duckdb

    connection = duckdb.connect(database)
    connection.execute(f"set threads = {threads}; set memory_limit = '{memory}MiB'")
    for line in sys.stdin:
        rows, error = [], None
        try:
            rows = connection.execute(json.loads(line)["sql"]).fetchall()
        except duckdb.Error as failure:
            error = {"message": str(failure)}
        plain = [[plain_value(value) for value in row] for row in rows]
        print(json.dumps({"rows": plain, "error": error}), flush=True)


def plain_value(value):
    return str(value) if isinstance(value, (decimal.Decimal, datetime.date, datetime.datetime)) else value


def same(ours, theirs):
    """Equal values; doubles, whose sums depend on the order of rows, to nine digits."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or math.isclose(ours, theirs, rel_tol=1e-9) or (math.isnan(ours) and math.isnan(theirs))
    return ours == theirs


def agrees(ours, theirs):
    """Same rows; in any order, as a query without a total order may have them."""
    return same(ours, theirs) or same(sorted(ours, key=json.dumps), sorted(theirs, key=json.dumps))


def near(ours, theirs):
    """Equal but for what the engines' types make of a value: the mean of decimals is a double in DuckDB."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(near, ours, theirs))
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=1e-6, abs_tol=0.0051)
    except (TypeError, ValueError):
        return ours == theirs


def rounded(rows):
    """Rows in an order that does not hang on the last digits of their numbers."""
    def key(value):
        try:
            return f"{float(value):.1f}"
        except (TypeError, ValueError):
            return str(value)
    return sorted(rows, key=lambda row: [key(value) for value in row])


def queries_of(folder):
    for path in sorted(pathlib.Path(folder).glob("*.sql")):
        yield path.stem, path.read_text().strip().rstrip(";")


def answers(options):
    """Asks a Trino server, whose default catalog holds the tables."""
    found = {}
    for name, sql in queries_of(options.queries):
        headers = {"X-Trino-User": "bench", "X-Trino-Catalog": options.catalog}
        request = urllib.request.Request(f"{options.trino}/v1/statement", sql.encode(), headers)
        began, rows = time.perf_counter(), []
        page = json.load(urllib.request.urlopen(request))
        while True:
            rows += page.get("data", [])
            if "error" in page:
                print(f"{name}: {page['error']['message']}")
            if "nextUri" not in page:
                break
            page = json.load(urllib.request.urlopen(page["nextUri"]))
        if "error" not in page:
            found[name] = rows
            print(f"{name}: {len(rows)} rows, {time.perf_counter() - began:.1f} s", flush=True)
    pathlib.Path(options.file).write_text(json.dumps(found))


def queries(options):
    known = json.loads(pathlib.Path(options.file).read_text()) if options.file else {}
    ours, theirs = lake(options), duckdb(options)
    schemas, _ = ours.ask("show schemas")
    tables = [(schema, table) for (schema,) in schemas for (table,) in ours.ask(f"show tables from {schema}")[0]]
    for schema, table in tables:
        files, _ = ours.ask(f'select file_path from "{schema}"."{table}$files"')
        paths = ", ".join(f"'{path.removeprefix('file://')}'" for (path,) in files)
        theirs.ask(f"create schema if not exists {schema}")
        theirs.ask(f"create view {schema}.{table} as select * from read_parquet([{paths}])")

    total, right, failed = {"lake": 0.0, "duckdb": 0.0}, 0, []
    print(f"{'query':<8} {'rows':>7} {'lake s':>8} {'cpu':>7} {'MiB':>6} {'duckdb s':>9} {'cpu':>7} {'MiB':>6} {'ratio':>6}")
    for name, sql in queries_of(options.queries):
        runs = {}
        for engine in (ours, theirs) * options.repeat:
            answer, cost = engine.attempt(sql)
            best = runs.get(engine.name)
            if best is None or cost["seconds"] < best[1]["seconds"]:
                runs[engine.name] = answer, cost
        (answer, our), (other, their) = runs["lake"], runs["duckdb"]
        note = ""
        if answer["error"]:
            note = answer["error"]["message"]
            failed.append(name)
        elif name in known and agrees(answer["rows"], known[name]):
            right += 1
        elif name in known:
            note = "NOT Trino's answer"
            failed.append(name)
        elif not other["error"] and not near(rounded(answer["rows"]), rounded(other["rows"])):
            note = "not DuckDB's answer"
        if other["error"]:
            note += f" duckdb: {other['error']['message'].splitlines()[0]}"
        elif not answer["error"]:
            total["lake"] += our["seconds"]
            total["duckdb"] += their["seconds"]
        print(
            f"{name:<8} {len(answer['rows']):>7} {our['seconds']:>8.2f} {our['cpu']:>7.2f} {our['memory'] >> 20:>6} "
            f"{their['seconds']:>9.2f} {their['cpu']:>7.2f} {their['memory'] >> 20:>6} "
            f"{our['seconds'] / their['seconds']:>6.2f} {note}",
            flush=True,
        )
    ratio = total["lake"] / total["duckdb"] if total["duckdb"] else math.nan
    print(f"in all: lake {total['lake']:.1f} s, duckdb {total['duckdb']:.1f} s, ratio {ratio:.2f}")
    if known:
        print(f"{right} of {len(known)} as Trino answers; not: {', '.join(failed) or 'none'}")
    ours.close()
    theirs.close()


KEY = ("ss_ticket_number", "ss_item_sk")


def merges(options):
    """A history of store_sales, and deliveries that change 0.1, 1, 10 and 99 % of its rows and bring as many versions."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        ours, theirs = lake(options), duckdb(options, f"{folder}/merges.duckdb")
        files, _ = ours.ask('select file_path from "tpcds"."store_sales$files"')
        paths = ", ".join(f"'{path.removeprefix('file://')}'" for (path,) in files)
        for engine in (ours, theirs):
            engine.ask("create schema if not exists bench")
            for table in ("history", "stage"):
                engine.ask(f"drop table if exists bench.{table}")
        source = {"lake": "tpcds.store_sales", "duckdb": f"read_parquet([{paths}])"}
        columns, _ = ours.ask("show columns from tpcds.store_sales")
        columns = [column[0] for column in columns]

        print(f"{'what':<14} {'engine':<7} {'seconds':>8} {'cpu':>7} {'MB read':>8} {'MB written':>10} {'peak MiB':>9}")
        both((ours, theirs), "create", lambda engine: (
            f"create table bench.history as select s.*, date '2026-01-01' as valid_from, cast(null as date) as valid_to, "
            f"true as is_current from {source[engine.name]} s"
        ))
        day = datetime.date(2026, 1, 1)
        for percent, every in ((0.1, "% 1000 = 7"), (1, "% 100 = 7"), (10, "% 10 = 7"), (99, "% 100 <> 7")):
            day += datetime.timedelta(days=1)
            stage = staged(columns, every, day)
            both((ours, theirs), f"stage {percent} %", lambda _: f"create table bench.stage as {stage}")
            both((ours, theirs), f"merge {percent} %", lambda _: MERGE.format(
                updates=", ".join(f"{column} = s.{column}" for column in columns if column not in KEY),
                names=", ".join(columns),
                values=", ".join(f"s.{column}" for column in columns),
            ))
            told = "select count(*), count_if(is_current), sum(ss_quantity), sum(ss_net_paid) from bench.history"
            rows = both((ours, theirs), "count", lambda _: told)
            if [str(value) for value in rows[0][0]] != [str(value) for value in rows[1][0]]:
                sys.exit(f"the histories differ: {rows}")
            for engine in (ours, theirs):
                engine.ask("drop table bench.stage")
        ours.ask("drop table bench.history")
        ours.close()
        theirs.close()


def staged(columns, every, day):
    """Versions that end and versions that begin, as a history's stage has them."""
    kept = ", ".join(f"t.{column}" for column in columns)
    changed = ", ".join(
        "coalesce(t.ss_quantity, 0) + 1 as ss_quantity" if column == "ss_quantity" else f"t.{column}" for column in columns
    )
    return f"""
        select {kept}, t.valid_from, date '{day}' as valid_to, false as is_current
        from bench.history t where t.is_current and t.ss_ticket_number {every}
        union all
        select {changed}, date '{day}', cast(null as date), true
        from bench.history t where t.is_current and t.ss_ticket_number {every}"""


MERGE = """
    merge into bench.history t using bench.stage s
    on t.ss_ticket_number = s.ss_ticket_number and t.ss_item_sk = s.ss_item_sk and t.valid_from = s.valid_from
    when matched then update set {updates}, valid_to = s.valid_to, is_current = s.is_current
    when not matched then insert ({names}, valid_from, valid_to, is_current)
    values ({values}, s.valid_from, s.valid_to, s.is_current)"""


def both(engines, what, statement):
    """Runs a statement in each, prints what it took, and gives the rows."""
    answers, seconds = [], []
    for engine in engines:
        rows, cost = engine.ask(statement(engine))
        answers.append(rows)
        seconds.append(cost["seconds"])
        print(
            f"{what:<14} {engine.name:<7} {cost['seconds']:>8.2f} {cost['cpu']:>7.2f} {cost['read'] / 1e6:>8.0f} "
            f"{cost['written'] / 1e6:>10.0f} {cost['memory'] >> 20:>9}",
            flush=True,
        )
    print(f"{what:<14} {'ratio':<7} {seconds[0] / seconds[1]:>8.2f}")
    return answers


def main():
    if sys.argv[1:2] == ["serve-duckdb"]:
        return serve_duckdb(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("answers")
    command.add_argument("trino", help="URL of a server")
    command.add_argument("queries")
    command.add_argument("file")
    command.add_argument("--catalog", default="iceberg", help="catalog that holds the tables")
    command.set_defaults(run=answers)
    for run in (queries, merges):
        command = commands.add_parser(run.__name__)
        command.add_argument("warehouse")
        command.add_argument("--lake", default="lake", help="the program that is measured")
        command.add_argument("--threads", type=int, default=os.cpu_count())
        command.add_argument("--memory", type=int, default=8192, help="MiB")
        command.set_defaults(run=run)
        if run is queries:
            command.add_argument("queries")
            command.add_argument("file", nargs="?", help="answers of Trino")
            command.add_argument("--repeat", type=int, default=1, help="the quickest of so many runs counts")
        else:
            command.add_argument("--scratch", help="folder for DuckDB's database")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()

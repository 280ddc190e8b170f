"""Uses boto3 as anybody would, and prints what comes back without ids and times."""

import sys
import time
import uuid

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError:
    print("missing")
    sys.exit()

options = dict(
    endpoint_url=sys.argv[1],
    region_name="eu-west-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
    config=Config(retries={"total_max_attempts": 1}),
)
athena = boto3.client("athena", **options)
glue = boto3.client("glue", **options)


def start(sql, **more):
    return athena.start_query_execution(QueryString=sql, WorkGroup="primary", **more)["QueryExecutionId"]


def wait(execution):
    while True:
        found = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
        if found["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return found
        time.sleep(0.01)


def run(sql):
    return wait(start(sql))


def show(what, value):
    print(f"{what}: {value}")


for sql in [
    "create schema if not exists `shop`",
    "create table shop.orders with (table_type = 'ICEBERG', is_external = false, location = 's3://shop/orders/') as "
    "select n as id, cast(n as decimal(12, 2)) / 4 as amount, if(n % 2 = 0, 'even') as kind "
    "from unnest(sequence(1, 2500)) as t(n)",
    "create or replace view shop.large as select * from shop.orders where amount > 600",
]:
    found = run(sql)
    show("ran", (found["StatementType"], found["SubstatementType"], found["Status"]["State"]))

found = run("select * from shop.orders order by id")
pages = []
for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=found["QueryExecutionId"]):
    pages.append(page["ResultSet"]["Rows"])
show("pages", [len(page) for page in pages])
show("header", pages[0][0]["Data"])
show("rows", [pages[0][1]["Data"], pages[0][2]["Data"]])
first = athena.get_query_results(QueryExecutionId=found["QueryExecutionId"], MaxResults=1)
show("columns", [(c["Name"], c["Type"], c["Precision"], c["Scale"]) for c in first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]])
show("update count", first["UpdateCount"])
show("output", found["ResultConfiguration"]["OutputLocation"].replace(found["QueryExecutionId"], "<id>"))

merged = run(
    "merge into shop.orders o using (values (1, 'odd'), (3, 'odd')) as s(id, kind) on o.id = s.id "
    "when matched then update set kind = s.kind"
)
show("merged", athena.get_query_results(QueryExecutionId=merged["QueryExecutionId"])["UpdateCount"])

for sql in ["selec 1", "select 1; select 2", "drop table \"shop\".\"orders\""]:
    try:
        start(sql)
    except ClientError as error:
        show("refused", (error.response["Error"]["Code"], error.response.get("AthenaErrorCode"), error.response["Error"]["Message"]))

failed = run("select * from shop.nothing")
show("failed", failed["Status"]["StateChangeReason"])
show("error", {k: failed["Status"]["AthenaError"][k] for k in ("ErrorCategory", "ErrorType", "Retryable")})
try:
    athena.get_query_results(QueryExecutionId=failed["QueryExecutionId"])
except ClientError as error:
    show("no results", error.response["AthenaErrorCode"])

token = str(uuid.uuid4())
show("one token", start("select 1", ClientRequestToken=token) == start("select 1", ClientRequestToken=token))
try:
    start("select 2", ClientRequestToken=token)
except ClientError as error:
    show("mismatch", error.response["AthenaErrorCode"])

several = athena.batch_get_query_execution(QueryExecutionIds=[failed["QueryExecutionId"], str(uuid.uuid4())])
show("batch", [e["Status"]["State"] for e in several["QueryExecutions"]])
show("unprocessed", [e["ErrorCode"] for e in several["UnprocessedQueryExecutionIds"]])

tables = glue.get_tables(DatabaseName="shop")["TableList"]
show("tables", [(t["Name"], t["TableType"]) for t in tables])
orders = glue.get_table(DatabaseName="shop", Name="orders")["Table"]
show("glue columns", [(c["Name"], c["Type"]) for c in orders["StorageDescriptor"]["Columns"]])
try:
    glue.get_table(DatabaseName="shop", Name="nothing")
except ClientError as error:
    show("glue", error.response["Error"]["Code"])

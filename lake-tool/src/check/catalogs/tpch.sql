-- The tables of Trino's `tpch` connector, as `show columns` prints them; no column is declared not null.

create table tpch.tiny.customer (
    custkey bigint,
    name varchar(25),
    address varchar(40),
    nationkey bigint,
    phone varchar(15),
    acctbal double,
    mktsegment varchar(10),
    comment varchar(117)
);

create table tpch.tiny.lineitem (
    orderkey bigint,
    partkey bigint,
    suppkey bigint,
    linenumber integer,
    quantity double,
    extendedprice double,
    discount double,
    tax double,
    returnflag varchar(1),
    linestatus varchar(1),
    shipdate date,
    commitdate date,
    receiptdate date,
    shipinstruct varchar(25),
    shipmode varchar(10),
    comment varchar(44)
);

create table tpch.tiny.nation (
    nationkey bigint,
    name varchar(25),
    regionkey bigint,
    comment varchar(152)
);

create table tpch.tiny.orders (
    orderkey bigint,
    custkey bigint,
    orderstatus varchar(1),
    totalprice double,
    orderdate date,
    orderpriority varchar(15),
    clerk varchar(15),
    shippriority integer,
    comment varchar(79)
);

create table tpch.tiny.part (
    partkey bigint,
    name varchar(55),
    mfgr varchar(25),
    brand varchar(10),
    type varchar(25),
    size integer,
    container varchar(10),
    retailprice double,
    comment varchar(23)
);

create table tpch.tiny.partsupp (
    partkey bigint,
    suppkey bigint,
    availqty integer,
    supplycost double,
    comment varchar(199)
);

create table tpch.tiny.region (
    regionkey bigint,
    name varchar(25),
    comment varchar(152)
);

create table tpch.tiny.supplier (
    suppkey bigint,
    name varchar(25),
    address varchar(40),
    nationkey bigint,
    phone varchar(15),
    acctbal double,
    comment varchar(101)
);

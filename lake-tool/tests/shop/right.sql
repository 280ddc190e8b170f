create table shop.totals as
select customer_id, sum(amount) as total from shop.orders group by customer_id;

-- sees the table of the statement before
select name, total from shop.totals t join shop.customers c on t.customer_id = c.customer_id

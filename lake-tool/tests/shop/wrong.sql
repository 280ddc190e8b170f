create view shop.large as
select order_id, customer, amount from shop.orders where amount > 1000;

select name, count(*) as orders
from shop.orders o join shop.customers c on o.customer_id = c.customer_id;

select order_id from shop.orders where note = 5;

select from shop.orders;

select sum(amount) from shop.oders

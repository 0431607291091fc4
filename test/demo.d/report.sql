-- Somebody looks at a sum, and leaves for lunch.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT sum(quantity * price) FROM stock_item;

-- A small shop in memory: rows in, indices, joins, groups, updates, deletes. Fixed work; a wrong
-- sum divides by zero in a strict table's check and ends the program with an error.
.bail on
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, town TEXT NOT NULL);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, item TEXT NOT NULL,
                       cents INTEGER NOT NULL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO customer SELECT i, printf('customer %06d', i * 7919 % 2003), 'town ' || (i % 37) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO purchase SELECT i, 1 + i * 31 % 2000, 'item ' || (i % 311), i * 17 % 9973 FROM n;
COMMIT;
CREATE INDEX purchase_customer ON purchase(customer_id);
CREATE INDEX customer_town ON customer(town, name);
CREATE TABLE result (name TEXT, value INTEGER CHECK (value > 0));
INSERT INTO result SELECT town, sum(cents) FROM customer JOIN purchase ON customer_id = customer.id
GROUP BY town ORDER BY 2 DESC;
INSERT INTO result SELECT item, count(DISTINCT customer_id) FROM purchase GROUP BY item;
INSERT INTO result SELECT group_concat(name, ','), count(*) FROM customer GROUP BY town;
UPDATE purchase SET cents = cents + 1 WHERE item LIKE 'item 1%';
DELETE FROM purchase WHERE id % 3 = 0;
INSERT INTO result SELECT 'left', count(*) = 20000 FROM purchase;
INSERT INTO result SELECT 'rows', count(*) = 37 + 311 + 37 + 1 FROM result;
VACUUM;

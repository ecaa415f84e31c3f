CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, payload BLOB);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO item SELECT i, 'name' || (i * 7919 % 10007), i * 0.25, zeroblob(i % 300) FROM n;
COMMIT;
CREATE INDEX item_name ON item(name, price);
SELECT count(*), sum(price), total(length(payload)) FROM item;
SELECT name, count(*) AS many, round(avg(price), 3) FROM item GROUP BY name ORDER BY many DESC, name LIMIT 8;
SELECT a.id, b.id FROM item a JOIN item b ON a.name = b.name AND a.id < b.id ORDER BY a.id, b.id LIMIT 5;
UPDATE item SET payload = hex(payload), name = upper(name) WHERE id % 3 = 0;
DELETE FROM item WHERE id % 5 = 0;
SELECT group_concat(name, '-') FROM (SELECT name FROM item ORDER BY name DESC, id LIMIT 20);
SELECT json_group_array(json_object('id', id, 'n', length(name))) FROM (SELECT * FROM item ORDER BY id LIMIT 6);
VACUUM;
PRAGMA integrity_check;
SELECT count(*), sum(length(payload)) FROM item;

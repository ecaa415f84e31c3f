-- From schema 1: a cell has a pass, and the same allocator and workload may be measured in both.
-- SQLite cannot change a table's UNIQUE, so the table is made anew; rows keep their ids. Views and
-- foreign keys that name it go on naming it, which is what the pragma is for.
PRAGMA legacy_alter_table = ON;
CREATE TABLE cell_new (
  id         INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  allocator  TEXT NOT NULL,
  workload   TEXT NOT NULL,
  side       TEXT NOT NULL DEFAULT '',
  program    TEXT NOT NULL,
  arguments  TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('measured', 'missing')),
  reason     TEXT,
  pass       TEXT NOT NULL DEFAULT 'throughput' CHECK (pass IN ('throughput', 'latency')),
  UNIQUE (session_id, allocator, workload, side, pass)
);
INSERT INTO cell_new (id, session_id, allocator, workload, side, program, arguments, state, reason)
SELECT id, session_id, allocator, workload, side, program, arguments, state, reason FROM cell;
DROP TABLE cell;
ALTER TABLE cell_new RENAME TO cell;
PRAGMA legacy_alter_table = OFF;

-- The results database. One writer (hakbench); the report and trend pages only read.
-- Times are nanoseconds, sizes are bytes, instants are UTC ISO-8601 text.
-- Run whenever hakbench opens the database, so that an older one gets what it lacks; what stood
-- in an older one in another shape is brought into this one by migrate_to_2.sql before.
PRAGMA user_version = 2;

-- One call of `hakbench run`, `compare` or `exec`; `peers` and `curves` compare more than two,
-- `micro` is an exec of build/micro, `misuse` one of build/misuse, `soak` of the workloads,
-- `programs` one of programs of others; `import` is what a file of Google Benchmark's JSON held.
CREATE TABLE IF NOT EXISTS session (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('run', 'compare', 'exec')),
  mode        TEXT,                      -- of run: quick, default, full; of compare: peers,
                                         -- curves, backfill, bisect or NULL; of exec: micro,
                                         -- misuse, soak, programs, import or NULL
  started_utc TEXT NOT NULL,
  ended_utc   TEXT,                      -- NULL while running, or when it was interrupted
  seed        INTEGER NOT NULL,          -- of the order of the plan
  command     TEXT NOT NULL,             -- as typed
  commit_id   TEXT,
  dirty       INTEGER
);

-- The host fingerprint of a session, a fact a row (cpu.model, kernel.release, thp.enabled, ...);
-- runner/base/facts.h lists the keys.
CREATE TABLE IF NOT EXISTS fact (
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  key        TEXT NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (session_id, key)
);

-- What is measured: an allocator on a workload row, in one of two passes. In the throughput pass
-- no operation is timed. In the latency pass one in 64 is, so ops and elapsed_ns of its samples are
-- never compared with others: whatever tells ops/s takes cells of pass 'throughput' alone.
CREATE TABLE IF NOT EXISTS cell (
  id         INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  allocator  TEXT NOT NULL,              -- glibc, jemalloc, ..., hakmem, hakmem:key=value,..., a path
  workload   TEXT NOT NULL,              -- a row of workloads.txt, 'exec', 'micro' ...
  side       TEXT NOT NULL DEFAULT '',   -- 'A' or 'B' in a comparison of two, else ''
  program    TEXT NOT NULL,              -- path of the executable
  arguments  TEXT NOT NULL,              -- JSON array
  state      TEXT NOT NULL CHECK (state IN ('measured', 'missing')),
  reason     TEXT,                       -- why missing, and what to do
  pass       TEXT NOT NULL DEFAULT 'throughput' CHECK (pass IN ('throughput', 'latency')),
  UNIQUE (session_id, allocator, workload, side, pass)
);

-- The order, fixed before the first sample. What has no sample yet is still to do.
CREATE TABLE IF NOT EXISTS plan (
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  block      INTEGER NOT NULL,           -- randomised complete block, from 0
  cell_id    INTEGER NOT NULL REFERENCES cell(id) ON DELETE CASCADE,
  PRIMARY KEY (session_id, position)
);

-- One fresh process.
CREATE TABLE IF NOT EXISTS sample (
  id             INTEGER PRIMARY KEY,
  session_id     INTEGER NOT NULL,
  position       INTEGER NOT NULL,
  cell_id        INTEGER NOT NULL REFERENCES cell(id) ON DELETE CASCADE,
  started_utc    TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('ok', 'crash', 'timeout', 'failed', 'void')),
  reason         TEXT,                   -- of every status but ok
  exit_code      INTEGER,
  signal         INTEGER,
  ops            INTEGER,                -- operations of the measured phase
  elapsed_ns     INTEGER,                -- of the measured phase, by the workload's clock
  wall_ns        INTEGER NOT NULL,       -- of the process, by the runner's clock
  user_ns        INTEGER NOT NULL,       -- wait4
  system_ns      INTEGER NOT NULL,
  minflt_start   INTEGER,                -- soft page faults before the measured phase
  minflt_phase   INTEGER,                -- during it
  minflt_total   INTEGER NOT NULL,       -- of the process (wait4)
  majflt_total   INTEGER NOT NULL,
  nvcsw          INTEGER NOT NULL,
  nivcsw         INTEGER NOT NULL,
  peak_rss       INTEGER NOT NULL,       -- of the process (wait4)
  rss_end        INTEGER,                -- after everything was freed
  corruptions    INTEGER,                -- found by the allocator
  audit_errors   INTEGER,                -- found by the workload
  malloc_object  TEXT,                   -- identity proof: who owns malloc ...
  malloc_build_id TEXT,
  free_object    TEXT,                   -- ... and free
  free_build_id  TEXT,
  variant        TEXT,                   -- compiled into hakmem; NULL for peers
  output         TEXT,                   -- the workload's JSON line, all of micro's JSON, or the
                                         -- tail of what else was printed
  UNIQUE (session_id, position),
  FOREIGN KEY (session_id, position) REFERENCES plan(session_id, position)
);

-- How long single operations of a sample of the latency pass took: those that were timed, less
-- what timing them takes (overhead_ns). Of a workload that is paced (ws8192 --rate) it is from when
-- the operation was due. There, too, when the process was killed.
CREATE TABLE IF NOT EXISTS latency (
  sample_id   INTEGER NOT NULL REFERENCES sample(id) ON DELETE CASCADE,
  operation   TEXT NOT NULL CHECK (operation IN ('malloc', 'free', 'calloc', 'realloc')),
  count       INTEGER NOT NULL,          -- operations, timed or not
  timed       INTEGER NOT NULL,
  overhead_ns REAL NOT NULL,             -- subtracted from each
  p50_ns      REAL NOT NULL,             -- percentiles of the timed ones: the upper end of their
  p90_ns      REAL NOT NULL,             -- bucket, which is at most 1 % wide
  p99_ns      REAL NOT NULL,
  p999_ns     REAL NOT NULL,
  max_ns      REAL NOT NULL,             -- exact
  buckets     TEXT NOT NULL,             -- JSON array of [upper_ns, count], rising, none empty
  PRIMARY KEY (sample_id, operation)
);

-- Memory and soft page faults of a process of the latency pass over time, every 10 ms.
CREATE TABLE IF NOT EXISTS timeline (
  sample_id INTEGER NOT NULL REFERENCES sample(id) ON DELETE CASCADE,
  at_ns     INTEGER NOT NULL,            -- since the process was started
  rss       INTEGER NOT NULL,
  minflt    INTEGER NOT NULL,            -- so far
  PRIMARY KEY (sample_id, at_ns)
);

-- What a process counted in the page of memory that it shares with the runner; there, too, when it
-- was killed. NAME is dotted: those of the workload start with work. (ops, phase), the others are
-- hakmem's (tiny.refills, ace.bytes_held, fault.baseline), which peers do not have.
CREATE TABLE IF NOT EXISTS kpi (
  sample_id INTEGER NOT NULL REFERENCES sample(id) ON DELETE CASCADE,
  name      TEXT NOT NULL,
  value     INTEGER NOT NULL,
  PRIMARY KEY (sample_id, name)
);

-- A case of misuse (allocator/tests/misuse) under an allocator: one fresh process. Of `hakbench
-- misuse`, an exec of build/misuse, and of the last stage of a whole `hakbench run`.
CREATE TABLE IF NOT EXISTS misuse (
  session_id   INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  allocator    TEXT NOT NULL,
  case_id      TEXT NOT NULL,            -- 10a
  case_group   INTEGER NOT NULL,         -- 10
  title        TEXT NOT NULL,
  verdict      TEXT NOT NULL CHECK (verdict IN ('diagnosed', 'prevented', 'crashed', 'hung',
                 'silent-corrupt', 'silent-benign', 'not-applicable', 'missed-run')),
  layer        TEXT,                     -- who reported it first: a layer, or registry, drain, ...
  tag          TEXT,                     -- and as what
  reports      TEXT,                     -- every LAYER:TAG once, in order, blanks between
  report_count INTEGER NOT NULL,
  exit_code    INTEGER,
  signal       INTEGER,
  predicted_verdict TEXT,                -- NULL: nothing is predicted of that allocator
  predicted_layer   TEXT,
  predicted_tag     TEXT,
  held         INTEGER,                  -- 1: verdict, layer and tag are as predicted
  reason       TEXT,                     -- what the oracle saw, the signal, why it is void, ...
  PRIMARY KEY (session_id, allocator, case_id)
);

-- How far apart samples of the same thing were in a session: its own A/A comparison. With
-- d = |ln t_i - ln t_j| over all pairs of ok samples of a cell, where t is time per operation (of a
-- whole process where operations are not counted). Written when the session ends.
CREATE TABLE IF NOT EXISTS noise (
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  workload   TEXT NOT NULL,              -- '': all workloads together
  allocator  TEXT NOT NULL,              -- '': all allocators together
  side       TEXT NOT NULL DEFAULT '',   -- of the cell
  samples    INTEGER NOT NULL,           -- that have another one of their cell to differ from
  pairs      INTEGER NOT NULL,
  spread     REAL NOT NULL,              -- relative standard deviation of a sample, from the
                                         -- median of d (Shamos): .02 is 2 %
  p95        REAL NOT NULL,              -- 95th percentile of d
  PRIMARY KEY (session_id, workload, allocator, side)
);

-- A program that is not ours under an allocator, timed from start to end by hyperfine, a few runs a
-- round, in rounds of random order; of `hakbench programs`. Each round begins with a sample, which
-- proves the allocator and tells memory and faults. Times are those of all rounds together.
CREATE TABLE IF NOT EXISTS program (
  session_id INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
  allocator  TEXT NOT NULL,
  name       TEXT NOT NULL,              -- the workload of its cell: true, python3, gcc, ...
  command    TEXT NOT NULL,              -- what hyperfine ran
  rounds     INTEGER NOT NULL,           -- that hyperfine measured to their end
  failures   INTEGER NOT NULL,           -- rounds that it did not, though the sample was ok
  reason     TEXT,                       -- of the first of those
  runs       INTEGER NOT NULL,           -- timed processes; 0: what follows is NULL
  mean_ns    REAL,
  stddev_ns  REAL,
  median_ns  REAL,
  min_ns     REAL,
  max_ns     REAL,
  user_ns    REAL,                       -- means
  system_ns  REAL,
  hyperfine  TEXT,                       -- an element of results[] of hyperfine's JSON, the times
                                         -- of all rounds in their order
  PRIMARY KEY (session_id, allocator, name)
);

-- What a commit's allocator is worth against a frozen anchor, which is measured between its samples,
-- so that what the machine does to both cancels. A row a commit, workload and metric: the newest
-- measurement. The key is the order in which a trend is read: a series is one range of it.
CREATE TABLE IF NOT EXISTS history (
  anchor        TEXT NOT NULL,           -- the hash of a commit, or an allocator (glibc)
  workload      TEXT NOT NULL,           -- a row of workloads.txt; '' of metric 'build'
  metric        TEXT NOT NULL CHECK (metric IN ('time', 'faults', 'rss', 'p999', 'instructions',
                  'build')),             -- 'build': the commit does not build, reason says why
  position      INTEGER NOT NULL,        -- first-parent commits before it
  commit_id     TEXT NOT NULL,
  committed_utc TEXT NOT NULL,
  subject       TEXT NOT NULL,
  value         REAL,                    -- ln(candidate / anchor), above 0 is more; NULL: see reason
  low           REAL,                    -- its 95 % interval
  high          REAL,
  n             INTEGER NOT NULL,        -- blocks
  candidate     REAL,                    -- medians: ns per operation, soft page faults, bytes,
  reference     REAL,                    -- ns, instructions per operation
  blocks        TEXT,                    -- JSON array: the logarithm of every block
  reason        TEXT,                    -- why there is no value: a crash, a build error
  session_id    INTEGER REFERENCES session(id) ON DELETE SET NULL,
  PRIMARY KEY (anchor, workload, metric, position, commit_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_session ON history (session_id);
CREATE INDEX IF NOT EXISTS history_trouble ON history (anchor, position) WHERE value IS NULL;

-- Shifts that a person has accepted, with the reason: trends and gates complain of them no more.
CREATE TABLE IF NOT EXISTS accepted (
  commit_id    TEXT NOT NULL,
  workload     TEXT NOT NULL,            -- '': every workload
  why          TEXT NOT NULL,
  accepted_utc TEXT NOT NULL,
  PRIMARY KEY (commit_id, workload)
);


-- A perf gate: a session of kind 'compare' and mode 'gate'. Its timed cells have the sides A (base)
-- and B (head); those of the corruption gate are called audit:ROW. Its plan grows by four places a
-- block, because how many blocks there are is decided by looks at them.
CREATE TABLE IF NOT EXISTS gate (
  session_id INTEGER PRIMARY KEY REFERENCES session(id) ON DELETE CASCADE,
  base       TEXT NOT NULL,              -- commits
  head       TEXT NOT NULL,
  base_ref   TEXT NOT NULL,              -- as typed
  head_ref   TEXT NOT NULL,
  plant      TEXT,                       -- a known change in head: slowdown=5%, ...
  size       TEXT NOT NULL,              -- of the rows: quick or default
  stages     TEXT NOT NULL,              -- all, timed or deterministic
  blocks     INTEGER NOT NULL,           -- a cell gets at most
  proof      INTEGER NOT NULL,           -- 1: measured to prove the gate (--prove)
  exit_code  INTEGER,                    -- NULL until it ended
  trouble    TEXT                        -- why it ended with 4
);

-- A cell of a gate: its last look.
CREATE TABLE IF NOT EXISTS gate_cell (
  session_id INTEGER NOT NULL REFERENCES gate(session_id) ON DELETE CASCADE,
  workload   TEXT NOT NULL,              -- a row of workloads/gate.txt
  delta      REAL NOT NULL,              -- .03: no change below 3 % is a regression
  verdict    TEXT NOT NULL CHECK (verdict IN ('open', 'regressed', 'proven', 'inconclusive')),
  look       INTEGER NOT NULL,           -- 1 to 3, 0: none yet
  blocks     INTEGER NOT NULL,           -- valid ones until that look
  estimate   REAL,                       -- of ln(t_head / t_base): Hodges-Lehmann
  low        REAL,
  high       REAL,
  p          REAL,                       -- one-sided, exact
  detectable REAL,                       -- share of slowdown found 9 times in 10; NULL: unknown
  PRIMARY KEY (session_id, workload)
);

-- A block of a cell: ABBA or BAAB, with a layout of both sides of its own.
CREATE TABLE IF NOT EXISTS gate_block (
  session_id  INTEGER NOT NULL REFERENCES gate(session_id) ON DELETE CASCADE,
  workload    TEXT NOT NULL,
  block       INTEGER NOT NULL,          -- from 0, void ones included
  sides       TEXT NOT NULL,             -- ABBA or BAAB, of every round
  layout_seed INTEGER NOT NULL,
  position    INTEGER NOT NULL,          -- its first place in the plan
  state       TEXT NOT NULL CHECK (state IN ('begun', 'valid', 'void')),
  reason      TEXT,                      -- of a void one; of a valid one that a full cap kept
  difference  REAL,                      -- mean ln t_B - mean ln t_A, of void ones too
  steal       REAL,                      -- covariates: runner/process/covariates.h
  foreign_cpu REAL,
  switches    REAL,
  wall_ns     INTEGER,
  PRIMARY KEY (session_id, workload, block)
);

-- A count that should not depend on the machine's mood, of one row: instructions, faults_start,
-- faults, syscalls, bytes_mapped. Medians of both sides.
CREATE TABLE IF NOT EXISTS deterministic (
  session_id  INTEGER NOT NULL REFERENCES gate(session_id) ON DELETE CASCADE,
  workload    TEXT NOT NULL,             -- a row of workloads/counted.txt
  metric      TEXT NOT NULL,
  base        REAL NOT NULL,
  head        REAL NOT NULL,
  spread      REAL NOT NULL,             -- largest range that runs of one side ever had
  bound       REAL NOT NULL,             -- head - base above it is a regression
  verdict     TEXT NOT NULL CHECK (verdict IN ('same', 'more', 'less')),
  base_values TEXT NOT NULL,             -- JSON arrays
  head_values TEXT NOT NULL,
  PRIMARY KEY (session_id, workload, metric)
);

-- The ledgers: gates in which base and head are one commit. Without a plant every verdict
-- 'regressed' is a false alarm (A/A), with one every other verdict is a miss; 'crash' is that of the
-- corruption gate. A row a timed cell, and one for all that a gate has counted.
CREATE VIEW IF NOT EXISTS gate_ledger AS
SELECT gate.session_id, 'timed' AS stage, gate_cell.workload, gate.plant, gate.size,
       CASE WHEN gate.trouble IS NULL THEN gate_cell.verdict ELSE 'crash' END AS verdict,
       CASE WHEN gate.trouble IS NULL THEN gate_cell.estimate END AS estimate,
       fact.value AS cpu
FROM gate JOIN gate_cell USING (session_id)
     JOIN fact ON fact.session_id = gate.session_id AND fact.key = 'cpu.model'
WHERE gate.base = gate.head
      AND (gate.trouble IS NOT NULL OR (gate_cell.verdict <> 'open' AND gate_cell.look > 0))
UNION ALL
SELECT gate.session_id, 'counted', 'counts', gate.plant, gate.size,
       CASE WHEN max(deterministic.verdict = 'more') THEN 'regressed' ELSE 'proven' END, NULL,
       fact.value
FROM gate JOIN deterministic USING (session_id)
     JOIN fact ON fact.session_id = gate.session_id AND fact.key = 'cpu.model'
WHERE gate.base = gate.head AND gate.exit_code IS NOT NULL
GROUP BY gate.session_id;

-- What `hakbench micro` measured, a benchmark of a process a row. It stands in the JSON that the
-- process printed, so nothing is stored twice.
CREATE VIEW IF NOT EXISTS micro AS
SELECT sample.session_id, sample.cell_id, sample.id AS sample_id, cell.allocator,
       benchmark.key                         AS place,      -- in the order in which they ran, from 0
       benchmark.value ->> 'name'            AS name,
       benchmark.value ->> 'threads'         AS threads,
       benchmark.value ->> 'iterations'      AS iterations, -- operations of all threads together
       benchmark.value ->> 'real_time'       AS real_ns,    -- passed, by iterations
       benchmark.value ->> 'cpu_time'        AS cpu_ns,     -- of all threads, by iterations
       (benchmark.value ->> 'real_time') * (benchmark.value ->> 'threads')
                                             AS ns_per_op,  -- that an operation takes its thread
       benchmark.value ->> 'faults_per_op'   AS faults_per_op,
       benchmark.value ->> 'label'           AS label,
       benchmark.value                       AS json
FROM sample JOIN cell ON cell.id = sample.cell_id,
     json_each(CASE WHEN cell.workload = 'micro' AND sample.status = 'ok' THEN sample.output END,
               '$.benchmarks') AS benchmark;

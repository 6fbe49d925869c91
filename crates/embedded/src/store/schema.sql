-- Sessions, the trail, alerts on their way, idempotency keys.
-- Times are microseconds since 1970-01-01 UTC. Documents are JSON; columns beside them are copies to find them by.

CREATE TABLE sessions (
  number       INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  project      TEXT    NOT NULL,
  user         TEXT    NOT NULL,
  account      TEXT    NOT NULL,
  tier         TEXT    NOT NULL,
  status       TEXT    NOT NULL,
  version      INTEGER NOT NULL,
  requested_at INTEGER NOT NULL,
  expires_at   INTEGER,
  due_at       INTEGER,
  document     TEXT    NOT NULL
) STRICT;
-- An index ends with the row's number, and so each of these is also the order of the pages.
CREATE INDEX sessions_by_time ON sessions (requested_at);
CREATE INDEX sessions_by_user ON sessions (user, requested_at);
CREATE INDEX sessions_by_project ON sessions (project, requested_at);
CREATE INDEX sessions_by_status ON sessions (status, requested_at);
-- Sparse: holds only what the reconciler still owes something.
CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE calls (
  number      INTEGER PRIMARY KEY,
  user        TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  session     TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  UNIQUE (user, key)
) STRICT;
CREATE INDEX calls_by_age ON calls (at);

CREATE TABLE events (
  number   INTEGER PRIMARY KEY,
  chain    TEXT    NOT NULL,
  seq      INTEGER NOT NULL,
  document TEXT    NOT NULL,
  UNIQUE (chain, seq)
) STRICT;

CREATE TABLE heads (
  chain TEXT    NOT NULL PRIMARY KEY,
  seq   INTEGER NOT NULL,
  hash  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  number   INTEGER PRIMARY KEY,
  document TEXT    NOT NULL
) STRICT;

CREATE TABLE outbox (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  session      TEXT    NOT NULL,
  document     TEXT    NOT NULL,
  failed       INTEGER NOT NULL DEFAULT 0,
  next_at      INTEGER,
  delivered_at INTEGER
) STRICT;
CREATE INDEX outbox_by_session ON outbox (session);
CREATE INDEX outbox_waiting ON outbox (number) WHERE delivered_at IS NULL;

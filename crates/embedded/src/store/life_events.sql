-- Life-cycle events that are not published yet. What is published is gone from here: the trail has it all.

CREATE TABLE life_events (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  document TEXT    NOT NULL,
  failed   INTEGER NOT NULL DEFAULT 0,
  -- Microseconds since 1970-01-01 UTC.
  next_at  INTEGER
) STRICT;

-- The sample users of the development issuer. Passwords and TOTP secrets are sealed with the key file.

CREATE TABLE issuer_users (
  user        TEXT    NOT NULL PRIMARY KEY,
  password    TEXT    NOT NULL,
  totp_secret TEXT    NOT NULL,
  -- The last 30-second step whose code was accepted: each code counts once.
  totp_step   INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  -- Microseconds since 1970-01-01 UTC.
  wait_until  INTEGER
) STRICT, WITHOUT ROWID;

-- Which key file this database belongs to.
CREATE TABLE key_file (
  only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
  key_id   TEXT    NOT NULL
) STRICT;

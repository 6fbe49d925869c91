-- What is remembered for minutes: proofs that count once, and what callers have left of their allowances.

CREATE TABLE proofs (
  digest TEXT    NOT NULL PRIMARY KEY,
  until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proofs_by_end ON proofs (until);

CREATE TABLE allowances (
  name      TEXT    NOT NULL PRIMARY KEY,
  remaining INTEGER NOT NULL,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX allowances_by_age ON allowances (at);

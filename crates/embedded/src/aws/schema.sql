-- The simulated AWS accounts: what IAM and STS would keep on their side.

-- Roles, managed policies and instance profiles. Every change ends one row and begins another, so that AssumeRole and
-- the data plane can be shown an older state than IAM itself (eventual consistency). Times are microseconds since 1970.
CREATE TABLE aws_objects (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('role', 'policy', 'profile')),
    -- What the object is known by, in lower case where IAM ignores case.
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    visible_from_us INTEGER NOT NULL,
    -- NULL: this is how IAM knows the object now.
    visible_until_us INTEGER
) STRICT;

CREATE UNIQUE INDEX aws_objects_current ON aws_objects (account, kind, key) WHERE visible_until_us IS NULL;
CREATE INDEX aws_objects_history ON aws_objects (account, kind, key, visible_from_us);
CREATE INDEX aws_objects_over ON aws_objects (visible_until_us) WHERE visible_until_us IS NOT NULL;

-- Credentials that STS handed out. Neither secret nor token is kept, only their digests.
CREATE TABLE aws_credentials (
    access_key_id TEXT PRIMARY KEY,
    expires_at_us INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX aws_credentials_over ON aws_credentials (expires_at_us);

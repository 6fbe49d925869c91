-- Sessions that have ended and wait for somebody to say what came of them. Few of all sessions, and of all those of a person.

ALTER TABLE sessions ADD COLUMN owes_review INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_owing_review ON sessions (requested_at) WHERE owes_review = 1;
CREATE INDEX sessions_of_user_owing_review ON sessions (user, requested_at) WHERE owes_review = 1;

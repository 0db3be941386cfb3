-- What is wrong with a poison message, as one word of a closed set.
ALTER TABLE dead_letter ADD COLUMN code text;
-- The event of this letter had its effect before the letter was written: another message bore the same id.
ALTER TABLE dead_letter ADD COLUMN handled boolean NOT NULL DEFAULT false;
CREATE INDEX dead_letter_type ON dead_letter (type, id);
CREATE INDEX dead_letter_event ON dead_letter (event_id);

-- What became of dead letters. A replay repeated answers as the first one did, and no other letter of the same event
-- has its effect again. Kept for 30 days.
CREATE TABLE settled_dead_letter (
  id          uuid PRIMARY KEY,
  outcome     text NOT NULL CHECK (outcome IN ('applied', 'superseded', 'discarded')),
  event_id    uuid,
  -- Real time: it is only about how long this is kept.
  settled_at  timestamptz NOT NULL
);
CREATE INDEX settled_dead_letter_event ON settled_dead_letter (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX settled_dead_letter_settled_at ON settled_dead_letter (settled_at);

-- Partitions that a consumer cannot go on with, because something it needs is not available. Renewed at every try, on
-- the database's own clock; the row of a process that died ends by itself.
CREATE TABLE waiting_partition (
  topic         text NOT NULL,
  log_partition integer NOT NULL,
  type          text,
  error         text NOT NULL,
  waiting_until timestamptz NOT NULL,
  PRIMARY KEY (topic, log_partition)
);

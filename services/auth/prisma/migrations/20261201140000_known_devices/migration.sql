-- What a person has signed in with, so that a sign-in from something else can be told. A fingerprint names a kind of program, not a person.
CREATE TABLE known_device (
  account_id uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  fingerprint bytea NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, fingerprint)
);
CREATE INDEX known_device_last_seen_idx ON known_device (last_seen_at);

-- How many mails were asked for in a minute, by anybody who need not be logged in: one count for all replicas.
CREATE TABLE mail_request (
  minute timestamptz PRIMARY KEY,
  requests integer NOT NULL
);

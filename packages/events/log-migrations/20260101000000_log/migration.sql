-- The embedded event log. Its order guarantee: an append locks its partition's row and takes the next offset from
-- it, and keeps that lock until it commits. So offset order is commit order, and a reader that has seen offset n
-- has seen, or can never see, everything below n. (A serial column hands out numbers before commit: readers pass
-- over rows that commit late.)
CREATE TABLE log_partition (
  topic       text NOT NULL,
  partition   smallint NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 25, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE log_record (
  topic       text NOT NULL,
  partition   smallint NOT NULL,
  log_offset  bigint NOT NULL,
  key         text NOT NULL,
  value       text NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, log_offset)
);

CREATE TABLE log_group_offset (
  group_name  text NOT NULL,
  topic       text NOT NULL,
  partition   smallint NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (group_name, topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE log_member (
  scope       text NOT NULL,
  owner       text NOT NULL,
  kinds       text[] NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (scope, owner)
);
CREATE TABLE log_lease (
  scope       text NOT NULL,
  unit        text NOT NULL,
  owner       text,
  leased_until timestamptz,
  PRIMARY KEY (scope, unit)
) WITH (fillfactor = 50);

-- One topic has 8 partitions, made when it is first named; the number never changes, or keys would move.
CREATE FUNCTION log_ensure_topic(p_topic text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO log_partition (topic, partition) SELECT p_topic, n FROM generate_series(0, 7) AS n ON CONFLICT DO NOTHING
$$;

-- Appends a batch in the given order. Partitions are locked in ascending order, so that two appends never deadlock.
CREATE FUNCTION log_append(p_topic text, p_keys text[], p_values text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part record;
  first_offset bigint;
BEGIN
  FOR part IN
    SELECT (hashtextextended(key, 0) >> 8 & 7)::smallint AS number, count(*) AS records FROM unnest(p_keys) AS key GROUP BY 1 ORDER BY 1
  LOOP
    UPDATE log_partition SET next_offset = next_offset + part.records WHERE topic = p_topic AND partition = part.number
      RETURNING next_offset - part.records INTO first_offset;
    IF first_offset IS NULL THEN
      RAISE EXCEPTION 'topic % has no partition %', p_topic, part.number;
    END IF;
    INSERT INTO log_record (topic, partition, log_offset, key, value)
      SELECT p_topic, part.number, first_offset + row_number() OVER (ORDER BY position) - 1, key, value
      FROM unnest(p_keys, p_values) WITH ORDINALITY AS given(key, value, position)
      WHERE (hashtextextended(key, 0) >> 8 & 7)::smallint = part.number;
  END LOOP;
END
$$;

-- What is owed to a person because of one event. Written in the transaction that remembers the event (inbox), so an
-- event is never remembered without its messages nor the other way round; the unique key makes any repeat harmless.
CREATE TABLE message (
  id              uuid PRIMARY KEY,
  event_id        uuid NOT NULL,
  kind            text NOT NULL,
  channel         text NOT NULL CHECK (channel IN ('mail', 'inbox')),
  user_id         uuid NOT NULL,
  booking_id      uuid,
  -- The booking's version that caused it: a booking's messages to one person leave in this order.
  booking_version integer NOT NULL DEFAULT 0,
  -- Ids and public state from the event, never a name or an address: those are asked at the moment of use.
  facts           jsonb NOT NULL,
  state           text NOT NULL DEFAULT 'owed' CHECK (state IN ('owed', 'sent', 'dropped', 'failed')),
  reason_code     text,
  -- Failures of a kind that repeating may not heal; an unavailable dependency counts in `waits` and exhausts nothing.
  failures        integer NOT NULL DEFAULT 0,
  waits           integer NOT NULL DEFAULT 0,
  -- Real time. Not before this may a worker take it; taking it moves it to the lease's end.
  due_at          timestamptz NOT NULL,
  lease_id        uuid,
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  UNIQUE (event_id, kind, channel, user_id)
);
CREATE INDEX message_owed ON message (due_at, id) WHERE state = 'owed';
CREATE INDEX message_owed_of_booking ON message (booking_id, booking_version) WHERE state = 'owed' AND booking_id IS NOT NULL;
CREATE INDEX message_finished ON message (finished_at) WHERE finished_at IS NOT NULL;

-- Mails as they would have left, kept where no SMTP server is configured. The id is the message's: one row per message.
CREATE TABLE mailbox (
  id         uuid PRIMARY KEY,
  seq        bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
  event_id   uuid NOT NULL,
  user_id    uuid NOT NULL,
  recipient  text NOT NULL,
  subject    text NOT NULL,
  text       text NOT NULL,
  html       text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX mailbox_created ON mailbox (created_at);

-- A member's inbox in the product. The id is the message's.
CREATE TABLE notification (
  id         uuid PRIMARY KEY,
  seq        bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
  user_id    uuid NOT NULL,
  event_id   uuid NOT NULL,
  kind       text NOT NULL,
  title      text NOT NULL,
  body       text NOT NULL,
  booking_id uuid,
  created_at timestamptz NOT NULL,
  read_at    timestamptz
);
CREATE INDEX notification_of_user ON notification (user_id, seq DESC);
CREATE INDEX notification_created ON notification (created_at);

-- Bookings as their events tell, newest version only: what reminders are worked out from.
CREATE TABLE booking (
  id           uuid PRIMARY KEY,
  version      integer NOT NULL,
  user_id      uuid NOT NULL,
  status       text NOT NULL,
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz NOT NULL,
  -- Since when it has its present times, by the product's clock.
  settled_at   timestamptz NOT NULL,
  -- The start it was last reminded of; another start is reminded of again.
  reminded_for timestamptz,
  facts        jsonb NOT NULL
);
CREATE INDEX booking_to_remind ON booking (starts_at) WHERE status = 'confirmed';
CREATE INDEX booking_ended ON booking (ends_at);

-- Closures whose members are still to be told; booking says whom one hits.
CREATE TABLE closure (
  id        uuid PRIMARY KEY,
  version   integer NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at   timestamptz NOT NULL,
  deleted   boolean NOT NULL,
  -- When booking had named everybody: nothing is left to do for it.
  told_at   timestamptz
);
CREATE INDEX closure_untold ON closure (ends_at) WHERE told_at IS NULL AND NOT deleted;

-- People with the role operator or admin, as account events tell: they are told of captures refused for good.
CREATE TABLE operator (
  user_id uuid PRIMARY KEY,
  version integer NOT NULL,
  active  boolean NOT NULL
);

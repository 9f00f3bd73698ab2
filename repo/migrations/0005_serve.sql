-- The pages that participants give from. Nicknames, orders and states belong to a
-- launch, as transfers do.

-- Values of ours: serve.key, which signs the addresses of the pages.
CREATE TABLE exptool.setting (
    name text PRIMARY KEY,
    value text NOT NULL
);

-- Who has a page.
CREATE TABLE exptool.player (
    -- The launch, as in exptool.change.
    epoch bigint NOT NULL,
    launch text,
    participant bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    -- The address names it: a new one makes the former addresses invalid.
    generation integer NOT NULL DEFAULT 1,
    nickname text,
    -- Of the browser that joined, so that a retry is answered and joins once.
    visit text,
    -- Of the order of the buttons.
    seed bigint NOT NULL,
    -- NULL: still plays.
    done_at timestamptz,
    PRIMARY KEY (epoch, participant)
);

-- What the sessions have come to, so that a server that is started again goes on.
CREATE TABLE exptool.play (
    epoch bigint NOT NULL,
    launch text,
    session text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'paused', 'ended')),
    at timestamptz NOT NULL DEFAULT now(),
    -- NULL: not yet, and never.
    started_at timestamptz,
    ends_at timestamptz,
    -- NULL: is not paused. What was left of the time then is left after it.
    paused_at timestamptz,
    -- The number of the last transfer before it began: later ones are its own.
    after_number bigint NOT NULL,
    treatment text,
    PRIMARY KEY (epoch, session)
);

-- Of a decision that was made on a page: which button from 1, what of others'
-- dollars was to be seen, since when, how long it took, and the key of the request.
ALTER TABLE exptool.decision
    ADD COLUMN position integer,
    ADD COLUMN visible text,
    ADD COLUMN shown_at timestamptz,
    ADD COLUMN response_ms bigint,
    ADD COLUMN key text;

-- A donor's key names one decision: keeping is in no other table.
CREATE UNIQUE INDEX decision_key ON exptool.decision (donor, key, epoch) WHERE key IS NOT NULL;

CREATE OR REPLACE VIEW exptool.decisions AS
SELECT id, at, session, game, treatment, group_number, round, donor, choice, recipient, gifts,
       (cost / 100.0)::numeric(15, 2) AS cost, (benefit / 100.0)::numeric(15, 2) AS benefit,
       (balance_before / 100.0)::numeric(15, 2) AS balance_before, (balance_after / 100.0)::numeric(15, 2) AS balance_after,
       rank_before, rank_after,
       position, visible, shown_at, response_ms, key
FROM exptool.decision
WHERE epoch = (SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0));

-- Writes the decisions of a settled batch and returns its first argument: that is
-- exptool.book, so that one statement books and decides, in this order.
CREATE FUNCTION exptool.decide(
    booked bigint, launch_oid bigint, launch_id text,
    sessions text[], games text[], treatments text[], rounds integer[], donors bigint[], choices text[], recipients bigint[],
    costs bigint[], benefits bigint[], befores bigint[], afters bigint[],
    positions integer[], visibles text[], shown timestamptz[], responses bigint[], keys text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exptool.decision (epoch, launch, session, game, treatment, round, donor, choice, recipient, gifts,
                                  cost, benefit, balance_before, balance_after,
                                  position, visible, shown_at, response_ms, key)
    SELECT launch_oid, nullif(launch_id, ''), v.session, v.game, v.treatment, v.round, v.donor, v.choice, v.recipient, num_nonnulls(v.recipient),
           v.cost, v.benefit, v.before, v.after,
           v.position, v.visible, v.shown_at, v.response_ms, v.key
    FROM unnest(sessions, games, treatments, rounds, donors, choices, recipients,
                costs, benefits, befores, afters, positions, visibles, shown, responses, keys)
         AS v (session, game, treatment, round, donor, choice, recipient,
               cost, benefit, before, after, position, visible, shown_at, response_ms, key);
    RETURN booked;
END
$$;

-- The ledger: a row for each movement of dollars. Amounts are cents. A payer or a
-- payee of NULL is the bank, which grants endowments, books what was there before
-- us (openings) or was changed behind our back (adjustments), and settles what a
-- game makes or takes.
CREATE TABLE exptool.transfer (
    -- Without gaps, in the order of commits.
    number bigint PRIMARY KEY,
    -- The launch, as in exptool.change.
    epoch bigint NOT NULL,
    launch text,
    at timestamptz NOT NULL,
    session text,
    round integer,
    kind text NOT NULL CHECK (kind IN (
        'endowment', 'opening', 'donation', 'benefit', 'tax', 'share', 'adjustment', 'reversal'
    )),
    payer bigint,
    payee bigint,
    sent bigint NOT NULL CHECK (sent >= 0),
    received bigint NOT NULL CHECK (received >= 0),
    -- What each has after it; NULL for the bank.
    payer_balance bigint,
    payee_balance bigint,
    key text,
    memo text,
    -- The transfer that this one takes back.
    reverses bigint,
    who text NOT NULL,
    CHECK (payer IS DISTINCT FROM payee)
);

-- A payer's key names one transfer.
CREATE UNIQUE INDEX transfer_key ON exptool.transfer (payer, key, epoch) WHERE key IS NOT NULL;

-- A participant is opened once.
CREATE UNIQUE INDEX transfer_opening ON exptool.transfer (coalesce(payee, payer), epoch) WHERE kind = 'opening';

CREATE INDEX transfer_entry ON exptool.transfer (coalesce(payee, payer), epoch) WHERE kind IN ('opening', 'endowment');

-- A transfer is reverted once.
CREATE UNIQUE INDEX transfer_reversal ON exptool.transfer (reverses) WHERE reverses IS NOT NULL;

-- What is written stays. forget takes the rule away in its own transaction.
CREATE FUNCTION exptool.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'revert a transfer with exptool revert';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exptool.transfer
    FOR EACH STATEMENT EXECUTE FUNCTION exptool.refuse_change();

-- The one row that numbers are taken from. Whoever writes to the ledger locks it
-- after the participants and until the commit.
CREATE TABLE exptool.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint NOT NULL,
    -- The launch that the last transfer belongs to, and its first number.
    epoch bigint NOT NULL,
    first bigint NOT NULL
) WITH (fillfactor = 10);

INSERT INTO exptool.head (last, epoch, first) VALUES (0, 0, 1);

-- The ledger in dollars, of the present launch. The launch is looked up by name: a
-- view that depended on the table would be in the way of dropping it.
CREATE VIEW exptool.transfers AS
SELECT number AS id, at, session, round, kind, payer, payee,
       (sent / 100.0)::numeric(15, 2) AS sent, (received / 100.0)::numeric(15, 2) AS received,
       (payer_balance / 100.0)::numeric(15, 2) AS payer_balance, (payee_balance / 100.0)::numeric(15, 2) AS payee_balance,
       key, memo, reverses, who
FROM exptool.transfer
WHERE epoch = coalesce(to_regclass('public.participant')::oid::bigint, 0);

-- What the ledger says that each participant has, and how it came about.
CREATE VIEW exptool.balances AS
SELECT participant AS id, participant AS participant_id,
       sum(amount) AS dollars,
       coalesce(sum(amount) FILTER (WHERE kind IN ('endowment', 'opening')), 0.00) AS endowment,
       -coalesce(sum(amount) FILTER (WHERE kind = 'donation' AND amount < 0), 0.00) AS given,
       coalesce(sum(amount) FILTER (WHERE kind = 'donation' AND amount > 0), 0.00) AS received,
       coalesce(sum(amount) FILTER (WHERE kind NOT IN ('endowment', 'opening', 'donation')), 0.00) AS other,
       count(*) FILTER (WHERE kind = 'donation') AS donations,
       max(number) AS last_transfer
FROM (
    SELECT id AS number, kind, payer AS participant, -sent AS amount
    FROM exptool.transfers
    UNION ALL
    SELECT id, kind, payee, received
    FROM exptool.transfers
) AS leg
WHERE participant IS NOT NULL
GROUP BY participant;

-- The two statements of a settled batch. They are functions because a session plans
-- those once: planning them anew would take longer than running them. They name the
-- experiment's table when they run, and hold on to nothing.

-- Locks participants in the order of their ids and reads what they have, a line
-- each: id, oid of the table, whether working, dollars if there are any. Who is
-- locked by somebody else is passed over. One text is a third cheaper than rows.
CREATE FUNCTION exptool.hold(ids bigint[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN string_agg(concat_ws(' ', held.id, held.relation, held.working, held.dollars), E'\n')
    FROM (
        SELECT id, tableoid::bigint AS relation, coalesce(status::text = 'working', false) AS working, dollars
        FROM public.participant
        WHERE id = ANY(ids)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
END
$$;

-- Writes balances and rows of the ledger, tells listeners the last number, and
-- returns the number before the first.
CREATE FUNCTION exptool.book(
    ids bigint[], balances text[], launch_oid bigint, launch_id text, by_whom text,
    sessions text[], rounds integer[], kinds text[], payers bigint[], payees bigint[], sents bigint[], receiveds bigint[],
    payer_balances bigint[], payee_balances bigint[], keys text[], memos text[], reversals bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    written integer;
BEGIN
    UPDATE public.participant AS p
    SET dollars = v.dollars::numeric
    FROM unnest(ids, balances) AS v (id, dollars)
    WHERE p.id = v.id;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(ids) THEN
        RAISE EXCEPTION 'the dollars of some were not written' USING ERRCODE = 'EX001';
    END IF;
    UPDATE exptool.head
    SET last = last + cardinality(kinds),
        first = CASE WHEN epoch = launch_oid THEN first ELSE last + 1 END,
        epoch = launch_oid
    RETURNING last - cardinality(kinds) INTO before;
    INSERT INTO exptool.transfer (number, epoch, launch, at, who, session, round, kind, payer, payee,
                                  sent, received, payer_balance, payee_balance, key, memo, reverses)
    SELECT before + v.n, launch_oid, nullif(launch_id, ''), now(), concat_ws('@', nullif(by_whom, ''), session_user),
           v.session, v.round, v.kind, v.payer, v.payee,
           v.sent, v.received, v.payer_balance, v.payee_balance, v.key, v.memo, v.reverses
    FROM unnest(sessions, rounds, kinds, payers, payees, sents, receiveds,
                payer_balances, payee_balances, keys, memos, reversals) WITH ORDINALITY
         AS v (session, round, kind, payer, payee, sent, received,
               payer_balance, payee_balance, key, memo, reverses, n);
    PERFORM pg_notify('exptool', (before + cardinality(kinds))::text);
    RETURN before;
END
$$;

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
       sum(amount) FILTER (WHERE kind IN ('endowment', 'opening')) AS endowment,
       -coalesce(sum(amount) FILTER (WHERE kind = 'donation' AND amount < 0), 0) AS given,
       coalesce(sum(amount) FILTER (WHERE kind = 'donation' AND amount > 0), 0) AS received,
       coalesce(sum(amount) FILTER (WHERE kind NOT IN ('endowment', 'opening', 'donation')), 0) AS other,
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

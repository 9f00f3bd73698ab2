-- What participants decided in the rounds of games: a row for each participant and
-- round. Amounts are cents. What moved is in exptool.transfer too, under the same
-- session and round; keeping moves nothing and is here only.
CREATE TABLE exptool.decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The launch, as in exptool.change.
    epoch bigint NOT NULL,
    launch text,
    at timestamptz NOT NULL DEFAULT now(),
    session text,
    game text NOT NULL,
    -- The parameters that differ from the game's defaults.
    treatment text,
    group_number integer,
    round integer,
    donor bigint NOT NULL,
    -- give, keep, broke (had a turn, and nothing to give), none (had no turn), or a
    -- word of the game's own.
    choice text NOT NULL,
    -- NULL where there is none, or several.
    recipient bigint,
    gifts integer NOT NULL CHECK (gifts >= 0),
    -- What the donor gave, and what the recipients got for it.
    cost bigint NOT NULL,
    benefit bigint NOT NULL,
    -- The donor's, in the round; 1 is the richest, and equals share the better rank.
    balance_before bigint,
    balance_after bigint,
    rank_before integer,
    rank_after integer
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exptool.decision
    FOR EACH STATEMENT EXECUTE FUNCTION exptool.refuse_change();

-- The decisions of the present launch, in dollars. The launch is looked up by name, as
-- in exptool.transfers, and once: the sub-select is not run for each row.
CREATE VIEW exptool.decisions AS
SELECT id, at, session, game, treatment, group_number, round, donor, choice, recipient, gifts,
       (cost / 100.0)::numeric(15, 2) AS cost, (benefit / 100.0)::numeric(15, 2) AS benefit,
       (balance_before / 100.0)::numeric(15, 2) AS balance_before, (balance_after / 100.0)::numeric(15, 2) AS balance_after,
       rank_before, rank_after
FROM exptool.decision
WHERE epoch = (SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0));

-- What exptool log on has changed: a row for each change, with the values that were
-- there before. For a whole server the row is in the database postgres, for a
-- database and for a role in that database it is there.
CREATE TABLE exptool.log_setting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The oid of the database that it was written in: a copy of that one, or a dump
    -- loaded elsewhere, has no say.
    database oid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('server', 'database', 'role')),
    -- The role, else empty.
    role text NOT NULL,
    -- intended: the values may be there already or not. off: the former ones are
    -- back.
    state text NOT NULL CHECK (state IN ('intended', 'on', 'off')),
    -- As they were set at that place; NULL: not set.
    former_statement text,
    former_duration text,
    at timestamptz NOT NULL DEFAULT now(),
    ended timestamptz
);

-- Whoever comes second joins the first one's row.
CREATE UNIQUE INDEX log_setting_one ON exptool.log_setting (database, scope, role) WHERE state <> 'off';

-- Who wants it so; the last one to go restores.
CREATE TABLE exptool.log_hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    setting bigint NOT NULL REFERENCES exptool.log_setting,
    who text NOT NULL,
    -- Milliseconds, as log_min_duration_statement.
    duration bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    -- NULL: until it is turned off.
    until timestamptz,
    ended timestamptz
);

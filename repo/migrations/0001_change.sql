-- The journal: a row for each value that exptool changed. Nothing here refers to
-- a table of the experiment: launching it drops those, without CASCADE.
CREATE TABLE exptool.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What one command changed is a group. A group of 0 was never committed.
    group_id bigint NOT NULL,
    -- The launch that the row belongs to: the oid of public.participant and the
    -- deployment id of PsyNet, where there are such.
    epoch bigint NOT NULL,
    launch text,
    at timestamptz NOT NULL,
    who text NOT NULL,
    command text NOT NULL,
    why text,
    -- The group that this one took back.
    undoes bigint,
    table_name text NOT NULL,
    row_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('update', 'insert', 'delete')),
    -- A column, or a dotted path into one that holds JSON: then old and new are
    -- the bytes at that path. NULL is SQL's NULL, or a path that leads nowhere.
    field text NOT NULL,
    old text,
    new text
);

CREATE INDEX ON exptool.change (group_id);

CREATE INDEX ON exptool.change (table_name, row_id);

CREATE SEQUENCE exptool.change_group;

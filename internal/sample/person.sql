-- The first example of PsyNet's chapter "Introduction to SQLAlchemy".
CREATE TABLE public.person (
    id integer PRIMARY KEY,
    forename text NOT NULL,
    surname text NOT NULL,
    age integer,
    favorite_color text
);

COPY public.person (id, forename, surname, age, favorite_color) FROM stdin;
1	James	Smith	21	blue
2	Laura	Jones	34	green
3	Eleanor	Brown	28	red
4	Thomas	Smith	45	blue
\.

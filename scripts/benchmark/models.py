"""The experiment's tables as SQLAlchemy classes, set up the way PsyNet does it.

The peers stand for what an experimenter writes in Python today. So: SQLAlchemy
1.4, one table for all classes of trials with `type` as the discriminator, and
columns of Python objects that are decoded by jsonpickle when a row is read.
Where PsyNet does more, the peers do less, which favours them:

- importing PsyNet (1.7 s) and connecting to Redis are left out;
- a reference to a row inside jsonpickle text becomes a small object, where
  PsyNet sends a SELECT for each;
- `vars` is read with the row (see `trials`), where PsyNet defers it and sends a
  SELECT for each row whose `vars` are looked at.
"""

import os

import jsonpickle
from jsonpickle.unpickler import Unpickler
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Enum,
    Float,
    Integer,
    String,
    Text,
    create_engine,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import (
    declarative_base,
    deferred,
    scoped_session,
    sessionmaker,
    undefer,
    with_polymorphic,
)
from sqlalchemy.types import TypeDecorator

engine = create_engine(os.environ["BENCH_URL"])
session = scoped_session(sessionmaker(bind=engine))
Base = declarative_base()
Base.query = session.query_property()


class RowReference:
    """A row that jsonpickle text points at, by its primary key."""

    def __init__(self, name, identifiers):
        self.name = name
        self.identifiers = identifiers

    def __repr__(self):
        return f"{self.name}({self.identifiers})"


class ExperimentUnpickler(Unpickler):
    """Restores Python objects, but leaves rows as references."""

    def _restore_object(self, obj):
        if "identifiers" in obj:
            return RowReference(obj["py/object"], obj["identifiers"])
        return super()._restore_object(obj)


class PythonObject(TypeDecorator):
    """A string column that holds any Python object as jsonpickle text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else jsonpickle.encode(value)

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return jsonpickle.decode(value, context=ExperimentUnpickler())


class _PythonDict(PythonObject):
    cache_ok = True


class _PythonList(PythonObject):
    cache_ok = True


PythonDict = MutableDict.as_mutable(_PythonDict)
PythonList = MutableList.as_mutable(_PythonList)

PARTICIPANT_STATUS = Enum(
    "working", "overrecruited", "submitted", "approved", "rejected", "returned",
    "abandoned", "did_not_attend", "bad_data", "missing_notification", "replaced",
    "screened_out", "recruiter_submission_started",
    name="participant_status",
)  # fmt: skip


def columns(kind, names):
    """Gives a class columns of one type, declared by their names."""

    def declare(cls):
        for name in names.split():
            column = Column(name, kind)
            setattr(cls, name, deferred(column) if name == "vars" else column)
        return cls

    return declare


class Shared:
    """The columns that Dallinger gives every table."""

    id = Column(Integer, primary_key=True)
    creation_time = Column(DateTime, nullable=False)
    property1 = Column(Text)
    property2 = Column(Text)
    property3 = Column(Text)
    property4 = Column(Text)
    property5 = Column(Text)
    failed = Column(Boolean, nullable=False)
    failed_reason = Column(Text)
    time_of_death = Column(DateTime)
    details = Column(JSONB, nullable=False)
    type = Column(String)


class Info(Base, Shared):
    __tablename__ = "info"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "info"}
    origin_id = Column(Integer)
    network_id = Column(Integer)
    contents = Column(Text)
    complete = Column(Boolean)


@columns(
    Integer,
    "node_id participant_id module_state_id parent_trial_id response_id "
    "repeat_trial_index n_repeat_trials",
)
@columns(
    Float,
    "score performance_reward time_taken time_credit_before_trial "
    "time_credit_after_trial time_credit_from_trial progress_before_trial "
    "progress_after_trial",
)
@columns(
    Boolean,
    "finalized is_repeat_trial propagate_failure async_post_trial_required "
    "async_post_trial_requested async_post_trial_complete async_post_trial_failed",
)
@columns(String, "trial_maker_id")
@columns(PythonObject, "definition answer")
@columns(PythonDict, "_initial_assets vars")
class Trial(Info):
    __mapper_args__ = {"polymorphic_identity": "psynet.trial.main.Trial"}


@columns(Integer, "block_position")
@columns(String, "block")
class ChainTrial(Trial):
    __mapper_args__ = {"polymorphic_identity": "psynet.trial.chain.ChainTrial"}


class GibbsTrial(ChainTrial):
    __mapper_args__ = {"polymorphic_identity": "psynet.trial.gibbs.GibbsTrial"}


class StaticTrial(ChainTrial):
    __mapper_args__ = {"polymorphic_identity": "psynet.trial.static.StaticTrial"}


@columns(Integer, "random_integer")
@columns(Float, "confidence")
@columns(Boolean, "is_lucky")
@columns(DateTime, "seen_at")
@columns(Text, "note")
@columns(PythonObject, "payload")
@columns(PythonList, "my_list")
@columns(PythonDict, "my_dictionary")
class CustomTrial(GibbsTrial):
    __mapper_args__ = {
        "polymorphic_identity": "dallinger_experiment.experiment.CustomTrial"
    }


@columns(Float, "bonus_multiplier")
class BonusTrial(CustomTrial):
    __mapper_args__ = {"polymorphic_identity": "bonus_trial"}


class WordTrial(Trial):
    __mapper_args__ = {
        "polymorphic_identity": "dallinger_experiment.experiment.WordTrial"
    }


@columns(Float, "camelCase")
@columns(Integer, "order")
class HelperTrial(StaticTrial):
    __mapper_args__ = {
        "polymorphic_identity": "dallinger_experiment.helper.HelperTrial"
    }
    random_integer = Info.__table__.c.random_integer


@columns(
    Float,
    "time_credit estimated_max_time_credit progress base_payment "
    "performance_reward unpaid_bonus total_wait_page_time dollars",
)
@columns(
    Integer,
    "page_count module_state_id current_trial_id awaited_async_code_block_process_id",
)
@columns(Boolean, "aborted complete answer_is_fresh")
@columns(
    String,
    "page_uuid pending_redirect client_ip_address browser_platform trial_status",
)
@columns(Text, "nickname")
@columns(PythonObject, "answer branch_log for_loops")
@columns(
    PythonList,
    "elt_id elt_id_max time_credit_fixes progress_fixes answer_accumulators "
    "sequences failure_tags",
)
@columns(PythonDict, "vars")
class Participant(Base, Shared):
    __tablename__ = "participant"
    __mapper_args__ = {
        "polymorphic_on": "type",
        "polymorphic_identity": "psynet.participant.Participant",
    }
    fingerprint_hash = Column(String(50))
    recruiter_id = Column(String(50))
    worker_id = Column(String(50), nullable=False, unique=True)
    assignment_id = Column(String(50), nullable=False)
    unique_id = Column(String(150), nullable=False, unique=True)
    hit_id = Column(String(50), nullable=False)
    mode = Column(String(50), nullable=False)
    end_time = Column(DateTime)
    base_pay = Column(Float)
    bonus = Column(Float)
    entry_information = Column(JSONB, nullable=False)
    status = Column(PARTICIPANT_STATUS, nullable=False)


class Bot(Participant):
    __mapper_args__ = {"polymorphic_identity": "psynet.bot.Bot"}


# Every class's columns in one SELECT: without it, SQLAlchemy sends another one
# for each row whose subclass has columns of its own.
AnyTrial = with_polymorphic(Trial, "*")


def trials():
    """All trials with all their columns, as a query to be filtered."""
    return session.query(AnyTrial).options(undefer(AnyTrial.vars))


def write_csv(rows, out):
    """Writes trials as CSV with a header, one column per column of the table."""
    import csv

    names = [column.name for column in Info.__table__.columns]
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        writer.writerow([getattr(row, name, None) for name in names])

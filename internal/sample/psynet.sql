-- The tables of an experiment that PsyNet 13.3.0 (Dallinger 12.4.0) has just
-- launched, without what single experiments add. There are no foreign keys: PsyNet
-- drops them at launch. A serial makes the sequences as PsyNet's own are.

CREATE TYPE public.participant_status AS ENUM (
    'abandoned',
    'approved',
    'bad_data',
    'did_not_attend',
    'missing_notification',
    'overrecruited',
    'recruiter_submission_started',
    'rejected',
    'replaced',
    'returned',
    'screened_out',
    'submitted',
    'working'
);

CREATE TYPE public.transmission_status AS ENUM (
    'pending',
    'received'
);

CREATE TABLE public.asset (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    psynet_version varchar,
    deployment_id varchar,
    deposited boolean,
    inherited boolean,
    inherited_from varchar,
    module_id varchar,
    local_key varchar,
    key_within_module varchar,
    key_within_experiment varchar,
    export_path varchar,
    is_global integer,
    parent varchar,
    module_state_id integer,
    participant_id integer,
    trial_id integer,
    node_id integer,
    network_id integer,
    description varchar,
    personal boolean,
    content_id varchar,
    host_path varchar,
    url varchar,
    is_folder boolean,
    data_type varchar,
    extension varchar,
    storage varchar,
    node_definition varchar,
    type varchar,
    vars varchar DEFAULT '{}',
    input_path varchar,
    obfuscate integer,
    md5_contents varchar,
    size_mb double precision,
    deposit_time_sec double precision,
    used_cache boolean,
    secret varchar,
    function varchar,
    arguments varchar,
    computation_time_sec double precision,
    s3_bucket varchar,
    s3_key varchar
);
CREATE INDEX ix_asset_creation_time ON public.asset (creation_time);
CREATE UNIQUE INDEX ix_asset_export_path ON public.asset (export_path);
CREATE INDEX ix_asset_id ON public.asset (id);
CREATE INDEX ix_asset_is_global ON public.asset (is_global);
CREATE INDEX ix_asset_key_within_experiment ON public.asset (key_within_experiment);
CREATE INDEX ix_asset_key_within_module ON public.asset (key_within_module);
CREATE INDEX ix_asset_module_id ON public.asset (module_id);
CREATE INDEX ix_asset_module_state_id ON public.asset (module_state_id);
CREATE INDEX ix_asset_network_id ON public.asset (network_id);
CREATE INDEX ix_asset_node_id ON public.asset (node_id);
CREATE INDEX ix_asset_participant_id ON public.asset (participant_id);
CREATE INDEX ix_asset_trial_id ON public.asset (trial_id);

CREATE TABLE public.asset_module_state (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    local_key varchar NOT NULL,
    module_state_id integer NOT NULL,
    asset_id integer NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    PRIMARY KEY (local_key, module_state_id, asset_id)
);
CREATE INDEX ix_asset_module_state_creation_time ON public.asset_module_state (creation_time);

CREATE TABLE public.asset_network (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    local_key varchar NOT NULL,
    network_id integer NOT NULL,
    asset_id integer NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    PRIMARY KEY (local_key, network_id, asset_id)
);
CREATE INDEX ix_asset_network_creation_time ON public.asset_network (creation_time);

CREATE TABLE public.asset_node (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    local_key varchar NOT NULL,
    node_id integer NOT NULL,
    asset_id integer NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    PRIMARY KEY (local_key, node_id, asset_id)
);
CREATE INDEX ix_asset_node_creation_time ON public.asset_node (creation_time);

CREATE TABLE public.asset_participant (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    local_key varchar NOT NULL,
    participant_id integer NOT NULL,
    asset_id integer NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    PRIMARY KEY (local_key, participant_id, asset_id)
);
CREATE INDEX ix_asset_participant_creation_time ON public.asset_participant (creation_time);

CREATE TABLE public.asset_trial (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    local_key varchar NOT NULL,
    trial_id integer NOT NULL,
    asset_id integer NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    PRIMARY KEY (local_key, trial_id, asset_id)
);
CREATE INDEX ix_asset_trial_creation_time ON public.asset_trial (creation_time);

CREATE TABLE public.barrier (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    id varchar PRIMARY KEY,
    barrier_class varchar,
    created_at timestamp,
    barrier varchar,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_barrier_creation_time ON public.barrier (creation_time);
CREATE INDEX ix_barrier_failed ON public.barrier (failed);

CREATE TABLE public.chat_message (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    id serial PRIMARY KEY,
    node_id integer,
    participant_id integer,
    room_id varchar(128),
    content text,
    receive_time timestamp with time zone,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_chat_message_creation_time ON public.chat_message (creation_time);
CREATE INDEX ix_chat_message_failed ON public.chat_message (failed);
CREATE INDEX ix_chat_message_node_id ON public.chat_message (node_id);
CREATE INDEX ix_chat_message_participant_id ON public.chat_message (participant_id);
CREATE INDEX ix_chat_message_room_id ON public.chat_message (room_id);

CREATE TABLE public.chat_room_member (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    id serial PRIMARY KEY,
    participant_id integer,
    room_id varchar(128),
    active boolean,
    join_time timestamp with time zone,
    leave_time timestamp with time zone,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_chat_room_member_active ON public.chat_room_member (active);
CREATE INDEX ix_chat_room_member_creation_time ON public.chat_room_member (creation_time);
CREATE INDEX ix_chat_room_member_failed ON public.chat_room_member (failed);
CREATE INDEX ix_chat_room_member_participant_id ON public.chat_room_member (participant_id);
CREATE INDEX ix_chat_room_member_room_id ON public.chat_room_member (room_id);

CREATE TABLE public.error (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    token varchar,
    kind varchar,
    message varchar,
    traceback varchar,
    participant_id integer,
    worker_id varchar,
    network_id integer,
    node_id integer,
    response_id integer,
    trial_id integer,
    asset_id integer,
    process_id integer,
    log_line_number integer,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_error_asset_id ON public.error (asset_id);
CREATE INDEX ix_error_creation_time ON public.error (creation_time);
CREATE INDEX ix_error_id ON public.error (id);
CREATE INDEX ix_error_network_id ON public.error (network_id);
CREATE INDEX ix_error_node_id ON public.error (node_id);
CREATE INDEX ix_error_participant_id ON public.error (participant_id);
CREATE INDEX ix_error_process_id ON public.error (process_id);
CREATE INDEX ix_error_response_id ON public.error (response_id);
CREATE INDEX ix_error_trial_id ON public.error (trial_id);

CREATE TABLE public.experiment (
    id serial PRIMARY KEY,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_experiment_id ON public.experiment (id);

CREATE TABLE public.experiment_status (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    id serial PRIMARY KEY,
    cpu_usage_pct double precision,
    ram_usage_pct double precision,
    disk_usage_pct double precision,
    median_response_time double precision,
    requests_per_minute integer,
    n_working_participants integer,
    extra_info varchar,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_experiment_status_creation_time ON public.experiment_status (creation_time);
CREATE INDEX ix_experiment_status_failed ON public.experiment_status (failed);

CREATE TABLE public.info (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    origin_id integer,
    network_id integer,
    contents text,
    complete boolean,
    node_id integer,
    participant_id integer,
    module_state_id integer,
    trial_maker_id varchar,
    definition varchar,
    finalized boolean,
    is_repeat_trial boolean,
    score double precision,
    performance_reward double precision,
    parent_trial_id integer,
    answer varchar,
    propagate_failure boolean,
    response_id integer,
    repeat_trial_index integer,
    n_repeat_trials integer,
    time_taken double precision,
    _initial_assets varchar,
    time_credit_before_trial double precision,
    time_credit_after_trial double precision,
    time_credit_from_trial double precision,
    progress_before_trial double precision,
    progress_after_trial double precision,
    async_post_trial_required boolean,
    async_post_trial_requested boolean,
    async_post_trial_complete boolean,
    async_post_trial_failed boolean,
    vars varchar DEFAULT '{}',
    block_position integer,
    block varchar
);
CREATE INDEX ix_info_async_post_trial_complete ON public.info (async_post_trial_complete);
CREATE INDEX ix_info_async_post_trial_failed ON public.info (async_post_trial_failed);
CREATE INDEX ix_info_async_post_trial_requested ON public.info (async_post_trial_requested);
CREATE INDEX ix_info_async_post_trial_required ON public.info (async_post_trial_required);
CREATE INDEX ix_info_block ON public.info (block);
CREATE INDEX ix_info_block_position ON public.info (block_position);
CREATE INDEX ix_info_creation_time ON public.info (creation_time);
CREATE INDEX ix_info_failed ON public.info (failed);
CREATE INDEX ix_info_id ON public.info (id);
CREATE INDEX ix_info_module_state_id ON public.info (module_state_id);
CREATE INDEX ix_info_network_id ON public.info (network_id);
CREATE INDEX ix_info_node_id ON public.info (node_id);
CREATE INDEX ix_info_origin_id ON public.info (origin_id);
CREATE INDEX ix_info_parent_trial_id ON public.info (parent_trial_id);
CREATE INDEX ix_info_participant_id ON public.info (participant_id);
CREATE INDEX ix_info_response_id ON public.info (response_id);
CREATE INDEX ix_info_trial_maker_id ON public.info (trial_maker_id);

CREATE TABLE public.lucid_rid (
    id serial PRIMARY KEY,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    rid varchar,
    registered_at timestamp DEFAULT now(),
    updated_at timestamp,
    completed_at timestamp,
    terminated_at timestamp,
    termination_reason varchar,
    termination_details varchar,
    lucid_status varchar,
    lucid_status_code integer,
    lucid_fulcrum_status integer,
    lucid_market_place_code varchar,
    lucid_entry_date timestamp,
    lucid_last_date timestamp,
    lucid_panelist_id varchar,
    lucid_respondent_id varchar,
    lucid_supplier_id integer,
    type varchar
);
CREATE INDEX ix_lucid_rid_id ON public.lucid_rid (id);
CREATE INDEX ix_lucid_rid_rid ON public.lucid_rid (rid);

CREATE TABLE public.lucid_status (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    status varchar,
    cost double precision,
    currency varchar,
    exchange_rate double precision,
    cost_per_survey double precision,
    payment_per_hour double precision,
    earnings_per_click double precision,
    system_conversion integer,
    completion_loi integer,
    termination_loi integer,
    last_complete_date timestamp,
    total_entrants integer,
    total_completes integer,
    total_screens integer,
    drop_off_rate double precision,
    conversion_rate double precision,
    incidence_rate double precision,
    type varchar
);
CREATE INDEX ix_lucid_status_creation_time ON public.lucid_status (creation_time);
CREATE INDEX ix_lucid_status_id ON public.lucid_status (id);

CREATE TABLE public.lucid_submissions (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    response varchar,
    "timestamp" timestamp DEFAULT now(),
    type varchar
);
CREATE INDEX ix_lucid_submissions_creation_time ON public.lucid_submissions (creation_time);
CREATE INDEX ix_lucid_submissions_id ON public.lucid_submissions (id);

CREATE TABLE public.module_state (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    id serial PRIMARY KEY,
    module_id varchar,
    participant_id integer,
    time_started timestamp,
    time_finished timestamp,
    time_aborted timestamp,
    started boolean,
    finished boolean,
    aborted boolean,
    type varchar,
    vars varchar DEFAULT '{}',
    participant_group varchar,
    in_repeat_phase boolean,
    performance_check varchar,
    trials_to_repeat varchar,
    repeat_trial_index integer,
    n_created_trials integer,
    n_completed_trials integer,
    trial_maker_initialized boolean,
    block_order varchar,
    block_position integer,
    block varchar,
    participated_networks varchar
);
CREATE INDEX ix_module_state_creation_time ON public.module_state (creation_time);
CREATE INDEX ix_module_state_failed ON public.module_state (failed);
CREATE UNIQUE INDEX ix_module_state_id ON public.module_state (id);

CREATE TABLE public.network (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    max_size integer NOT NULL,
    "full" boolean NOT NULL,
    role varchar(26) NOT NULL,
    trial_maker_id varchar,
    module_id varchar,
    target_n_trials integer,
    participant_group varchar,
    sync_group_type varchar,
    sync_group_id integer,
    participant_id integer,
    async_post_grow_network_required boolean,
    async_post_grow_network_requested boolean,
    async_post_grow_network_complete boolean,
    async_post_grow_network_failed boolean,
    id_within_participant integer,
    vars varchar DEFAULT '{}',
    chain_type varchar,
    head_id integer,
    trials_per_node integer,
    definition varchar,
    context varchar,
    block varchar
);
CREATE INDEX ix_network_async_post_grow_network_complete ON public.network (async_post_grow_network_complete);
CREATE INDEX ix_network_async_post_grow_network_failed ON public.network (async_post_grow_network_failed);
CREATE INDEX ix_network_async_post_grow_network_requested ON public.network (async_post_grow_network_requested);
CREATE INDEX ix_network_async_post_grow_network_required ON public.network (async_post_grow_network_required);
CREATE INDEX ix_network_block ON public.network (block);
CREATE INDEX ix_network_creation_time ON public.network (creation_time);
CREATE INDEX ix_network_failed ON public.network (failed);
CREATE INDEX ix_network_full ON public.network ("full");
CREATE INDEX ix_network_id ON public.network (id);
CREATE INDEX ix_network_participant_id ON public.network (participant_id);
CREATE INDEX ix_network_role ON public.network (role);
CREATE INDEX ix_network_sync_group_id ON public.network (sync_group_id);

CREATE TABLE public.node (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    network_id integer,
    participant_id integer,
    trial_maker_id varchar,
    module_id varchar,
    module_state_id integer,
    is_global integer,
    on_deploy_complete boolean,
    async_on_deploy_required boolean,
    async_on_deploy_requested boolean,
    async_on_deploy_complete boolean,
    async_on_deploy_failed boolean,
    vars varchar DEFAULT '{}',
    key varchar,
    degree integer,
    target_n_trials integer,
    can_spawn boolean,
    child_id integer,
    parent_id integer,
    seed varchar,
    definition varchar,
    context varchar,
    participant_group varchar,
    block varchar,
    propagate_failure boolean,
    CONSTRAINT node_module_id_key_key UNIQUE (module_id, key)
);
CREATE INDEX ix_node_async_on_deploy_complete ON public.node (async_on_deploy_complete);
CREATE INDEX ix_node_async_on_deploy_failed ON public.node (async_on_deploy_failed);
CREATE INDEX ix_node_async_on_deploy_requested ON public.node (async_on_deploy_requested);
CREATE INDEX ix_node_async_on_deploy_required ON public.node (async_on_deploy_required);
CREATE INDEX ix_node_block ON public.node (block);
CREATE INDEX ix_node_can_spawn ON public.node (can_spawn);
CREATE INDEX ix_node_child_id ON public.node (child_id);
CREATE INDEX ix_node_creation_time ON public.node (creation_time);
CREATE INDEX ix_node_failed ON public.node (failed);
CREATE INDEX ix_node_id ON public.node (id);
CREATE INDEX ix_node_is_global ON public.node (is_global);
CREATE INDEX ix_node_key ON public.node (key);
CREATE INDEX ix_node_module_id ON public.node (module_id);
CREATE INDEX ix_node_module_state_id ON public.node (module_state_id);
CREATE INDEX ix_node_network_id ON public.node (network_id);
CREATE INDEX ix_node_on_deploy_complete ON public.node (on_deploy_complete);
CREATE INDEX ix_node_parent_id ON public.node (parent_id);
CREATE INDEX ix_node_participant_group ON public.node (participant_group);
CREATE INDEX ix_node_participant_id ON public.node (participant_id);
CREATE INDEX ix_node_trial_maker_id ON public.node (trial_maker_id);

CREATE TABLE public.notification (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    assignment_id varchar NOT NULL,
    event_type varchar NOT NULL
);
CREATE INDEX ix_notification_creation_time ON public.notification (creation_time);
CREATE INDEX ix_notification_failed ON public.notification (failed);
CREATE INDEX ix_notification_id ON public.notification (id);

-- Dollars change often, two rows a gift. Free space in the pages keeps the new
-- version of a row beside the old one (a HOT update), which leaves the indexes
-- alone.
CREATE TABLE public.participant (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    fingerprint_hash varchar(50),
    recruiter_id varchar(50),
    worker_id varchar(50) NOT NULL UNIQUE,
    assignment_id varchar(50) NOT NULL,
    unique_id varchar(150) NOT NULL UNIQUE,
    hit_id varchar(50) NOT NULL,
    mode varchar(50) NOT NULL,
    end_time timestamp,
    base_pay double precision,
    bonus double precision,
    entry_information jsonb DEFAULT '{}' NOT NULL,
    status public.participant_status NOT NULL,
    elt_id varchar,
    elt_id_max varchar,
    time_credit double precision,
    estimated_max_time_credit double precision,
    progress double precision,
    time_credit_fixes varchar,
    progress_fixes varchar,
    page_uuid varchar,
    page_count integer,
    aborted boolean,
    complete boolean,
    pending_redirect varchar,
    answer varchar,
    answer_accumulators varchar,
    sequences varchar,
    branch_log varchar,
    for_loops varchar,
    failure_tags varchar,
    base_payment double precision,
    performance_reward double precision,
    unpaid_bonus double precision,
    total_wait_page_time double precision,
    client_ip_address varchar,
    answer_is_fresh boolean,
    browser_platform varchar,
    module_state_id integer,
    current_trial_id integer,
    trial_status varchar,
    awaited_async_code_block_process_id integer,
    vars varchar DEFAULT '{}'
) WITH (fillfactor = 40);
CREATE INDEX ix_participant_assignment_id ON public.participant (assignment_id);
CREATE INDEX ix_participant_creation_time ON public.participant (creation_time);
CREATE INDEX ix_participant_failed ON public.participant (failed);
CREATE INDEX ix_participant_id ON public.participant (id);
CREATE INDEX ix_participant_status ON public.participant (status);
CREATE INDEX ix_participant_unique_id ON public.participant (unique_id);

CREATE TABLE public.participant_link_barrier (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    barrier_id varchar,
    participant_id integer,
    arrival_time timestamp,
    departure_time timestamp,
    released boolean,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_participant_link_barrier_barrier_id ON public.participant_link_barrier (barrier_id);
CREATE INDEX ix_participant_link_barrier_creation_time ON public.participant_link_barrier (creation_time);
CREATE INDEX ix_participant_link_barrier_failed ON public.participant_link_barrier (failed);
CREATE INDEX ix_participant_link_barrier_id ON public.participant_link_barrier (id);
CREATE INDEX ix_participant_link_barrier_participant_id ON public.participant_link_barrier (participant_id);

CREATE TABLE public.participant_link_sync_group (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    arrival_time timestamp,
    participant_id integer,
    sync_group_id integer,
    type varchar,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_participant_link_sync_group_creation_time ON public.participant_link_sync_group (creation_time);
CREATE INDEX ix_participant_link_sync_group_failed ON public.participant_link_sync_group (failed);
CREATE INDEX ix_participant_link_sync_group_id ON public.participant_link_sync_group (id);
CREATE INDEX ix_participant_link_sync_group_participant_id ON public.participant_link_sync_group (participant_id);
CREATE INDEX ix_participant_link_sync_group_sync_group_id ON public.participant_link_sync_group (sync_group_id);

CREATE TABLE public.process (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    label varchar,
    function varchar,
    arguments varchar,
    pending boolean,
    finished boolean,
    time_enqueued timestamp,
    time_started timestamp,
    time_finished timestamp,
    time_taken double precision,
    queue_delay double precision,
    _unique_key varchar UNIQUE,
    participant_id integer,
    trial_maker_id varchar,
    network_id integer,
    node_id integer,
    trial_id integer,
    response_id integer,
    asset_id integer,
    type varchar,
    vars varchar DEFAULT '{}',
    redis_job_id varchar,
    timeout double precision,
    timeout_scheduled_for timestamp,
    cancelled boolean
);
CREATE INDEX ix_process_asset_id ON public.process (asset_id);
CREATE INDEX ix_process_creation_time ON public.process (creation_time);
CREATE INDEX ix_process_failed ON public.process (failed);
CREATE INDEX ix_process_id ON public.process (id);
CREATE INDEX ix_process_network_id ON public.process (network_id);
CREATE INDEX ix_process_node_id ON public.process (node_id);
CREATE INDEX ix_process_participant_id ON public.process (participant_id);
CREATE INDEX ix_process_response_id ON public.process (response_id);
CREATE INDEX ix_process_trial_id ON public.process (trial_id);
CREATE INDEX ix_process_trial_maker_id ON public.process (trial_maker_id);

CREATE TABLE public.question (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    participant_id integer,
    number integer NOT NULL,
    question text NOT NULL,
    response text NOT NULL
);
CREATE INDEX ix_question_creation_time ON public.question (creation_time);
CREATE INDEX ix_question_failed ON public.question (failed);
CREATE INDEX ix_question_id ON public.question (id);

CREATE TABLE public.recruitment (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    recruiter_id varchar(50)
);
CREATE INDEX ix_recruitment_creation_time ON public.recruitment (creation_time);
CREATE INDEX ix_recruitment_failed ON public.recruitment (failed);
CREATE INDEX ix_recruitment_id ON public.recruitment (id);

CREATE TABLE public.request (
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    details jsonb DEFAULT '{}' NOT NULL,
    id serial PRIMARY KEY,
    unique_id varchar,
    duration double precision,
    method varchar,
    endpoint varchar,
    params varchar,
    status_code integer,
    type varchar
);
CREATE INDEX ix_request_creation_time ON public.request (creation_time);

CREATE TABLE public.response (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    vars varchar DEFAULT '{}',
    participant_id integer,
    question varchar,
    answer varchar,
    page_type varchar,
    successful_validation boolean,
    client_ip_address varchar,
    metadata_ varchar
);
CREATE INDEX ix_response_creation_time ON public.response (creation_time);
CREATE INDEX ix_response_failed ON public.response (failed);
CREATE INDEX ix_response_id ON public.response (id);
CREATE INDEX ix_response_participant_id ON public.response (participant_id);

CREATE TABLE public.sync_group (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    group_type varchar,
    active boolean,
    end_time timestamp,
    leader_id integer,
    n_active_participants integer,
    type varchar,
    vars varchar DEFAULT '{}',
    initial_group_size integer,
    max_group_size integer,
    min_group_size integer,
    accepts_top_ups boolean
);
CREATE INDEX ix_sync_group_creation_time ON public.sync_group (creation_time);
CREATE INDEX ix_sync_group_failed ON public.sync_group (failed);
CREATE INDEX ix_sync_group_id ON public.sync_group (id);

CREATE TABLE public.transformation (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar,
    info_in_id integer,
    info_out_id integer,
    node_id integer,
    network_id integer
);
CREATE INDEX ix_transformation_creation_time ON public.transformation (creation_time);
CREATE INDEX ix_transformation_failed ON public.transformation (failed);
CREATE INDEX ix_transformation_id ON public.transformation (id);
CREATE INDEX ix_transformation_info_in_id ON public.transformation (info_in_id);
CREATE INDEX ix_transformation_info_out_id ON public.transformation (info_out_id);
CREATE INDEX ix_transformation_network_id ON public.transformation (network_id);
CREATE INDEX ix_transformation_node_id ON public.transformation (node_id);

CREATE TABLE public.transmission (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    vector_id integer,
    info_id integer,
    origin_id integer,
    destination_id integer,
    network_id integer,
    receive_time timestamp,
    status public.transmission_status NOT NULL
);
CREATE INDEX ix_transmission_creation_time ON public.transmission (creation_time);
CREATE INDEX ix_transmission_destination_id ON public.transmission (destination_id);
CREATE INDEX ix_transmission_failed ON public.transmission (failed);
CREATE INDEX ix_transmission_id ON public.transmission (id);
CREATE INDEX ix_transmission_info_id ON public.transmission (info_id);
CREATE INDEX ix_transmission_network_id ON public.transmission (network_id);
CREATE INDEX ix_transmission_origin_id ON public.transmission (origin_id);
CREATE INDEX ix_transmission_status ON public.transmission (status);
CREATE INDEX ix_transmission_vector_id ON public.transmission (vector_id);

CREATE TABLE public.vector (
    id serial PRIMARY KEY,
    creation_time timestamp NOT NULL,
    property1 text, property2 text, property3 text, property4 text, property5 text,
    failed boolean NOT NULL,
    failed_reason text,
    time_of_death timestamp,
    details jsonb DEFAULT '{}' NOT NULL,
    type varchar DEFAULT 'vector',
    origin_id integer,
    destination_id integer,
    network_id integer,
    vars varchar DEFAULT '{}'
);
CREATE INDEX ix_vector_creation_time ON public.vector (creation_time);
CREATE INDEX ix_vector_destination_id ON public.vector (destination_id);
CREATE INDEX ix_vector_failed ON public.vector (failed);
CREATE INDEX ix_vector_id ON public.vector (id);
CREATE INDEX ix_vector_network_id ON public.vector (network_id);
CREATE INDEX ix_vector_origin_id ON public.vector (origin_id);

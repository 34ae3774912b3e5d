-- Tables for the events of many hosts. An event may come more than once: rows with one id are one row, and the one inserted last counts. ClickHouse merges
-- them when it likes, so read the tables with FINAL. Types are those that versions since 2018 have.

CREATE TABLE IF NOT EXISTS sessions
(
    id String,
    time DateTime('UTC'),  -- its begin; its end, if it began before the log
    host String,
    direction String,
    instance String,
    service String,
    program String,
    class String,
    peer String,           -- name, or address without one
    address String,
    tls String,
    protocol String,
    cipher String,
    key_exchange String,
    result String,         -- RFC 8460 type of a failure
    reason String,
    messages UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, host, id);

CREATE TABLE IF NOT EXISTS messages
(
    id String,
    time DateTime('UTC'),  -- received
    host String,
    instance String,
    queue_id String,
    state String,          -- active, removed, canceled
    queued UInt8,          -- 1 if it came as far as the queue
    service String,        -- that it came in by
    class String,
    peer String,
    tls String,
    protocol String,
    cipher String,
    size UInt64,
    recipients UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, host, id);

-- A row for each recipient and attempt; id is that of the message, number the place in it.
CREATE TABLE IF NOT EXISTS deliveries
(
    id String,
    number UInt32,
    time DateTime('UTC'),  -- of the message
    delivered DateTime('UTC'),
    host String,
    instance String,
    queue_id String,
    source_tls String,
    service String,
    class String,
    relay String,
    domain String,
    tls String,
    protocol String,
    cipher String,
    policy String,
    status String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, host, id, number);

-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Crashes of many machines in ClickHouse. Only basic types: Debian's 18.16 takes it as newer ones do.
--
--	clickhouse-client -n <clickhouse.sql
--	smmu-adoptctl collect /srv/crash |
--		clickhouse-client --input_format_skip_unknown_fields=1 -q 'INSERT INTO smmu_adopt.crashes FORMAT JSONEachRow'
--	clickhouse-client -d smmu_adopt <causes.sql
--
-- A text that is not known is empty, a number NULL. Of a table that was made before a column came to this file: drop
-- table and view, make them anew and collect again. Collecting a crash again replaces its row: query the
-- view, not the table. With several servers put a Distributed table over "crashes", by crash_id.

CREATE DATABASE IF NOT EXISTS smmu_adopt;

CREATE TABLE IF NOT EXISTS smmu_adopt.crashes
(
    crash_id String,
    signature String,
    cause String,
    folder String,
    records String,
    host String,
    dump String,
    dump_bytes Nullable(UInt64),
    wall_s Nullable(UInt64),
    crash_s Nullable(UInt64),
    crashed_kernel String,
    crashed_build_id String,
    panic String,
    kernel String,
    helper String,
    daemon String,
    verdict String,
    verdict_level String,
    state String,
    reason String,
    report_exit Nullable(UInt64),
    smmus Nullable(UInt64),
    smmu_iidr String,
    live_devices Nullable(UInt64),
    quiesced_devices Nullable(UInt64),
    on_again_devices Nullable(UInt64),
    handed_over_devices Nullable(UInt64),
    vanished_devices Nullable(UInt64),
    early_devices Nullable(UInt64),
    live_streams_without_device Nullable(UInt64),
    late_devices Nullable(UInt64),
    late_device String,
    late_kind String,
    late_driver String,
    errors Nullable(UInt64),
    warnings Nullable(UInt64),
    finding String,
    finding_text String,
    advice String,
    failed_steps Nullable(UInt64),
    unread_events Nullable(UInt64),
    events_lost UInt8,
    event String,
    event_sid String,
    event_kind String,
    health_score Nullable(UInt64),
    stage String,
    stage_ms Nullable(UInt64),
    quiesced_ms Nullable(UInt64),
    dump_path_ms Nullable(UInt64),
    peak_rss_kib Nullable(UInt64),
    from_log UInt8,
    log_capture UInt8,
    log_lines Nullable(UInt64),
    log_events Nullable(UInt64),
    log_pcie_errors Nullable(UInt64),
    log_serrors Nullable(UInt64),
    log_command_timeouts Nullable(UInt64),
    log_global_errors Nullable(UInt64),
    partial UInt8
)
ENGINE = ReplacingMergeTree ORDER BY crash_id;

CREATE VIEW IF NOT EXISTS smmu_adopt.crash AS
SELECT *, toString(toDate(toDateTime(assumeNotNull(wall_s), 'UTC'), 'UTC')) AS day
FROM smmu_adopt.crashes FINAL;

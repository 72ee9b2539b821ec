-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Crashes of many machines in sqlite3, for one desk.
--
--	sqlite3 fleet.db ".read sqlite.sql"
--	smmu-adoptctl collect /srv/crash | sqlite3 fleet.db ".read sqlite-load.sql"
--	sqlite3 -box fleet.db <causes.sql
--
-- A text that is not known is empty, a number NULL. Of a table that was made before a column came to this file: drop
-- table and view, make them anew and collect again.

CREATE TABLE IF NOT EXISTS crashes
(
    crash_id TEXT PRIMARY KEY,
    signature TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    folder TEXT NOT NULL DEFAULT '',
    records TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    dump TEXT NOT NULL DEFAULT '',
    dump_bytes INTEGER,
    wall_s INTEGER,
    crash_s INTEGER,
    crashed_kernel TEXT NOT NULL DEFAULT '',
    crashed_build_id TEXT NOT NULL DEFAULT '',
    panic TEXT NOT NULL DEFAULT '',
    kernel TEXT NOT NULL DEFAULT '',
    helper TEXT NOT NULL DEFAULT '',
    daemon TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    verdict_level TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    report_exit INTEGER,
    smmus INTEGER,
    smmu_iidr TEXT NOT NULL DEFAULT '',
    live_devices INTEGER,
    quiesced_devices INTEGER,
    on_again_devices INTEGER,
    handed_over_devices INTEGER,
    vanished_devices INTEGER,
    early_devices INTEGER,
    live_streams_without_device INTEGER,
    late_devices INTEGER,
    late_device TEXT NOT NULL DEFAULT '',
    late_kind TEXT NOT NULL DEFAULT '',
    late_driver TEXT NOT NULL DEFAULT '',
    errors INTEGER,
    warnings INTEGER,
    finding TEXT NOT NULL DEFAULT '',
    finding_text TEXT NOT NULL DEFAULT '',
    advice TEXT NOT NULL DEFAULT '',
    failed_steps INTEGER,
    unread_events INTEGER,
    events_lost INTEGER NOT NULL,
    event TEXT NOT NULL DEFAULT '',
    event_sid TEXT NOT NULL DEFAULT '',
    event_kind TEXT NOT NULL DEFAULT '',
    health_score INTEGER,
    stage TEXT NOT NULL DEFAULT '',
    stage_ms INTEGER,
    quiesced_ms INTEGER,
    dump_path_ms INTEGER,
    peak_rss_kib INTEGER,
    from_log INTEGER NOT NULL DEFAULT 0,
    log_capture INTEGER NOT NULL DEFAULT 0,
    log_lines INTEGER,
    log_events INTEGER,
    log_pcie_errors INTEGER,
    log_serrors INTEGER,
    log_command_timeouts INTEGER,
    log_global_errors INTEGER,
    partial INTEGER NOT NULL
);

CREATE VIEW IF NOT EXISTS crash AS
SELECT *, coalesce(date(wall_s, 'unixepoch'), '1970-01-01') AS day FROM crashes;

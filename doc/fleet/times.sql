-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- What it costs, per capture kernel and version of the daemon: slowest quiescing, slowest hand-over of the
-- dump's own devices, largest memory.
SELECT kernel, daemon, count(*) AS crashes, min(quiesced_ms) AS quiesced_min, max(quiesced_ms) AS quiesced_max,
    max(dump_path_ms) AS dump_path_max, max(stage_ms) AS stage_max, max(peak_rss_kib) AS rss_max
FROM crash
WHERE daemon <> ''
GROUP BY kernel, daemon
ORDER BY crashes DESC, kernel, daemon;

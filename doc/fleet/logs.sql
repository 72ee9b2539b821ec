-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Crashes of which only a kernel log is left: what it says of the SMMU, and what was counted in it.
SELECT verdict_level, state, count(*) AS crashes, count(DISTINCT host) AS hosts, sum(log_events) AS events,
    sum(log_pcie_errors) AS pcie_errors, sum(log_serrors) AS serrors, sum(log_command_timeouts) AS command_timeouts,
    sum(log_global_errors) AS global_errors
FROM crash
WHERE from_log > 0
GROUP BY verdict_level, state
ORDER BY crashes DESC, verdict_level, state;
